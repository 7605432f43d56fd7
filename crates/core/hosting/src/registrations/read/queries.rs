//! Statements of what pages show of registrations.

use super::super::rules;
use model::{
    Time,
    hosting::registrations::{HolderInput, RegistrationKind, RegistrationRow, RegistrationStatus, RegistrationView, TransferView},
    ids::{DomainId, DomainRegistrationId, InvoiceId, JobId, SubscriptionId, TenantId},
};
use sqlx::{PgConnection, Result, types::Json};
use uuid::Uuid;

/// A registration as pages show it.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: DomainRegistrationId,
    name: String,
    tenant_id: TenantId,
    tenant_name: String,
    kind: RegistrationKind,
    status: RegistrationStatus,
    expires_at: Option<Time>,
    auto_renew: bool,
    created_at: Time,
    failure: Option<String>,
    subscription_id: SubscriptionId,
    open_invoice: Option<InvoiceId>,
    job_id: Option<JobId>,
    is_leaving: bool,
    transfer_decided_at: Option<Time>,
    transfer_cancelled_at: Option<Time>,
    redemption_since: Option<Time>,
    deletes_at: Option<Time>,
    is_subscription_ended: bool,
    is_locked: bool,
    name_servers: Vec<String>,
    holder: Json<HolderInput>,
    differences: Vec<String>,
    checked_at: Option<Time>,
    domain_id: Option<DomainId>,
}

impl Row {
    /// As lists show it.
    pub(super) fn row(&self) -> RegistrationRow {
        RegistrationRow {
            id: self.id,
            name: self.name.clone(),
            display_name: crate::domains::display(&self.name),
            tenant: self.tenant_id,
            tenant_name: self.tenant_name.clone(),
            kind: self.kind,
            status: self.status,
            expires_at: self.expires_at,
            auto_renew: self.auto_renew,
            created_at: self.created_at,
        }
    }

    /// As its page shows it.
    pub(super) fn view(self, own_name_servers: Vec<String>) -> RegistrationView {
        let is_incoming = self.status == RegistrationStatus::Transferring;
        let transfer = (is_incoming || self.is_leaving).then_some(TransferView {
            is_outgoing: self.is_leaving,
            decides_at: self.transfer_decided_at,
            is_cancelling: self.transfer_cancelled_at.is_some(),
        });
        let since = self.redemption_since.filter(|_| self.status == RegistrationStatus::Redemption);
        let deletes_at = self.deletes_at.filter(|_| self.status == RegistrationStatus::Active);
        RegistrationView {
            row: self.row(),
            failure: self.failure,
            subscription: self.subscription_id,
            open_invoice: self.open_invoice,
            job: self.job_id,
            transfer,
            restorable_until: since.map(rules::restorable_until),
            deletes_at,
            is_subscription_ended: self.is_subscription_ended,
            is_locked: self.is_locked,
            name_servers: self.name_servers,
            own_name_servers,
            holder: self.holder.0,
            differences: self.differences,
            checked_at: self.checked_at,
            domain: self.domain_id,
        }
    }
}

/// `range` is older than, newer than, and how many; of one account, where one is given. `search` looks in the name.
pub(super) async fn page(
    conn: &mut PgConnection,
    tenant: Option<TenantId>,
    range: (Option<Uuid>, Option<Uuid>, i64),
    status: Option<&str>,
    search: Option<&str>,
) -> Result<Vec<Row>> {
    sqlx::query_as(
        "select r.id, r.name, r.tenant_id, t.name as tenant_name, r.kind, r.status, r.expires_at, r.auto_renew, r.created_at, r.failure,
                r.subscription_id, null::uuid as open_invoice, null::uuid as job_id, r.is_leaving, r.transfer_decided_at,
                null::timestamptz as transfer_cancelled_at, null::timestamptz as redemption_since, null::timestamptz as deletes_at,
                false as is_subscription_ended,
                r.is_locked, r.name_servers, r.holder, r.differences, r.checked_at, null::uuid as domain_id
           from (
             (select id, name, tenant_id, kind, status, expires_at, auto_renew, created_at, failure, subscription_id, is_leaving, transfer_decided_at, is_locked,
                     name_servers, holder, differences, checked_at
                from domain_registrations where $2::uuid is null and ($1::uuid is null or id < $1)
                and ($4::uuid is null or tenant_id = $4) and ($5::text is null or status = $5)
                and ($6::text is null or strpos(name, lower($6)) > 0) order by id desc limit $3)
             union all
             (select id, name, tenant_id, kind, status, expires_at, auto_renew, created_at, failure, subscription_id, is_leaving, transfer_decided_at, is_locked,
                     name_servers, holder, differences, checked_at
                from domain_registrations where id > $2
                and ($4::uuid is null or tenant_id = $4) and ($5::text is null or status = $5)
                and ($6::text is null or strpos(name, lower($6)) > 0) order by id limit $3)
           ) r join tenants t on t.id = r.tenant_id order by r.id desc",
    )
    .bind(range.0)
    .bind(range.1)
    .bind(range.2)
    .bind(tenant)
    .bind(status)
    .bind(search)
    .fetch_all(conn)
    .await
}

/// A registration; of one account, where one is given.
pub(super) async fn one(conn: &mut PgConnection, tenant: Option<TenantId>, id: DomainRegistrationId) -> Result<Option<Row>> {
    sqlx::query_as(
        "select r.id, r.name, r.tenant_id, t.name as tenant_name, r.kind, r.status, r.expires_at, r.auto_renew, r.created_at, r.failure,
                r.subscription_id, r.is_leaving, r.transfer_decided_at, r.transfer_cancelled_at, r.redemption_since, r.deletes_at,
                exists (select from subscriptions s
                         where s.tenant_id = r.tenant_id and s.id = r.subscription_id and s.status = 'CANCELLED') as is_subscription_ended,
                r.is_locked, r.name_servers, r.holder, r.differences, r.checked_at,
                (select i.id from invoices i
                  where i.tenant_id = r.tenant_id and i.subscription_id = r.subscription_id and i.kind = 'INVOICE' and i.status = 'OPEN'
                  order by i.due_at, i.id limit 1) as open_invoice,
                (select j.id from jobs j where j.tenant_id = r.tenant_id and j.id = r.job_id
                                           and j.status in ('queued', 'running', 'unwinding', 'stuck')) as job_id,
                (select d.id from domains d where d.tenant_id = r.tenant_id and d.name = r.name and d.released_at is null) as domain_id
           from domain_registrations r join tenants t on t.id = r.tenant_id
          where r.id = $1 and ($2::uuid is null or r.tenant_id = $2)",
    )
    .bind(id)
    .bind(tenant)
    .fetch_optional(conn)
    .await
}
