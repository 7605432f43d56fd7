//! Area hosting: CloudPods.

pub mod cloudpods;
pub mod domains;

// What the modules add to the product's lists.
crate::area!(cloudpods, domains);
