//! Terms of payment, as staff read and set them.

use super::{queries, terms};
use crate::products;
use db::{AuditEvent, PlatformRead, PlatformTx};
use engine::{Error, Result, Services};
use model::{
    audit_action::AuditAction,
    billing::{
        dunning::{PaymentTermsInput, PaymentTermsList},
        products::ProductType,
    },
    ids::ProductId,
    permission::{BillingManage, BillingRead},
};
use serde_json::json;
use sqlx::PgConnection;

/// Most attempts to charge one invoice.
const MAX_ATTEMPTS: usize = 10;

/// The terms that hold now: first those of every product without terms of its own, then the others by the product's name.
///
/// # Errors
/// When PostgreSQL does not answer.
pub async fn list(tx: &mut impl PlatformRead<BillingRead>) -> Result<PaymentTermsList> {
    let mut terms: Vec<_> = queries::current(tx.conn()).await?.into_iter().map(queries::TermsRow::view).collect();
    if terms.first().is_none_or(|first| first.product_code.is_some()) {
        terms.insert(0, terms::default_view());
    }
    Ok(PaymentTermsList { terms, without: queries::plans_without_terms(tx.conn()).await? })
}

/// Sets the terms of a product, or of every product without terms of its own. They hold for invoices that are issued from now on.
///
/// # Errors
/// On the fields that are not right.
pub async fn set(services: &Services, mut tx: PlatformTx<BillingManage>, input: &PaymentTermsInput) -> Result<()> {
    let attempts = check(input)?;
    let code = input.product_code.trim();
    let product = if code.is_empty() { None } else { Some(plan(tx.conn(), code).await?) };
    let before = replaced(services, &mut tx, product.as_ref()).await?;
    let new = queries::NewTerms { product: product.as_ref().map(|(id, _)| *id), input, attempts: &attempts, at: services.now() };
    queries::insert_terms(tx.conn(), &new).await?;
    let after = json!({ "invoice_lead_days": input.invoice_lead_days, "attempt_days": attempts,
        "suspend_after_days": input.suspend_after_days, "terminate_after_days": input.terminate_after_days });
    Ok(tx.commit(event(product.as_ref()).before(before).after(after)).await?)
}

/// Takes the terms of a product away: those of every product without terms of its own hold for it from now on.
///
/// # Errors
/// Not found when it has none.
pub async fn remove(services: &Services, mut tx: PlatformTx<BillingManage>, code: &str) -> Result<()> {
    let product = plan(tx.conn(), code).await?;
    let before = replaced(services, &mut tx, Some(&product)).await?;
    if before.is_null() {
        return Err(Error::not_found("Payment terms of this product"));
    }
    Ok(tx.commit(event(Some(&product)).before(before)).await?)
}

/// Ends what holds for this product, and answers with it.
async fn replaced(services: &Services, tx: &mut PlatformTx<BillingManage>, product: Option<&(ProductId, String)>) -> Result<serde_json::Value> {
    queries::lock_terms(tx.conn()).await?;
    let ended = queries::end_terms(tx.conn(), product.map(|(id, _)| *id), services.now()).await?;
    Ok(ended.map_or(serde_json::Value::Null, |ended| ended.0))
}

async fn plan(conn: &mut PgConnection, code: &str) -> Result<(ProductId, String)> {
    let row = products::queries::by_code(conn, code).await?.ok_or_else(|| Error::field("product_code", "Product not found."))?;
    let product = row.view()?;
    if product.kind != ProductType::Cloudpod {
        return Err(Error::field("product_code", "An add-on is invoiced with its plan. Select a plan."));
    }
    Ok((product.id, product.name))
}

fn event(product: Option<&(ProductId, String)>) -> AuditEvent {
    let (id, name) = product.map_or_else(|| ("default".to_owned(), "All products".to_owned()), |(id, name)| (id.to_string(), name.clone()));
    AuditEvent::new(AuditAction::PaymentTermsUpdated, "payment_terms", id, name)
}

/// Days on which the card is charged.
fn check(input: &PaymentTermsInput) -> Result<Vec<i32>> {
    let between = |field: &str, value: i32, least: i32, most: i32| {
        if (least..=most).contains(&value) { Ok(()) } else { Err(Error::field(field, format!("Enter {least} to {most} days."))) }
    };
    between("invoice_lead_days", input.invoice_lead_days, 0, 27)?;
    between("suspend_after_days", input.suspend_after_days, 1, 180)?;
    between("terminate_after_days", input.terminate_after_days, 1, 365)?;
    let wrong = |message: String| Error::field("attempt_days", message);
    let days: Result<Vec<i32>, _> = input.attempt_days.split(',').map(|day| day.trim().parse::<i32>()).collect();
    let days = days.map_err(|_| wrong("Enter whole days separated by commas, for example 0, 3, 5, 7.".to_owned()))?;
    if days.len() > MAX_ATTEMPTS {
        return Err(wrong(format!("Enter at most {MAX_ATTEMPTS} attempts.")));
    }
    if days.first().is_some_and(|first| *first < 0) || days.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(wrong("Each attempt must be later than the one before it.".to_owned()));
    }
    if days.last().is_some_and(|last| *last >= input.suspend_after_days) {
        return Err(wrong("The last attempt must be before the suspension.".to_owned()));
    }
    Ok(days)
}
