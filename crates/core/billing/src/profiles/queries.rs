//! SQL of billing profiles.

use super::{input::Checked, visitor::StatedNumber};
use crate::tax::{self, TaxDecision};
use engine::{
    reconcile::{OBJECTS_PER_PAGE, Object},
    settings::Settings,
};
use model::{
    Time,
    billing::{
        invoices::Party,
        profiles::{BillingProfile, VatCheck, VatStatus},
    },
    ids::TenantId,
};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

/// A profile as it is stored, or what an account without one is invoiced by.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub account: String,
    pub country: String,
    name: String,
    address: String,
    billing_email: String,
    contacts: Vec<String>,
    vat_number: Option<String>,
    vat_status: Option<VatStatus>,
    vat_checked_at: Option<Time>,
    vat_consultation: String,
    card_country: Option<String>,
}

impl Row {
    /// The VAT number, if VIES has confirmed it.
    pub fn confirmed_number(&self) -> Option<&str> {
        self.vat_number.as_deref().filter(|_| self.vat_status == Some(VatStatus::Confirmed))
    }

    /// The tax from then on, with what the card says of the country.
    pub fn tax(&self, settings: &Settings, tax_point: Time) -> TaxDecision {
        tax::decide_with_card(settings, &self.country, self.confirmed_number(), self.card_country.as_deref(), tax_point)
    }

    /// As the pages show it.
    pub fn view(self, tenant: TenantId, tax: &TaxDecision) -> BillingProfile {
        let check = |status| VatCheck { status, checked_at: self.vat_checked_at, consultation: self.vat_consultation };
        BillingProfile {
            tenant,
            account: self.account,
            name: self.name,
            address: self.address,
            country: self.country,
            vat_number: self.vat_number.unwrap_or_default(),
            vat: self.vat_status.map(check),
            contacts: self.contacts,
            tax_rate_bp: tax.rate_bp,
            tax_treatment: tax.treatment,
        }
    }

    /// As the audit log keeps it.
    pub fn recorded(&self) -> Value {
        json!({
            "name": self.name,
            "address": self.address,
            "country": self.country,
            "vat_number": self.vat_number,
            "contacts": self.contacts,
        })
    }
}

/// Who is invoiced.
#[derive(Clone, Debug)]
pub(crate) struct Buyer {
    /// As an invoice copies it.
    pub party: Party,
    /// The VAT number, if VIES has confirmed it.
    pub vat_number: Option<String>,
    /// Country of the card that is charged first, if it is known.
    card_country: Option<String>,
}

impl Buyer {
    /// The tax on an invoice with this tax point.
    pub fn tax(&self, settings: &Settings, tax_point: Time) -> TaxDecision {
        tax::decide_with_card(settings, &self.party.country, self.vat_number.as_deref(), self.card_country.as_deref(), tax_point)
    }
}

pub(super) async fn one(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        "select t.name as account, coalesce(p.name, t.name) as name, coalesce(p.address, t.address) as address,
                coalesce(p.country, t.country) as country, t.billing_email, coalesce(p.contacts, '{}') as contacts, p.vat_number, p.vat_status,
                p.vat_checked_at, coalesce(p.vat_consultation, '') as vat_consultation,
                (select m.country from payment_methods m
                  where m.tenant_id = t.id and m.status = 'ACTIVE' order by m.preferred_at desc, m.id desc limit 1) as card_country
           from tenants t left join billing_profiles p on p.tenant_id = t.id where t.id = $1",
    )
    .bind(tenant)
    .fetch_optional(conn)
    .await
}

