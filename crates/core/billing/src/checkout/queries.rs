//! SQL of checkout.

use super::order::Order;
use crate::profiles::StatedNumber;
use engine::reconcile::{OBJECTS_PER_PAGE, Object};
use model::{
    Time,
    billing::{
        checkout::{CheckoutStatus, CheckoutView, OrderLine, Quote, Trial},
        products::BillingCycle,
        profiles::VatStatus,
        tax::TaxTreatment,
    },
    hosting::cloudpods::PodStatus,
    ids::{CheckoutId, CloudPodId, CouponId, JobId, PaymentEventId, TenantId},
    money::{Currency, Money},
};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

/// A checkout as it is stored.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub id: CheckoutId,
    pub plan_code: String,
    pub billing_cycle: BillingCycle,
    pub email: String,
    pub country: String,
    pub domain: String,
    pub site_title: Option<String>,
    pub add_ons: Vec<String>,
    pub currency: Currency,
    pub net: i64,
    pub tax: i64,
    pub tax_rate_bp: i32,
    pub tax_treatment: TaxTreatment,
    pub total: i64,
    pub lines: Json<Vec<OrderLine>>,
    pub coupon_id: Option<CouponId>,
    pub trial_days: i32,
    pub address: Option<String>,
    pub company: Option<String>,
    #[sqlx(flatten)]
    vat: VatColumns,
    pub status: CheckoutStatus,
    pub provider: String,
    pub provider_ref: Option<String>,
    pub job_id: Option<JobId>,
    pub created_at: Time,
    pub expires_at: Time,
}

/// The VAT number of an order, as it is stored.
#[derive(sqlx::FromRow)]
struct VatColumns {
    vat_number: Option<String>,
    vat_status: Option<VatStatus>,
    vat_checked_at: Option<Time>,
    vat_consultation: String,
}

impl Row {
    /// The VAT number of the buyer, as VIES has confirmed it or not.
    pub fn vat(&self) -> Option<StatedNumber> {
        let VatColumns { vat_number, vat_status, vat_checked_at, vat_consultation } = &self.vat;
        let (number, status) = vat_number.clone().zip(*vat_status)?;
        Some(StatedNumber { number, status, checked_at: *vat_checked_at, consultation: vat_consultation.clone() })
    }

    /// The sum as it was shown to the buyer. Prices may have changed since; this has not.
    pub fn quote(&self) -> anyhow::Result<Quote> {
        let money = |minor| Money::new(minor, self.currency);
        let net = self.lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.net));
        anyhow::ensure!(net == Some(self.net), "the lines of checkout {} do not add up", self.id);
        Ok(Quote {
            lines: self.lines.0.clone(),
            cycle: self.billing_cycle,
            trial: self.trial()?,
            coupon: None,
            net: money(self.net),
            tax_rate_bp: self.tax_rate_bp,
            vat: self.vat.vat_status,
            tax: money(self.tax),
            total: money(self.total),
        })
    }

    fn trial(&self) -> anyhow::Result<Option<Trial>> {
        if self.trial_days == 0 {
            return Ok(None);
        }
        let after =
            self.lines.iter().filter_map(|line| line.after_trial).try_fold(0_i64, i64::checked_add).map(|minor| Money::new(minor, self.currency));
        let total_after = after.and_then(|after| after.plus(after.share(self.tax_rate_bp)?));
        let total_after = total_after.ok_or_else(|| anyhow::anyhow!("the price after the trial of checkout {} does not fit", self.id))?;
        Ok(Some(Trial { days: self.trial_days, total_after }))
    }

    /// End of the first period that begins now: of the trial, where there is one.
    pub fn first_period_end(&self, now: Time) -> Time {
        match self.trial_days {
            0 => crate::subscriptions::period::end(now, self.billing_cycle),
            days => now + chrono::Duration::days(days.into()),
        }
    }

    /// What a buyer sees of it before it is paid.
    pub fn view(self, now: Time) -> engine::Result<CheckoutView> {
        let late = self.status == CheckoutStatus::Open && now > self.expires_at;
        Ok(CheckoutView {
            id: self.id,
            status: if late { CheckoutStatus::Expired } else { self.status },
            quote: self.quote()?,
            email: self.email,
            domain: self.domain,
            created_at: self.created_at,
            invoice_number: None,
            site_url: None,
            job: None,
        })
    }
}

