//! Domains that customers register here, or bring here from another registrar.
//!
//! - A registration is ordered, paid, and then asked for at the registry by a job; billing says when (`follow`). What the registry refuses is ended
//!   here, and billing pays it back.
//! - A name is registered and renewed once, also when an answer of the registry was lost: jobs look at what the registry has before they ask again.
//! - Nothing is renewed that is not paid. A renewal is asked for as soon as it is paid.
//! - What the registry renews by itself although nobody has paid is deleted there in the grace period of that year, on a day that is told ahead.
//! - A domain that was deleted is restored once its holder has paid for that, while the registry keeps it.
//! - Lock, name servers and holder are what the customer wants; the reconciler brings the registry to it and says what it has not accepted.
//! - A registered domain counts as proved: it is the account's, and gets a DNS zone where there are name servers of ours.
//! - An authorization code is sealed. The one that lets a domain go is made when its holder asks for it, and shown once.
//! - An account asks the registry a limited number of times in an hour: all accounts share its one session.
//! - Without a registry in the configuration nothing is offered.

mod change;
mod follow;
mod holder;
mod jobs;
mod letters;
mod order;
pub(crate) mod queries;
mod read;
mod reconcile;
mod restore;
mod rules;
mod search;
mod secrets;
#[cfg(test)]
mod tests;
mod unpaid;

pub use change::{cancel_transfer, reveal_code, set_holder, set_lock, set_name_servers};
pub use follow::{Paid, Standing, cancel_order, end_subscription, follow, note_paid};
pub use holder::check as check_holder;
pub use order::{NewOrder, RegistrationOf, of_subscription, place, set_auto_renew};
pub use read::{get, get_own, list, list_own};
pub use restore::{check_restorable, place_restore, restorable};
pub use search::{Offer, check_transfer, display_name, look_up, names_for, own_name_servers, read_ending, read_name};

use adapters::registrar::Registrar;
use engine::{Error, Result, Services};
use std::sync::Arc;

/// Registers what this module always has: jobs that wait end also after the registry is gone from the configuration.
pub(crate) fn register(modules: &mut engine::Modules) {
    modules.sagas.add::<jobs::RegisterDomain>();
    modules.sagas.add::<jobs::TransferDomain>();
    modules.sagas.add::<jobs::RenewDomain>();
    modules.sagas.add::<jobs::RestoreDomain>();
    modules.sagas.add::<jobs::DeleteDomain>();
    modules.sealed.push(("domain codes", |services| Box::pin(secrets::reseal(services))));
}

/// Registers what asks the registry, where one is configured.
pub fn register_registry(modules: &mut engine::Modules) {
    modules.reconcilers.add::<reconcile::DomainRegistrations>();
    modules.reconcilers.add::<reconcile::RegistryMessages>();
}

/// Whether domains can be registered here.
pub fn is_offered(services: &Services) -> bool {
    services.find::<dyn Registrar>().is_some()
}

/// The registry.
fn registrar(services: &Services) -> Result<&Arc<dyn Registrar>> {
    services.find::<dyn Registrar>().ok_or_else(|| Error::conflict("Domain registration is not available."))
}
