//! SQL of payments.

use super::{History, IncomingPayment, PendingCharge, Waiting};
use crate::invoices::queries::Amount;
use adapters::payments::SavedMethod;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    billing::payments::{PaymentMethodStatus, PaymentMethodView, PaymentSessionStatus, PaymentSessionView, PaymentStatus},
    ids::{InvoiceId, PaymentId, PaymentMethodId, PaymentSessionId, SubscriptionId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct MethodRow {
    id: PaymentMethodId,
    brand: String,
    last4: String,
    expires_month: i32,
    expires_year: i32,
    status: PaymentMethodStatus,
    created_at: Time,
}

impl MethodRow {
    pub fn view(self) -> PaymentMethodView {
        PaymentMethodView {
            id: self.id,
            brand: self.brand,
            last4: self.last4,
            expires_month: self.expires_month,
            expires_year: self.expires_year,
            status: self.status,
            is_default: false,
            created_at: self.created_at,
        }
    }
}

/// Stores a payment that has come in; nothing when the provider's payment is known.
pub(super) async fn insert_received(conn: &mut PgConnection, received: &IncomingPayment<'_>) -> sqlx::Result<Option<PaymentId>> {
    sqlx::query_scalar(
        "insert into payments (id, tenant_id, invoice_id, provider, provider_ref, amount, currency, status, created_at, settled_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'SUCCEEDED', $8, $8)
         on conflict (provider, provider_ref) where provider_ref is not null and provider <> 'manual' do nothing returning id",
    )
    .bind(Uuid::now_v7())
    .bind(received.tenant)
    .bind(received.invoice)
    .bind(received.provider)
    .bind(received.provider_ref)
    .bind(received.amount.minor)
    .bind(received.amount.currency)
    .bind(received.at)
    .fetch_optional(conn)
    .await
}

pub(super) async fn is_known(conn: &mut PgConnection, provider: &str, payment_ref: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from payments where provider = $1 and provider_ref = $2)")
        .bind(provider)
        .bind(payment_ref)
        .fetch_one(conn)
        .await
}

pub(super) async fn insert_charge(
    conn: &mut PgConnection,
    tenant: TenantId,
    invoice: InvoiceId,
    method: PaymentMethodId,
    (provider, request_version): (&str, i32),
    amount: Money,
    at: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into payments (id, tenant_id, invoice_id, method_id, provider, attempt, amount, currency, status, created_at, request_version)
         values ($1, $2, $3, $4, $5, (select coalesce(max(attempt), 0) + 1 from payments where invoice_id = $3), $6, $7, 'PENDING', $8, $9)",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(invoice)
    .bind(method)
    .bind(provider)
    .bind(amount.minor)
    .bind(amount.currency)
    .bind(at)
    .bind(request_version)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a charge of this invoice may still take money.
pub(super) async fn is_pending(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from payments where invoice_id = $1 and status in ('PENDING', 'ACTION_REQUIRED', 'PROCESSING'))")
        .bind(invoice)
        .fetch_one(conn)
        .await
}