/// A checkout to be stored.
pub(super) struct NewCheckout<'a> {
    pub id: CheckoutId,
    pub order: &'a Order,
    pub provider: &'a str,
    pub follow_hash: &'a [u8],
    pub peer: &'a str,
    /// Country of the visitor's network address, where it is known.
    pub network_country: Option<&'a str>,
    pub now: Time,
    pub expires_at: Time,
}

/// What a payment has made, as far as the buyer may see it.
#[derive(sqlx::FromRow)]
pub(super) struct Made {
    pub pod_status: Option<PodStatus>,
    pub primary_domain: Option<String>,
    pub site_url: Option<String>,
    pub invoice_number: Option<String>,
}

/// What became of a message in the inbox.
#[derive(Clone, Copy)]
pub(super) enum EventStatus {
    /// Acted on.
    Processed,
    /// Nothing to do about it.
    Ignored,
    /// Refused; the reason stands beside it.
    Failed,
}

impl EventStatus {
    const fn as_str(self) -> &'static str {
        match self {
            EventStatus::Processed => "PROCESSED",
            EventStatus::Ignored => "IGNORED",
            EventStatus::Failed => "FAILED",
        }
    }
}

/// A message that waits.
#[derive(sqlx::FromRow)]
pub(super) struct Stored {
    pub id: PaymentEventId,
    pub received_at: Time,
}

pub(super) async fn insert(conn: &mut PgConnection, new: &NewCheckout<'_>) -> sqlx::Result<()> {
    let quote = &new.order.quote;
    let vat = new.order.buyer.vat.as_ref();
    sqlx::query(
        "insert into checkout_sessions (id, plan_code, billing_cycle, email, country, domain, site_title, add_ons, currency, net, tax,
                                        tax_rate_bp, total, lines, provider, follow_hash, created_at, expires_at, peer, coupon_id, trial_days,
                                        tax_treatment, company, vat_number, vat_status, vat_checked_at, vat_consultation, address,
                                        network_country)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
                 $28, $29)",
    )
    .bind(new.id)
    .bind(&new.order.plan_code)
    .bind(quote.cycle)
    .bind(new.order.email.as_str())
    .bind(&new.order.country)
    .bind(new.order.domain.as_str())
    .bind(new.order.site_title.as_ref().map(wire::Title::as_str))
    .bind(&new.order.add_ons)
    .bind(quote.net.currency)
    .bind(quote.net.minor)
    .bind(quote.tax.minor)
    .bind(quote.tax_rate_bp)
    .bind(quote.total.minor)
    .bind(Json(&quote.lines))
    .bind(new.provider)
    .bind(new.follow_hash)
    .bind(new.now)
    .bind(new.expires_at)
    .bind(new.peer)
    .bind(new.order.coupon)
    .bind(quote.trial.map_or(0, |trial| trial.days))
    .bind(new.order.tax.treatment)
    .bind(&new.order.buyer.company)
    .bind(vat.map(|vat| &vat.number))
    .bind(vat.map(|vat| vat.status))
    .bind(vat.and_then(|vat| vat.checked_at))
    .bind(vat.map_or("", |vat| &vat.consultation))
    .bind(&new.order.buyer.address)
    .bind(new.network_country)
    .execute(conn)
    .await?;
    Ok(())
}

