//! Wing administration.

pub mod accounts;
pub mod outbox;
pub mod provisioning;
pub mod servers;
pub mod tenants;
