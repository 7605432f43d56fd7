//! Wing administration.

pub mod access;
pub mod accounts;
pub mod outbox;
pub mod provisioning;
pub mod servers;
pub mod tenants;
