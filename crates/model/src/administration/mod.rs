//! Area administration: users, roles and members, customers, servers, jobs, outbox.

pub mod access;
pub mod accounts;
pub mod agent_rollout;
pub mod outbox;
pub mod provisioning;
pub mod reconciliations;
pub mod servers;
pub mod tenants;

// What the modules add to the product's lists.
crate::area!(access, accounts, outbox, provisioning, servers, tenants);
