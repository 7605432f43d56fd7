//! Wing administration: logins, customers, servers, jobs, outbox.

pub mod accounts;
pub mod outbox;
pub mod provisioning;
pub mod servers;
pub mod tenants;