/// What a charge of this invoice waits for.
pub(super) async fn waiting_for(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<Waiting>> {
    let status: Option<PaymentStatus> =
        sqlx::query_scalar("select status from payments where invoice_id = $1 and status in ('ACTION_REQUIRED', 'PROCESSING')")
            .bind(invoice)
            .fetch_optional(conn)
            .await?;
    Ok(status.map(|status| if status == PaymentStatus::Processing { Waiting::Provider } else { Waiting::Customer }))
}

/// A charge that waits for the customer or the provider, with the provider's name of it and whether its invoice is still open.
#[derive(sqlx::FromRow)]
pub(super) struct WaitingCharge {
    #[sqlx(flatten)]
    pub charge: PendingCharge,
    pub payment_ref: String,
    pub status: PaymentStatus,
    pub is_wanted: bool,
    pub tenant_slug: String,
}

/// What waits: the charge of an invoice, or a charge by its id.
#[derive(Clone, Copy)]
pub(super) enum WaitingOf {
    Invoice(InvoiceId),
    Payment(PaymentId),
}

/// The charge that waits, if it does.
pub(super) async fn waiting(conn: &mut PgConnection, of: WaitingOf) -> sqlx::Result<Option<WaitingCharge>> {
    let (invoice, payment) = match of {
        WaitingOf::Invoice(id) => (Some(id), None),
        WaitingOf::Payment(id) => (None, Some(id)),
    };
    sqlx::query_as(
        "select p.id, p.tenant_id, p.invoice_id, i.number as invoice_number, i.subscription_id, p.method_id, m.provider_ref as method_ref, p.provider, p.attempt,
                p.request_version, p.created_at, p.amount, p.currency, p.provider_ref as payment_ref, p.status, i.status = 'OPEN' as is_wanted, t.slug as tenant_slug
           from payments p
           join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
           join payment_methods m on m.tenant_id = p.tenant_id and m.id = p.method_id
           join tenants t on t.id = p.tenant_id
          where (p.invoice_id = $1 or p.id = $2) and p.status in ('ACTION_REQUIRED', 'PROCESSING')",
    )
    .bind(invoice)
    .bind(payment)
    .fetch_optional(conn)
    .await
}

/// Every charge that waits.
pub(super) async fn all_waiting(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from payments
          where status in ('ACTION_REQUIRED', 'PROCESSING') and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Which charge is wanted.
#[derive(Clone, Copy)]
pub(super) enum ChargeOf {
    /// What its key is made of: the invoice, and the number of the attempt.
    Key(InvoiceId, i32),
    /// The one for a subscription that the provider has not answered yet, whatever became of its invoice.
    Unanswered(SubscriptionId),
}

/// A charge. Each way to it has a statement of its own: one for both would go through all payments.
pub(super) async fn charge(conn: &mut PgConnection, of: ChargeOf) -> sqlx::Result<Option<PendingCharge>> {
    let query = match of {
        ChargeOf::Key(invoice, attempt) => sqlx::query_as(
            "select p.id, p.tenant_id, p.invoice_id, i.number as invoice_number, i.subscription_id, p.method_id, m.provider_ref as method_ref, p.provider,
                    p.attempt, p.request_version, p.created_at, p.amount, p.currency
               from payments p
               join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
               join payment_methods m on m.tenant_id = p.tenant_id and m.id = p.method_id
              where p.invoice_id = $1 and p.attempt = $2",
        )
        .bind(invoice)
        .bind(attempt),
        ChargeOf::Unanswered(subscription) => sqlx::query_as(
            "select p.id, p.tenant_id, p.invoice_id, i.number as invoice_number, i.subscription_id, p.method_id, m.provider_ref as method_ref, p.provider,
                    p.attempt, p.request_version, p.created_at, p.amount, p.currency
               from invoices i
               join payments p on p.tenant_id = i.tenant_id and p.invoice_id = i.id and p.status = 'PENDING'
               join payment_methods m on m.tenant_id = p.tenant_id and m.id = p.method_id
              where i.subscription_id = $1 order by p.id limit 1",
        )
        .bind(subscription),
    };
    query.fetch_optional(conn).await
}

/// The number of its invoice, if it is not settled.
pub(super) async fn unsettled_charge(conn: &mut PgConnection, invoice: InvoiceId, attempt: i32) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "select i.number from payments p join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
          where p.invoice_id = $1 and p.attempt = $2 and p.status not in ('SUCCEEDED', 'RETURNED')",
    )
    .bind(invoice)
    .bind(attempt)
    .fetch_optional(conn)
    .await
}

/// Whether the charge waits for this only now.
pub(super) async fn wait(conn: &mut PgConnection, id: PaymentId, status: PaymentStatus, provider_ref: &str) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update payments set status = $2, provider_ref = $3
          where id = $1 and (status = 'PENDING' or (status = 'ACTION_REQUIRED' and $2 = 'PROCESSING'))",
    )
    .bind(id)
    .bind(status)
    .bind(provider_ref)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn history(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<History> {
    sqlx::query_as(
        "select count(*) filter (where status = 'FAILED' and not is_hard_decline) as soft,
                count(*) filter (where status = 'FAILED' and is_hard_decline) as hard,
                max(created_at) as last_at,
                (array_agg(is_hard_decline order by attempt desc))[1] as is_last_hard
           from payments where invoice_id = $1 and attempt is not null",
    )
    .bind(invoice)
    .fetch_one(conn)
    .await
}

/// Whether the money was not known of until now. A decline that was said before does not hold.
pub(super) async fn succeed(conn: &mut PgConnection, id: PaymentId, provider_ref: &str, at: Time) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update payments set status = 'SUCCEEDED', provider_ref = $2, settled_at = $3, decline_code = null, is_hard_decline = false
          where id = $1 and status not in ('SUCCEEDED', 'RETURNED')",
    )
    .bind(id)
    .bind(provider_ref)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes what of a payment its invoice did not need.
