//! Suspended accounts: each of their CloudPods has that as a reason of its own, beside those that it has anyway. So lifting it restores exactly
//! what was.

use super::{
    letters::{AccountSuspended, AccountUnsuspended},
    queries, send_mail,
};
use crate::cloudpods::{self, SubscribedPod};
use core_administration::tenants;
use db::{AuditEvent, PlatformTx};
use engine::{
    Error, Result, Services,
    reconcile::{Object, Outcome, ReconcileError, Reconciler, touch},
};
use model::{
    Time,
    actor::Actor,
    audit_action::AuditAction,
    hosting::suspensions::SuspensionReason,
    ids::{SuspensionId, TenantId},
    permission::CustomersManage,
};
use serde_json::json;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// A CloudPod that cannot be suspended yet is looked at again after this.
const LOOK_AGAIN: chrono::TimeDelta = chrono::TimeDelta::seconds(30);

/// Suspends an account with all of its CloudPods, and writes to the address that it is billed at. Its members see why, and what they owe, and
/// nothing else of it. Its subscriptions go on as they would without that: time does not stop for a suspension, and one that has an invoice overdue
/// is not renewed until that is paid, whatever the reason.
///
/// # Errors
/// Not found; a conflict when it is suspended already, or closed.
pub async fn suspend_account(services: &Services, mut tx: PlatformTx<CustomersManage>, tenant: TenantId, reason: SuspensionReason) -> Result<()> {
    if reason == SuspensionReason::Account {
        return Err(Error::field("reason", "Choose why the account is suspended."));
    }
    let name = tenants::set_suspension(tx.conn(), tenant, Some(reason)).await?;
    follow(services, &mut tx, tenant, true).await?;
    let portal = portal(services, &mut tx, tenant).await?;
    let pay = (reason == SuspensionReason::NonPayment).then(|| format!("{portal}/invoices"));
    let letter = AccountSuspended { account: name.clone(), reason: reason.title().to_owned(), pay };
    send_mail(services, &mut tx, tenant, &letter).await?;
    Ok(tx.commit(AuditEvent::new(AuditAction::TenantSuspended, "tenant", tenant, name).in_tenant(tenant).after(json!({ "reason": reason }))).await?)
}

/// Lifts the suspension of an account, and writes to it. CloudPods that have another reason to be suspended stay so.
///
/// # Errors
/// Not found; a conflict when it is not suspended.
pub async fn unsuspend_account(services: &Services, mut tx: PlatformTx<CustomersManage>, tenant: TenantId) -> Result<()> {
    let name = tenants::set_suspension(tx.conn(), tenant, None).await?;
    follow(services, &mut tx, tenant, false).await?;
    let letter = AccountUnsuspended { account: name.clone(), link: portal(services, &mut tx, tenant).await? };
    send_mail(services, &mut tx, tenant, &letter).await?;
    Ok(tx.commit(AuditEvent::new(AuditAction::TenantUnsuspended, "tenant", tenant, name).in_tenant(tenant)).await?)
}

/// Address of an account's portal.
async fn portal(services: &Services, tx: &mut PlatformTx<CustomersManage>, tenant: TenantId) -> Result<String> {
    Ok(format!("{}/t/{}", services.settings.public_url, queries::slug(tx.conn(), tenant).await?))
}

async fn follow(services: &Services, tx: &mut PlatformTx<CustomersManage>, tenant: TenantId, suspended: bool) -> Result<()> {
    let (now, actor) = (services.now(), tx.caller().actor.clone());
    let Followed { events, left } = set_reasons(tx.conn(), tenant, suspended, &actor, now).await?;
    events.into_iter().for_each(|event| tx.record(event));
    if !left.is_empty() {
        touch(tx.conn(), SuspendedAccounts::NAME, tenant.0, now + LOOK_AGAIN).await?;
    }
    Ok(())
}

struct Followed {
    events: Vec<AuditEvent>,
    /// CloudPods that cannot be suspended yet.
    left: Vec<String>,
}

/// Gives each CloudPod of the account the reason, or takes it away.
async fn set_reasons(conn: &mut PgConnection, tenant: TenantId, suspended: bool, actor: &Actor, now: Time) -> Result<Followed> {
    let mut followed = Followed { events: Vec::new(), left: Vec::new() };
    for pod in cloudpods::lock_of_tenant(&mut *conn, tenant).await? {
        let SubscribedPod { id, name, can_change, is_on_its_way, .. } = pod;
        let action = if suspended {
            if queries::has(&mut *conn, id, SuspensionReason::Account).await? {
                continue;
            }
            if !can_change {
                followed.left.extend(is_on_its_way.then_some(name));
                continue;
            }
            queries::insert(&mut *conn, SuspensionId(Uuid::now_v7()), tenant, id, SuspensionReason::Account, "", actor, now).await?;
            cloudpods::set_suspension_desired(&mut *conn, id, true, now).await?;
            AuditAction::SuspensionAdded
        } else {
            if !queries::lift(&mut *conn, id, SuspensionReason::Account, None, actor, now).await? {
                continue;
            }
            if can_change && queries::count(&mut *conn, id).await? == 0 {
                cloudpods::set_suspension_desired(&mut *conn, id, false, now).await?;
            }
            AuditAction::SuspensionLifted
        };
        let event = AuditEvent::new(action, "cloud_pod", id, name).in_tenant(tenant);
        followed.events.push(event.after(json!({ "reason": SuspensionReason::Account })));
    }
    Ok(followed)
}

/// CloudPods of suspended accounts have that reason, also those that were on their way when the account was suspended.
pub(crate) struct SuspendedAccounts;

impl Reconciler for SuspendedAccounts {
    const NAME: &'static str = "suspended_account";
    const TITLE: &'static str = "CloudPods of suspended accounts are suspended";
    const INTERVAL: Duration = Duration::from_secs(300);

    async fn objects(conn: &mut PgConnection, after: Option<Uuid>) -> Result<Vec<Object>, sqlx::Error> {
        queries::suspended_accounts(conn, after).await
    }

    async fn reconcile(services: &Services, key: Uuid) -> Result<Outcome, ReconcileError> {
        let (tenant, now) = (TenantId(key), services.now());
        let mut tx = services.db.system("reconciler").await?;
        if !tenants::is_suspended(tx.conn(), tenant).await? {
            return Ok(Outcome::Removed);
        }
        let actor = tx.caller().actor.clone();
        let Followed { events, left } = set_reasons(tx.conn(), tenant, true, &actor, now).await?;
        events.into_iter().for_each(|event| tx.record(event));
        if !left.is_empty() {
            touch(tx.conn(), Self::NAME, key, now + LOOK_AGAIN).await?;
        }
        tx.commit_progress().await?;
        let differences = left.into_iter().map(|name| format!("{name} is being provisioned; it is suspended afterwards.")).collect();
        Ok(Outcome::Checked { subject: "Suspended account".to_owned(), server: None, differences })
    }
}
