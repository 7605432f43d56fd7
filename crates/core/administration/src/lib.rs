//! Area administration: accounts and access, customers, servers, jobs, outgoing mail.

pub mod access;
pub mod accounts;
pub mod outbox;
pub mod provisioning;
pub mod reconciliations;
pub mod servers;
pub mod tenants;

/// Registers the modules of this area.
pub fn register(modules: &mut engine::Modules) {
    accounts::register(modules);
    servers::register(modules);
}
