//! Domains.
//!
//! - A domain that a customer typed with an order is *reserved* for the CloudPod: it is served, and nobody else can order it, but nobody has
//!   proved to own it. A reservation ends with its CloudPod. Before that staff can release it, once the CloudPod is offline.
//! - A customer *connects* a domain, and proves to own it by a TXT record with a token that only this account and staff are shown. DNS is asked every minute
//!   at first. A domain that nobody proves within two weeks is given up; that keeps nobody from connecting it again.
//! - A proof beats a reservation: names at or below the domain that lead to CloudPods of other accounts are removed from them. It does not beat
//!   the proof of another account of the domain or of one above it; that of the domain itself, or of one below it, it does once that one's record
//!   is gone. Only an answer of DNS says that it is.
//! - Names at or below a proved domain can lead to any CloudPod of the account.
//! - A domain that is registered here counts as proved. One that came from another registrar does so only where no proof of another account stands.
//! - A proved domain goes to another account when that one accepts it (`offers`).
//! - A name below the platform's own is never connected or reserved: it is nobody's to type.

mod answers;
mod connect;
mod letters;
mod names;
mod offers;
mod proof;
mod queries;
mod registered;
mod reservations;
#[cfg(test)]
mod tests;

pub use connect::{check_names, connect, disconnect, get, get_own, list_connected, list_own};
pub(crate) use names::proved_name;
pub use names::{add_name, is_free_for, is_ours, remove_name};
pub(crate) use names::{display, is_public_suffix, panel_host, read, registrable};
pub use offers::{accept, decline, list_offered, offer, withdraw};
pub use proof::{check_now, check_proof};
pub(crate) use proof::{rivals, tell};
pub(crate) use registered::take_registered;
pub use reservations::{list, release, reserve};

/// Registers this module.
pub fn register(modules: &mut engine::Modules) {
    modules.reconcilers.add::<proof::DomainProofs>();
    modules.reconcilers.add::<offers::DomainOffers>();
}
