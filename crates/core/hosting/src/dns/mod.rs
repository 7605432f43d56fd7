//! DNS: zones of verified domains on the platform's name servers.
//!
//! - A zone belongs to an account as long as its domain does. The database has the desired records and the last versions; the reconciler applies
//!   them to every name server, and deletes zones where they no longer belong.
//! - A zone is *in sync* only when at least two name servers exist and each, asked over the network, returns the desired serial. Serials never
//!   decrease, not even when a version is restored or the zone is created again.
//! - Every change is previewed first and names the version that it is based on; it is refused if the zone has changed since.
//! - Challenge records of certificate authorities are the panel's own: name servers get them with the zone, its versions do not have them.
//! - SOA and the zone's own NS records are generated from the name servers.
//! - Addresses follow a CloudPod that moves to another server.

pub(crate) mod challenges;
mod change;
mod follow;
mod propagation;
mod queries;
mod read;
mod reconcile;
mod rules;
mod signing;
mod staff;
mod templates;
#[cfg(test)]
mod tests;

pub(crate) use change::person;
pub use change::{apply, apply_file, create, delete, preview, preview_file, preview_restore, restore};
pub(crate) use follow::follow_pod;
pub use propagation::check_propagation;
pub(crate) use read::has_zone;
pub use read::{check_record, export, find, find_own, get, get_own, history};
pub use signing::{keep_on, parent_ds, turn_off, turn_on};
pub use staff::{add_name_server, list, list_name_servers, remove_name_server};
pub use templates::{compare_template, list_templates};

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::Zones>();
    modules.reconcilers.add::<reconcile::ZoneServers>();
    modules.reconcilers.add::<signing::DnsSigning>();
    modules.sealed.push(("DNS zones", |services| Box::pin(signing::secrets::reseal(services))));
}