pub(super) async fn set_excess(conn: &mut PgConnection, id: PaymentId, excess: i64) -> sqlx::Result<()> {
    sqlx::query("update payments set excess = $2 where id = $1").bind(id).bind(excess).execute(conn).await?;
    Ok(())
}

/// Whether the payment was pending until now.
pub(super) async fn fail(conn: &mut PgConnection, id: PaymentId, code: &str, is_hard: bool, at: Time) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update payments set status = 'FAILED', decline_code = $2, is_hard_decline = $3, settled_at = $4
          where id = $1 and status in ('PENDING', 'ACTION_REQUIRED', 'PROCESSING')",
    )
    .bind(id)
    .bind(code)
    .bind(is_hard)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a card out of use that was declined for good. Answers with its name, if it was in use.
pub(super) async fn fail_method(conn: &mut PgConnection, id: PaymentMethodId, code: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "update payment_methods set status = 'FAILED', decline_code = $2 where id = $1 and status = 'ACTIVE' returning brand || ' ending ' || last4",
    )
    .bind(id)
    .bind(code)
    .fetch_optional(conn)
    .await
}

pub(super) async fn invoice_number(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<String> {
    sqlx::query_scalar("select number from invoices where id = $1").bind(invoice).fetch_one(conn).await
}

pub(super) async fn account_name(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<String> {
    sqlx::query_scalar("select name from tenants where id = $1").bind(tenant).fetch_one(conn).await
}

pub(super) async fn last_decline(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("select decline_code from payments where invoice_id = $1 and status = 'FAILED' order by attempt desc limit 1")
        .bind(invoice)
        .fetch_optional(conn)
        .await
}

/// Cards of this provider that were not removed, the preferred one first.
pub(super) async fn methods(conn: &mut PgConnection, tenant: TenantId, provider: &str) -> sqlx::Result<Vec<MethodRow>> {
    sqlx::query_as(
        "select id, brand, last4, expires_month, expires_year, status, created_at
           from payment_methods where tenant_id = $1 and provider = $2 and status <> 'REMOVED' order by preferred_at desc, id desc limit 20",
    )
    .bind(tenant)
    .bind(provider)
    .fetch_all(conn)
    .await
}

/// The provider's name of the card that was saved last, removed ones too: it says which customer of the provider's this account is.
pub(super) async fn any_method(conn: &mut PgConnection, tenant: TenantId, provider: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("select provider_ref from payment_methods where tenant_id = $1 and provider = $2 order by id desc limit 1")
        .bind(tenant)
        .bind(provider)
        .fetch_optional(conn)
        .await
}

pub(super) async fn lock_method(conn: &mut PgConnection, tenant: TenantId, id: PaymentMethodId) -> sqlx::Result<()> {
    sqlx::query("select from payment_methods where tenant_id = $1 and id = $2 for update").bind(tenant).bind(id).execute(conn).await?;
    Ok(())
}

pub(super) async fn prefer(conn: &mut PgConnection, id: PaymentMethodId, at: Time) -> sqlx::Result<()> {
    sqlx::query("update payment_methods set preferred_at = $2 where id = $1").bind(id).bind(at).execute(conn).await?;
    Ok(())
}

pub(super) async fn remove(conn: &mut PgConnection, id: PaymentMethodId) -> sqlx::Result<()> {
    sqlx::query("update payment_methods set status = 'REMOVED' where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

pub(super) async fn payments_without_card(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from payments
          where status = 'SUCCEEDED' and method_id is null and card_asked_at is null and provider <> 'manual' and ($1::uuid is null or id > $1)
          order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Account and the provider's name of a payment whose card was not asked for yet.
pub(super) async fn payment_without_card(
    conn: &mut PgConnection,
    id: PaymentId,
    provider: &str,
) -> sqlx::Result<Option<(TenantId, InvoiceId, String)>> {
    sqlx::query_as(
        "select tenant_id, invoice_id, provider_ref from payments
          where id = $1 and provider = $2 and status = 'SUCCEEDED' and method_id is null and card_asked_at is null and provider_ref is not null",
    )
    .bind(id)
    .bind(provider)
    .fetch_optional(conn)
    .await
}

/// Saves a card, or brings one back that the customer has used again. Answers with it, and whether it is new.
pub(super) async fn upsert_method(
    conn: &mut PgConnection,
    id: PaymentMethodId,
    tenant: TenantId,
    provider: &str,
    card: &SavedMethod,
    at: Time,
) -> sqlx::Result<(PaymentMethodId, bool)> {
    sqlx::query_as(
        "insert into payment_methods (id, tenant_id, provider, provider_ref, brand, last4, expires_month, expires_year, preferred_at, created_at,
                                      country)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
         on conflict (provider, provider_ref) do update set status = 'ACTIVE', decline_code = null, preferred_at = excluded.preferred_at,
           country = coalesce(excluded.country, payment_methods.country), expires_month = excluded.expires_month,
           expires_year = excluded.expires_year, expiry_noticed_at = null
           where payment_methods.tenant_id = excluded.tenant_id
         returning id, xmax = 0",
    )
    .bind(id)
    .bind(tenant)
    .bind(provider)
    .bind(&card.provider_ref)
    .bind(&card.brand)
    .bind(&card.last4)
    .bind(card.expires_month)
    .bind(card.expires_year)
    .bind(at)
    .bind(&card.country)
    .fetch_one(conn)
    .await
}

pub(super) async fn set_card(conn: &mut PgConnection, id: PaymentId, method: Option<PaymentMethodId>, at: Time) -> sqlx::Result<()> {
    sqlx::query("update payments set method_id = $2, card_asked_at = $3 where id = $1").bind(id).bind(method).bind(at).execute(conn).await?;
    Ok(())
}

#[allow(clippy::too_many_arguments, reason = "one for each column")]
pub(super) async fn insert_session(
    conn: &mut PgConnection,
    id: PaymentSessionId,
    tenant: TenantId,
    invoice: InvoiceId,
    amount: Money,
    provider: &str,
    token_hash: &[u8],
    at: Time,
    expires_at: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into payment_sessions (id, tenant_id, invoice_id, amount, currency, provider, token_hash, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(tenant)
    .bind(invoice)
    .bind(amount.minor)
    .bind(amount.currency)
    .bind(provider)
    .bind(token_hash)
    .bind(at)
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_session_ref(conn: &mut PgConnection, id: PaymentSessionId, provider_ref: &str) -> sqlx::Result<()> {
    sqlx::query("update payment_sessions set provider_ref = $2 where id = $1").bind(id).bind(provider_ref).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_session_status(conn: &mut PgConnection, id: PaymentSessionId, status: PaymentSessionStatus) -> sqlx::Result<()> {
    sqlx::query("update payment_sessions set status = $2 where id = $1").bind(id).bind(status).execute(conn).await?;
    Ok(())
}

/// A page, locked against other messages about it.
#[derive(sqlx::FromRow)]
pub(super) struct Session {
    pub tenant_id: TenantId,
    pub invoice_id: InvoiceId,
    pub currency: Currency,
    pub provider: String,
    pub status: PaymentSessionStatus,
}

pub(super) async fn lock_session(conn: &mut PgConnection, id: PaymentSessionId) -> sqlx::Result<Option<Session>> {
    sqlx::query_as("select tenant_id, invoice_id, currency, provider, status from payment_sessions where id = $1 for update")
        .bind(id)
        .fetch_optional(conn)
        .await
}

/// A page as its visitor sees it.
#[derive(sqlx::FromRow)]
pub(super) struct FoundSession {
    id: PaymentSessionId,
    #[sqlx(flatten)]
    money: Amount,
    status: PaymentSessionStatus,
    expires_at: Time,
    invoice_number: String,
    pub invoice_id: InvoiceId,
    pub tenant_slug: String,
}

impl FoundSession {
    pub fn view(self, now: Time) -> PaymentSessionView {
        PaymentSessionView {
            id: self.id,
            is_open: self.status == PaymentSessionStatus::Open && now < self.expires_at,
            amount: self.money.money(),
            invoice: self.invoice_id,
            invoice_number: self.invoice_number,
        }
    }
}

pub(super) async fn find_session(conn: &mut PgConnection, id: PaymentSessionId, token_hash: &[u8]) -> sqlx::Result<Option<FoundSession>> {
    sqlx::query_as("select id, amount, currency, status, expires_at, invoice_number, invoice_id, tenant_slug from payment_session_lookup($1, $2)")
        .bind(id)
        .bind(token_hash)
        .fetch_optional(conn)
        .await
}
