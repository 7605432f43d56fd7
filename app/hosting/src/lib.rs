//! Wing hosting: CloudPods.

pub mod cloudpods;
