//! Mail to the address that an account is billed at.

use crate::invoices;
use core_administration::outbox;
use db::SystemTx;
use engine::{Result, Services, mail::Letter};
use model::ids::TenantId;

/// Queues a letter to the account; `write` is given the address of its portal. An account without a valid address gets none.
pub(crate) async fn send<L: Letter>(services: &Services, tx: &mut SystemTx, tenant: TenantId, write: impl FnOnce(&str) -> L) -> Result<()> {
    let (slug, email) = invoices::queries::billing_contact(tx.conn(), tenant).await?;
    let Ok(to) = wire::Email::new(email) else { return Ok(()) };
    let letter = write(&format!("{}/t/{slug}", services.settings.public_url));
    let queued = outbox::queue(services, tx.conn(), Some(tenant), &to, &letter).await?;
    tx.record(queued);
    Ok(())
}