/// One start of a peer after the other, so that each sees those before it.
pub(super) async fn lock_peer(conn: &mut PgConnection, peer: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.checkout ' || $1, 0))").bind(peer).execute(conn).await?;
    Ok(())
}

pub(super) async fn started(conn: &mut PgConnection, peer: &str, since: Time) -> sqlx::Result<i64> {
    sqlx::query_scalar("select checkouts_started($1, $2)").bind(peer).bind(since).fetch_one(conn).await
}

/// Whether whoever orders under this address has had a trial.
pub(super) async fn trial_was_had(conn: &mut PgConnection, email: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select trial_was_had($1)").bind(email).fetch_one(conn).await
}

/// One trial of a customer after the other, so that each sees those before it.
pub(super) async fn lock_trial(conn: &mut PgConnection, email: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('mpanel.trial ' || customer_key($1), 0))").bind(email).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_provider_ref(conn: &mut PgConnection, id: CheckoutId, follow_hash: &[u8], provider_ref: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select checkout_provider_ref($1, $2, $3)").bind(id).bind(follow_hash).bind(provider_ref).fetch_one(conn).await
}

pub(super) async fn domain_taken(conn: &mut PgConnection, domain: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select domain_taken($1)").bind(domain).fetch_one(conn).await
}

pub(super) async fn find(conn: &mut PgConnection, id: CheckoutId, follow_hash: &[u8]) -> sqlx::Result<Option<Row>> {
    sqlx::query_as::<_, Row>(
        "select id, plan_code, billing_cycle, email, country, domain, site_title, add_ons, currency, net, tax, tax_rate_bp, tax_treatment, total, lines,
                coupon_id, trial_days, address, company, vat_number, vat_status, vat_checked_at, vat_consultation, status, provider, provider_ref,
                job_id, created_at, expires_at
           from checkout_lookup($1, $2)",
    )
    .bind(id)
    .bind(follow_hash)
    .fetch_optional(conn)
    .await
}

pub(super) async fn result(conn: &mut PgConnection, id: CheckoutId, follow_hash: &[u8]) -> sqlx::Result<Option<Made>> {
    sqlx::query_as::<_, Made>("select pod_status, primary_domain, site_url, invoice_number from checkout_result_lookup($1, $2)")
        .bind(id)
        .bind(follow_hash)
        .fetch_optional(conn)
        .await
}

/// Without a target for the conflict: the public role may not see the column it would name.
pub(super) async fn store_event(
    conn: &mut PgConnection,
    id: PaymentEventId,
    provider: &str,
    event_id: &str,
    kind: &str,
    body: &[u8],
    now: Time,
) -> sqlx::Result<bool> {
    let stored = sqlx::query(
        "insert into payment_events (id, provider, event_id, kind, body, received_at) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing",
    )
    .bind(id)
    .bind(provider)
    .bind(event_id)
    .bind(kind)
    .bind(body)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(stored.rows_affected() == 1)
}

/// Those of these messages that are stored.
pub(super) async fn known_events(conn: &mut PgConnection, provider: &str, event_ids: &[&str]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("select event_id from payment_events where provider = $1 and event_id = any($2)")
        .bind(provider)
        .bind(event_ids)
        .fetch_all(conn)
        .await
}

/// What a message that waits says.
pub(super) async fn waiting_body(conn: &mut PgConnection, provider: &str, event_id: &str) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("select body from payment_events where provider = $1 and event_id = $2 and status = 'RECEIVED'")
        .bind(provider)
        .bind(event_id)
        .fetch_optional(conn)
        .await
}

/// Locks a message that waits; nothing when it is done or in other hands.
pub(super) async fn claim_event(conn: &mut PgConnection, provider: &str, event_id: &str) -> sqlx::Result<Option<Stored>> {
    sqlx::query_as::<_, Stored>(
        "select id, received_at from payment_events
          where provider = $1 and event_id = $2 and status = 'RECEIVED' for update skip locked",
    )
    .bind(provider)
    .bind(event_id)
    .fetch_optional(conn)
    .await
}

