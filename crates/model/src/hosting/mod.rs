//! Area hosting: CloudPods.

pub mod certificates;
pub mod cloudpods;
pub mod domains;
pub mod suspensions;

// What the modules add to the product's lists.
crate::area!(certificates, cloudpods, domains, suspensions);
