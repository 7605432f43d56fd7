//! Area hosting: CloudPods.

pub mod certificates;
pub mod cloudpods;
pub mod deploys;
pub mod dns;
pub mod domains;
pub mod site_programs;
pub mod suspensions;
pub mod websites;

// What the modules add to the product's lists.
crate::area!(certificates, cloudpods, deploys, dns, domains, suspensions, websites);