/// Every message that waits.
pub(super) async fn waiting_events(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from payment_events
          where status = 'RECEIVED' and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// A message that waits: its provider, and the provider's id of it.
pub(super) async fn waiting_event(conn: &mut PgConnection, id: PaymentEventId) -> sqlx::Result<Option<(String, String)>> {
    sqlx::query_as("select provider, event_id from payment_events where id = $1 and status = 'RECEIVED'").bind(id).fetch_optional(conn).await
}

pub(super) async fn settle_event(
    conn: &mut PgConnection,
    id: PaymentEventId,
    status: EventStatus,
    reason: Option<&str>,
    checkout: Option<CheckoutId>,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query("update payment_events set status = $2, reason = $3, checkout_session_id = $4, processed_at = $5 where id = $1")
        .bind(id)
        .bind(status.as_str())
        .bind(reason)
        .bind(checkout)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn lock(conn: &mut PgConnection, id: CheckoutId) -> sqlx::Result<Option<Row>> {
    sqlx::query_as::<_, Row>(
        "select id, plan_code, billing_cycle, email, country, domain, site_title, add_ons, currency, net, tax, tax_rate_bp, tax_treatment, total, lines,
                coupon_id, trial_days, address, company, vat_number, vat_status, vat_checked_at, vat_consultation, status, provider, provider_ref,
                job_id, created_at, expires_at
           from checkout_sessions where id = $1 for update",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

pub(super) async fn set_status(conn: &mut PgConnection, id: CheckoutId, status: CheckoutStatus) -> sqlx::Result<()> {
    sqlx::query("update checkout_sessions set status = $2 where id = $1").bind(id).bind(status).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_paid(
    conn: &mut PgConnection,
    id: CheckoutId,
    tenant: TenantId,
    pod: CloudPodId,
    job: JobId,
    provider_ref: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update checkout_sessions set status = 'PAID', tenant_id = $2, cloud_pod_id = $3, job_id = $4,
                provider_ref = coalesce(provider_ref, $5) where id = $1",
    )
    .bind(id)
    .bind(tenant)
    .bind(pod)
    .bind(job)
    .bind(provider_ref)
    .execute(conn)
    .await?;
    Ok(())
}

/// Every checkout that is open.
pub(super) async fn open_checkouts(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select id as key, null::uuid as server from checkout_sessions
          where status = 'OPEN' and ($1::uuid is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// Until when a provider's list of messages was read.
pub(super) async fn polled_to(conn: &mut PgConnection, provider: &str) -> sqlx::Result<Option<Time>> {
    sqlx::query_scalar("select polled_to from payment_polls where provider = $1").bind(provider).fetch_optional(conn).await
}

pub(super) async fn set_polled_to(conn: &mut PgConnection, provider: &str, at: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into payment_polls (provider, polled_to) values ($1, $2)
         on conflict (provider) do update set polled_to = greatest(payment_polls.polled_to, excluded.polled_to)",
    )
    .bind(provider)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The one object of the poll.
pub(super) async fn poll(conn: &mut PgConnection, key: Uuid, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as("select $1::uuid as key, null::uuid as server where $2::uuid is null or $2 < $1").bind(key).bind(after).fetch_all(conn).await
}

/// Closes a checkout that was open beyond this time. Answers with the plan of one that stays open.
pub(super) async fn expire(conn: &mut PgConnection, id: CheckoutId, before: Time) -> sqlx::Result<Option<String>> {
    sqlx::query("update checkout_sessions set status = 'EXPIRED' where id = $1 and status = 'OPEN' and expires_at < $2")
        .bind(id)
        .bind(before)
        .execute(&mut *conn)
        .await?;
    sqlx::query_scalar("select plan_code from checkout_sessions where id = $1 and status = 'OPEN'").bind(id).fetch_optional(conn).await
}
