//! SQL of payments and messages, for staff.

use db::Keyset;
use model::{
    Time,
    billing::{
        payment_log::{PaymentEventRow, PaymentEventStatus, PaymentRow},
        payments::PaymentStatus,
    },
    ids::{InvoiceId, PaymentEventId, PaymentId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: PaymentId,
    tenant_id: TenantId,
    tenant_name: String,
    invoice_id: Option<InvoiceId>,
    invoice_number: Option<String>,
    amount: i64,
    currency: Currency,
    status: PaymentStatus,
    is_transfer: bool,
    card: Option<String>,
    provider_ref: Option<String>,
    decline_code: Option<String>,
    created_at: Time,
}

impl Row {
    pub fn view(self) -> PaymentRow {
        let method = self.card.unwrap_or_else(|| if self.is_transfer { "Bank transfer" } else { "Payment page" }.to_owned());
        PaymentRow {
            id: self.id,
            tenant: self.tenant_id,
            tenant_name: self.tenant_name,
            invoice: self.invoice_id,
            invoice_number: self.invoice_number,
            amount: Money::new(self.amount, self.currency),
            status: self.status,
            method,
            provider_ref: self.provider_ref,
            decline_code: self.decline_code,
            created_at: self.created_at,
        }
    }
}

pub(super) async fn payments(conn: &mut PgConnection, keyset: &Keyset<Uuid>, status: Option<PaymentStatus>) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "select p.id, p.tenant_id, t.name as tenant_name, p.invoice_id, i.number as invoice_number, p.amount, p.currency, p.status,
                p.provider = 'manual' as is_transfer, m.brand || ' ending ' || m.last4 as card, p.provider_ref, p.decline_code, p.created_at
           from (
             (select * from payments
               where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4) order by id desc limit $3)
             union all
             (select * from payments where id > $2 and ($4::text is null or status = $4) order by id limit $3)
           ) p
           join tenants t on t.id = p.tenant_id
           left join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
           left join payment_methods m on m.tenant_id = p.tenant_id and m.id = p.method_id
          order by p.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(status)
    .fetch_all(conn)
    .await
}

#[derive(sqlx::FromRow)]
pub(super) struct EventRow {
    id: PaymentEventId,
    provider: String,
    event_id: String,
    kind: String,
    status: PaymentEventStatus,
    reason: Option<String>,
    received_at: Time,
    processed_at: Option<Time>,
}

impl EventRow {
    pub fn view(self) -> PaymentEventRow {
        PaymentEventRow {
            id: self.id,
            provider: self.provider,
            event_id: self.event_id,
            kind: self.kind,
            status: self.status,
            reason: self.reason,
            received_at: self.received_at,
            processed_at: self.processed_at,
        }
    }
}

pub(super) async fn events(conn: &mut PgConnection, keyset: &Keyset<Uuid>, status: Option<PaymentEventStatus>) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as(
        "select e.id, e.provider, e.event_id, e.kind, e.status, e.reason, e.received_at, e.processed_at
           from (
             (select * from payment_events
               where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4) order by id desc limit $3)
             union all
             (select * from payment_events where id > $2 and ($4::text is null or status = $4) order by id limit $3)
           ) e
          order by e.id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(status)
    .fetch_all(conn)
    .await
}

/// A message with its bytes.
#[derive(sqlx::FromRow)]
pub(super) struct Message {
    #[sqlx(flatten)]
    pub event: EventRow,
    pub body: Vec<u8>,
}

pub(super) async fn event(conn: &mut PgConnection, id: PaymentEventId) -> sqlx::Result<Option<Message>> {
    sqlx::query_as("select id, provider, event_id, kind, status, reason, received_at, processed_at, body from payment_events where id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await
}
