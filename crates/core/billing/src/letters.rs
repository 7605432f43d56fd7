//! Mail to the addresses that an account is billed at.

use crate::profiles;
use core_administration::outbox;
use db::SystemTx;
use engine::{Result, Services, mail::Letter};
use model::ids::TenantId;

/// Queues a letter to each billing contact of the account; `write` is given the address of its portal. An invalid address gets none.
pub(crate) async fn send<L: Letter>(services: &Services, tx: &mut SystemTx, tenant: TenantId, write: impl FnOnce(&str) -> L) -> Result<()> {
    let (slug, contacts) = profiles::contacts(tx.conn(), tenant).await?;
    let letter = write(&format!("{}/t/{slug}", services.settings.public_url));
    for to in contacts.into_iter().filter_map(|email| wire::Email::new(email).ok()) {
        let queued = outbox::queue(services, tx.conn(), Some(tenant), &to, &letter).await?;
        tx.record(queued);
    }
    Ok(())
}
