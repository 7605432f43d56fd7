//! VAT numbers are confirmed by VIES, and asked about again every month: companies close.

use super::queries;
use adapters::vies::{VatQuery, Vies};
use db::AuditEvent;
use engine::{
    Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler},
};
use model::{audit_action::AuditAction, billing::profiles::VatStatus, ids::TenantId};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Asks VIES about the VAT number of an account.
pub(super) struct VatNumbers;

impl Reconciler for VatNumbers {
    const NAME: &'static str = "vat_number";
    const TITLE: &'static str = "Confirm VAT numbers with VIES";
    const INTERVAL: Duration = Duration::from_secs(30 * 86_400);
    const MAX_BACKOFF: Duration = Duration::from_secs(3600);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::with_numbers(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let tenant = TenantId(key);
        let mut tx = services.db.system_read("profiles").await?;
        let found = queries::number(tx.conn(), tenant).await?;
        tx.finish().await?;
        let Some(found) = found else { return Ok(Outcome::Removed) };
        let query = VatQuery { number: found.vat_number.clone(), requester: super::requester(services) };
        // Without a transaction: VIES may take half a minute.
        let answer = services.part::<dyn Vies>().check(&query).await.map_err(|error| ReconcileError(format!("{error}.")))?;
        let (status, action) = match answer.is_valid {
            true => (VatStatus::Confirmed, AuditAction::VatNumberConfirmed),
            false => (VatStatus::Rejected, AuditAction::VatNumberRejected),
        };
        let mut tx = services.db.system("profiles").await?;
        let now = services.now();
        let before = queries::set_checked(tx.conn(), tenant, &found.vat_number, status, &answer.consultation, now).await?;
        let Some(before) = before else {
            // Another number was entered meanwhile; its own run is due.
            return Ok(Outcome::ok(found.account));
        };
        if before != status {
            let event = AuditEvent::new(action, "billing_profile", tenant, &found.account).in_tenant(tenant);
            tx.record(event.after(serde_json::json!({ "vat_number": found.vat_number, "consultation": answer.consultation })));
        }
        tx.commit_progress().await?;
        let differences = if answer.is_valid { Vec::new() } else { vec![format!("VIES does not know {}.", found.vat_number)] };
        Ok(Outcome::Checked { subject: found.account, server: None, differences })
    }
}
