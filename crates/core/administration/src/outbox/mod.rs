//! The outbox: every mail is a row first, written in the transaction that causes it, and sent afterwards.
//!
//! Mail holds links that sign somebody in. Staff with `outbox:read` see them, because without a mail server this page is
//! where a link is handed on from; nobody else reads mail back, not even the tenant it belongs to.

mod deliver;
pub(crate) mod queries;
#[cfg(test)]
mod tests;

pub use deliver::{deliver, deliver_due};

use adapters::smtp::MailFile;
use async_trait::async_trait;
use db::{AuditEvent, Keyset, PlatformRead, SystemTx};
use engine::{
    Error, Result, Services,
    mail::{self, Letter},
};
use model::{
    administration::outbox::{MailRow, MailStatus, MailView},
    audit_action::AuditAction,
    ids::{MailId, TenantId},
    page::{Page, PageRequest},
    permission::{OutboxRead, Permission},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Fetches the files that go with mail, for the sender. The module that makes the files implements it.
#[async_trait]
pub trait Attachments: Send + Sync + 'static {
    /// The file of this id.
    ///
    /// # Errors
    /// When there is none yet: the mail is sent later.
    async fn fetch(&self, services: &Services, id: Uuid) -> Result<MailFile>;
}

/// Writes a mail in the caller's transaction and returns the event for the caller to record. Works in every authorized transaction;
/// the public one takes no tenant.
///
/// # Errors
/// When PostgreSQL refuses the row.
pub async fn queue<L: Letter>(
    services: &Services,
    conn: &mut PgConnection,
    tenant: Option<TenantId>,
    to: &wire::Email,
    letter: &L,
) -> Result<AuditEvent> {
    let mail = mail::render(letter, &services.settings.seller.name)?;
    let id = MailId(Uuid::now_v7());
    queries::insert(conn, id, tenant, L::TEMPLATE, to.as_str(), &mail, letter.attachment().as_ref(), services.now()).await?;
    let event = AuditEvent::new(AuditAction::MailQueued, "mail", id, mail.subject).after(serde_json::json!({
        "template": L::TEMPLATE,
        "recipient": to.as_str(),
    }));
    Ok(match tenant {
        Some(tenant) => event.in_tenant(tenant),
        None => event,
    })
}

/// Writes a mail to each of the staff who hold the permission, in the caller's transaction, as [`queue`] does.
///
/// # Errors
/// When PostgreSQL refuses a row.
pub async fn queue_for_staff<P: Permission, L: Letter>(services: &Services, tx: &mut SystemTx, letter: &L) -> Result<()> {
    for to in queries::staff_with(tx.conn(), P::NAME).await?.into_iter().filter_map(|email| wire::Email::new(email).ok()) {
        let queued = queue(services, tx.conn(), None, &to, letter).await?;
        tx.record(queued);
    }
    Ok(())
}

/// All mail, newest first. `state` may be a status word.
///
/// # Errors
/// When the cursor is unknown or PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<OutboxRead>, request: &PageRequest) -> Result<Page<MailRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    let state: Option<MailStatus> = state.map(|state| state.parse().map_err(|_| Error::field("state", "Unknown status filter."))).transpose()?;
    let rows = queries::page(tx.conn(), &keyset, state).await?;
    Ok(keyset.page(rows.into_iter().map(queries::Row::view).collect(), |row: &MailRow| row.id.0))
}

/// One mail with its text.
///
/// # Errors
/// Not found.
pub async fn get(tx: &mut impl PlatformRead<OutboxRead>, id: MailId) -> Result<MailView> {
    let whole = queries::one(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Email"))?;
    Ok(whole.view())
}
