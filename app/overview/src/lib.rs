//! Area overview: the dashboard.

pub mod dashboard;
