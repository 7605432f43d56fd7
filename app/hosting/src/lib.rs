//! Area hosting: CloudPods.

pub mod cloudpods;
pub mod domains;
