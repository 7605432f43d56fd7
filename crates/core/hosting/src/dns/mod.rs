//! DNS: zones of verified domains on the platform's name servers.
//!
//! - A zone belongs to an account as long as its domain does. The database has the desired records and the last versions; the reconciler applies
//!   them to every name server, and deletes zones where they no longer belong.
//! - A zone is *in sync* only when at least two name servers exist and each, asked over the network, returns the desired serial. Serials never
//!   decrease, not even when a version is restored or the zone is created again.
//! - Every change is previewed first and names the version that it is based on; it is refused if the zone has changed since.
//! - Challenge records of certificate authorities are the panel's own: name servers get them with the zone, its versions do not have them.
//! - SOA and the zone's own NS records are generated from the name servers.
//! - A new name of a site gets its address in the zone that its account has of it; addresses follow a CloudPod that moves to another server, and are
//!   gone from every name server before the data that they lead to is deleted.

pub(crate) mod acme_zone;
mod aliases;
pub(crate) mod challenges;
mod change;
mod custom;
mod follow;
mod hand_over;
mod load;
mod propagation;
mod publisher;
mod queries;
mod read;
mod reconcile;
mod rules;
mod signing;
mod site_addresses;
mod staff;
mod templates;
#[cfg(test)]
mod tests;

pub use change::{apply, apply_file, create, delete, preview, preview_file, preview_restore, restore};
pub(crate) use change::{create_in, person};
pub use custom::{
    compare_custom_template, create_custom_template, delete_custom_template, list_custom_templates, list_own_custom_templates, update_custom_template,
};
pub(crate) use follow::{are_ttls_served, follow_pod, leave, lower_ttls, publish_zones, restore_ttls};
pub(crate) use hand_over::hand_over;
pub use propagation::check_propagation;
pub use read::{check_record, export, find, find_own, get, get_own, history};
pub(crate) use read::{has_zone, name_servers};
pub use signing::{cancel_rollover, keep_on, parent_ds, start_rollover, turn_off, turn_on};
pub(crate) use site_addresses::add_site_addresses;
pub use staff::{add_name_server, list, list_name_servers, remove_name_server};
pub use templates::{compare_template, list_templates};

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::Zones>();
    modules.reconcilers.add::<reconcile::ZoneServers>();
    modules.reconcilers.add::<signing::DnsSigning>();
    modules.reconcilers.add::<aliases::DnsAliases>();
    modules.reconcilers.add::<load::NameServerLoads>();
    modules.reconcilers.add::<acme_zone::AcmeZoneServers>();
    modules.sealed.push(("DNS zones", |services| Box::pin(signing::secrets::reseal(services))));
}
