//! SQL of dunning.

use model::{
    Time,
    billing::{
        dunning::{DunningNotice, PaymentTermsInput, PaymentTermsView},
        invoices::{BankDetails, Party},
    },
    ids::{InvoiceId, ProductId, SubscriptionId, TenantId},
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

/// Whether the notice is new.
pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    tenant: TenantId,
    invoice: InvoiceId,
    notice: DunningNotice,
    at: Time,
) -> sqlx::Result<bool> {
    let added = sqlx::query(
        "insert into dunning_notices (id, tenant_id, invoice_id, notice, created_at) values ($1, $2, $3, $4, $5)
         on conflict on constraint dunning_notices_notice_key do nothing",
    )
    .bind(id)
    .bind(tenant)
    .bind(invoice)
    .bind(notice)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// Where an invoice can be transferred to, as it says itself.
pub(super) async fn bank_of(conn: &mut PgConnection, invoice: InvoiceId) -> sqlx::Result<Option<BankDetails>> {
    let seller: Json<Party> = sqlx::query_scalar("select seller from invoices where id = $1").bind(invoice).fetch_one(conn).await?;
    Ok(seller.0.bank)
}

#[derive(sqlx::FromRow)]
pub(super) struct TermsRow {
    product_code: Option<String>,
    product_name: Option<String>,
    invoice_lead_days: i32,
    attempt_days: Vec<i32>,
    suspend_after_days: i32,
    terminate_after_days: i32,
    created_at: Time,
}

impl TermsRow {
    pub fn view(self) -> PaymentTermsView {
        PaymentTermsView {
            product_code: self.product_code,
            product_name: self.product_name,
            invoice_lead_days: self.invoice_lead_days,
            attempt_days: self.attempt_days,
            suspend_after_days: self.suspend_after_days,
            terminate_after_days: self.terminate_after_days,
            since: Some(self.created_at),
        }
    }
}

/// Those of the subscription's product before those for all.
pub(super) async fn terms_at(conn: &mut PgConnection, subscription: SubscriptionId, at: Time) -> sqlx::Result<Option<TermsRow>> {
    sqlx::query_as(
        "select null as product_code, null as product_name, t.invoice_lead_days, t.attempt_days, t.suspend_after_days, t.terminate_after_days,
                t.created_at
           from payment_terms t
          where (t.product_id is null or t.product_id = (select product_id from subscriptions where id = $1))
            and t.created_at <= $2 and (t.ended_at is null or t.ended_at > $2)
          order by t.product_id nulls last limit 1",
    )
    .bind(subscription)
    .bind(at)
    .fetch_optional(conn)
    .await
}

/// What holds now, what is for all first.
pub(super) async fn current(conn: &mut PgConnection) -> sqlx::Result<Vec<TermsRow>> {
    sqlx::query_as(
        "select p.code as product_code, p.name as product_name, t.invoice_lead_days, t.attempt_days, t.suspend_after_days, t.terminate_after_days,
                t.created_at
           from payment_terms t left join products p on p.id = t.product_id
          where t.ended_at is null order by p.name nulls first limit 200",
    )
    .fetch_all(conn)
    .await
}

/// Code and name of the plans for which nothing holds but what is for all.
pub(super) async fn plans_without_terms(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as(
        "select p.code, p.name from products p
          where p.type = 'CLOUDPOD' and not exists (select from payment_terms t where t.product_id = p.id and t.ended_at is null)
          order by p.name limit 200",
    )
    .fetch_all(conn)
    .await
}

/// One change after the other.
pub(super) async fn lock_terms(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtext('payment_terms'))").execute(conn).await?;
    Ok(())
}

/// Ends what holds for a product, or for all. Answers with it.
pub(super) async fn end_terms(conn: &mut PgConnection, product: Option<ProductId>, at: Time) -> sqlx::Result<Option<Json<serde_json::Value>>> {
    sqlx::query_scalar(
        "update payment_terms set ended_at = $2 where product_id is not distinct from $1 and ended_at is null
         returning jsonb_build_object('invoice_lead_days', invoice_lead_days, 'attempt_days', attempt_days,
                                      'suspend_after_days', suspend_after_days, 'terminate_after_days', terminate_after_days)",
    )
    .bind(product)
    .bind(at)
    .fetch_optional(conn)
    .await
}

pub(super) struct NewTerms<'a> {
    pub product: Option<ProductId>,
    pub input: &'a PaymentTermsInput,
    pub attempts: &'a [i32],
    pub at: Time,
}

pub(super) async fn insert_terms(conn: &mut PgConnection, new: &NewTerms<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into payment_terms (id, product_id, invoice_lead_days, attempt_days, suspend_after_days, terminate_after_days, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(Uuid::now_v7())
    .bind(new.product)
    .bind(new.input.invoice_lead_days)
    .bind(new.attempts)
    .bind(new.input.suspend_after_days)
    .bind(new.input.terminate_after_days)
    .bind(new.at)
    .execute(conn)
    .await?;
    Ok(())
}
