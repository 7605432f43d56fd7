//! Area hosting: CloudPods.

pub mod cloudpods;
