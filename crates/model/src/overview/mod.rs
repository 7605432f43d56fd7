//! Area overview: the dashboard.

pub mod dashboard;

// What the modules add to the product's lists.
crate::area!(dashboard);
