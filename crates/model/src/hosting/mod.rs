//! Area hosting: CloudPods.

pub mod certificates;
pub mod cloudpods;
pub mod cron_jobs;
pub mod deploy_sources;
pub mod deploys;
pub mod dns;
pub mod domains;
mod pod_limits;
pub mod previews;
pub mod registrations;
pub mod site_logs;
pub mod site_programs;
pub mod suspensions;
pub mod websites;

// What the modules add to the product's lists.
crate::area!(certificates, cloudpods, deploy_sources, deploys, dns, domains, previews, registrations, suspensions, websites);
