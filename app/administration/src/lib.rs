//! Wing administration: accounts, customers, servers, jobs, outbox.

pub mod account;
pub mod accounts;
pub mod join;
pub mod members;
pub mod outbox;
pub mod provisioning;
pub mod servers;
pub mod tenants;
pub mod users;
