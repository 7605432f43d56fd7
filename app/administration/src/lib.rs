//! Area administration: accounts, customers, servers, jobs, email log.

pub mod account;
pub mod accounts;
pub mod join;
pub mod members;
pub mod outbox;
pub mod provisioning;
pub mod reconciliations;
pub mod servers;
pub mod tenants;
pub mod users;

/// The items of this area in the admin's navigation.
pub const NAV: &[app_kit::shell::NavEntry] = &[users::NAV, tenants::NAV, servers::NAV, provisioning::NAV, reconciliations::NAV, outbox::NAV];
