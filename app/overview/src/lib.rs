//! Wing overview: the dashboard.

pub mod dashboard;