/// Who is invoiced from now on. A number that VIES does not know is not printed.
pub(crate) async fn buyer(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Buyer> {
    let row = one(conn, tenant).await?.ok_or(sqlx::Error::RowNotFound)?;
    let vat_number = row.confirmed_number().map(str::to_owned);
    let printed = row.vat_number.filter(|_| row.vat_status != Some(VatStatus::Rejected));
    let email = row.contacts.into_iter().next().unwrap_or(row.billing_email);
    let party = Party { name: row.name, address: row.address, country: row.country, email, tax_number: printed.unwrap_or_default(), bank: None };
    Ok(Buyer { party, vat_number, card_country: row.card_country })
}

/// The name in an account's addresses, and the email addresses that mail about invoices goes to: at least one.
pub(crate) async fn contacts(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<(String, Vec<String>)> {
    sqlx::query_as(
        "select t.slug, case when cardinality(p.contacts) > 0 then p.contacts else array[t.billing_email] end
           from tenants t left join billing_profiles p on p.tenant_id = t.id where t.id = $1",
    )
    .bind(tenant)
    .fetch_one(conn)
    .await
}

/// Stores a profile. What VIES said about a number is kept as long as the number is.
pub(super) async fn upsert(conn: &mut PgConnection, tenant: TenantId, new: &Checked, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_profiles as p (id, tenant_id, name, address, country, vat_number, vat_status, contacts, updated_at)
         values ($1, $2, $3, $4, $5, $6, case when $6::text is not null then 'PENDING' end, $7, $8)
         on conflict (tenant_id) do update set
           name = excluded.name, address = excluded.address, country = excluded.country, contacts = excluded.contacts,
           updated_at = excluded.updated_at, vat_number = excluded.vat_number,
           vat_status = case when p.vat_number = excluded.vat_number then p.vat_status else excluded.vat_status end,
           vat_checked_at = case when p.vat_number = excluded.vat_number then p.vat_checked_at end,
           vat_consultation = case when p.vat_number = excluded.vat_number then p.vat_consultation else '' end",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(&new.name)
    .bind(&new.address)
    .bind(&new.country)
    .bind(&new.vat_number)
    .bind(&new.contacts)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// The first profile of an account, of what an order says.
pub(super) async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    company: Option<&str>,
    address: Option<&str>,
    vat: Option<&StatedNumber>,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_profiles (id, tenant_id, name, address, country, vat_number, vat_status, vat_checked_at, vat_consultation, updated_at)
         select $1, id, coalesce($3, name), coalesce($4, address), country, $5, $6, $7, $8, $9 from tenants where id = $2",
    )
    .bind(Uuid::now_v7())
    .bind(tenant)
    .bind(company)
    .bind(address)
    .bind(vat.map(|vat| &vat.number))
    .bind(vat.map(|vat| vat.status))
    .bind(vat.and_then(|vat| vat.checked_at))
    .bind(vat.map_or("", |vat| &vat.consultation))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// What VIES has said about a number.
#[derive(sqlx::FromRow)]
pub(super) struct Answer {
    pub is_valid: bool,
    pub consultation: String,
    pub answered_at: Time,
}

/// What VIES has said about a visitor's number since then.
pub(super) async fn answer(conn: &mut PgConnection, number: &str, since: Time) -> sqlx::Result<Option<Answer>> {
    sqlx::query_as("select is_valid, consultation, answered_at from vat_answer($1, $2)").bind(number).bind(since).fetch_optional(conn).await
}

pub(super) async fn note_answer(conn: &mut PgConnection, number: &str, is_valid: bool, consultation: &str, at: Time) -> sqlx::Result<()> {
    sqlx::query("select vat_answered($1, $2, $3, $4)").bind(number).bind(is_valid).bind(consultation).bind(at).execute(conn).await?;
    Ok(())
}

/// Notes that a peer has a number asked about; how many questions it has had since then. Nothing when somebody asked about it a moment ago.
pub(super) async fn note_question(conn: &mut PgConnection, peer: &str, number: &str, since: Time, now: Time) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("select vat_asked($1, $2, $3, $4)").bind(peer).bind(number).bind(since).bind(now).fetch_one(conn).await
}

/// Accounts with a VAT number.
pub(super) async fn with_numbers(conn: &mut PgConnection, after: Option<Uuid>) -> sqlx::Result<Vec<Object>> {
    sqlx::query_as(
        "select tenant_id as key, null::uuid as server from billing_profiles
          where vat_number is not null and ($1::uuid is null or tenant_id > $1) order by tenant_id limit $2",
    )
    .bind(after)
    .bind(OBJECTS_PER_PAGE)
    .fetch_all(conn)
    .await
}

/// A number to be asked about.
#[derive(sqlx::FromRow)]
pub(super) struct Number {
    pub account: String,
    pub vat_number: String,
}

pub(super) async fn number(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Option<Number>> {
    sqlx::query_as(
        "select t.name as account, p.vat_number from billing_profiles p join tenants t on t.id = p.tenant_id
          where p.tenant_id = $1 and p.vat_number is not null",
    )
    .bind(tenant)
    .fetch_optional(conn)
    .await
}

/// Keeps an answer of VIES, and says what was known before; nothing when the number is another one by now.
pub(super) async fn set_checked(
    conn: &mut PgConnection,
    tenant: TenantId,
    number: &str,
    status: VatStatus,
    consultation: &str,
    at: Time,
) -> sqlx::Result<Option<VatStatus>> {
    sqlx::query_scalar(
        "update billing_profiles p set vat_status = $3, vat_consultation = $4, vat_checked_at = $5
           from (select id, vat_status from billing_profiles where tenant_id = $1 and vat_number = $2 for update) before
          where p.id = before.id returning before.vat_status",
    )
    .bind(tenant)
    .bind(number)
    .bind(status)
    .bind(consultation)
    .bind(at)
    .fetch_optional(conn)
    .await
}
