//! The ledger: what each account owes and has paid, in each currency. Append-only; the balance is the sum.
//!
//! - An invoice charges the account; payments and credit notes take from what it owes.
//! - A payment or credit settles invoices by allocations. What is not allocated is the account's credit, used for the next invoice, the oldest
//!   first.
//! - An invoice's open amount is its total less its allocations. It is never stored.
//!
//! Whoever writes here has locked the account ([`lock`]), so that no credit is used twice.

mod queries;

use engine::Result;
use model::{
    Time,
    ids::{InvoiceId, PaymentId, RefundId, TenantId},
    money::{Currency, Money},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// A payment or credit in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryId(pub(crate) Uuid);

/// Locks the account against other changes of its ledger until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection, tenant: TenantId) -> Result<()> {
    Ok(queries::lock(conn, tenant).await?)
}

/// The account owes an invoice. Nothing is written for an invoice of nothing.
pub(crate) async fn charge(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId, amount: Money, at: Time) -> Result<()> {
    if amount.minor > 0 {
        queries::insert(conn, Uuid::now_v7(), tenant, "CHARGE", amount, Some(invoice), None, at).await?;
    }
    Ok(())
}

/// A payment was received.
pub(crate) async fn pay(conn: &mut PgConnection, tenant: TenantId, payment: PaymentId, amount: Money, at: Time) -> Result<EntryId> {
    let id = Uuid::now_v7();
    queries::insert(conn, id, tenant, "PAYMENT", Money::new(-amount.minor, amount.currency), None, Some(payment), at).await?;
    Ok(EntryId(id))
}

/// A payment that was received is taken back: the account owes its amount again, what it has paid is open again, and nothing of it is left.
/// Answers with the invoices that it had paid, and how much of each.
pub(crate) async fn take_back_payment(
    conn: &mut PgConnection,
    tenant: TenantId,
    payment: PaymentId,
    amount: Money,
    at: Time,
) -> Result<Vec<(InvoiceId, i64)>> {
    let entry = queries::payment_entry(&mut *conn, payment).await?;
    let paid = queries::allocated(&mut *conn, entry).await?;
    for (invoice, part) in &paid {
        queries::insert_allocation(&mut *conn, Uuid::now_v7(), tenant, entry, *invoice, -part, at).await?;
    }
    let back = Uuid::now_v7();
    queries::insert(&mut *conn, back, tenant, "RETURN", amount, None, Some(payment), at).await?;
    queries::allocate_to_return(conn, Uuid::now_v7(), tenant, entry, back, amount.minor, at).await?;
    Ok(paid)
}

/// Uses this much of the account's credit for an invoice that is void: what a credit note has credited of it beyond what was paid. Answers with
/// what is missing.
pub(crate) async fn cover_void(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId, amount: Money, at: Time) -> Result<i64> {
    let mut missing = amount.minor;
    for entry in queries::entries_with_credit(&mut *conn, tenant, amount.currency).await? {
        let part = queries::unallocated(&mut *conn, entry).await?.min(missing);
        if part > 0 {
            queries::insert_allocation(&mut *conn, Uuid::now_v7(), tenant, entry, invoice, part, at).await?;
            missing -= part;
        }
    }
    Ok(missing)
}

/// A credit note was issued. `amount` is positive.
pub(crate) async fn credit(conn: &mut PgConnection, tenant: TenantId, credit_note: InvoiceId, amount: Money, at: Time) -> Result<EntryId> {
    let id = Uuid::now_v7();
    queries::insert(conn, id, tenant, "CREDIT", Money::new(-amount.minor, amount.currency), Some(credit_note), None, at).await?;
    Ok(EntryId(id))
}

/// What is left of the credit that a credit note has given, in entries: its own, and those of its refunds that failed.
pub(crate) async fn credit_left(conn: &mut PgConnection, credit_note: InvoiceId) -> Result<Vec<(EntryId, i64)>> {
    let found = queries::credit_left(conn, credit_note).await?;
    Ok(found.into_iter().map(|(entry, left)| (EntryId(entry), left)).collect())
}

/// A refund takes from what is left of these entries, in turn: it cannot be used for anything else from now on.
pub(crate) async fn refund(
    conn: &mut PgConnection,
    tenant: TenantId,
    credits: &[(EntryId, i64)],
    refund: RefundId,
    amount: Money,
    at: Time,
) -> Result<()> {
    queries::insert_refund(&mut *conn, Uuid::now_v7(), tenant, refund, amount, at).await?;
    let mut rest = amount.minor;
    for (entry, left) in credits {
        let part = rest.min(*left);
        if part > 0 {
            queries::allocate_to_refund(&mut *conn, Uuid::now_v7(), tenant, entry.0, refund, part, at).await?;
            rest -= part;
        }
    }
    Ok(())
}

/// A refund failed: the account has its credit again.
pub(crate) async fn take_back_refund(conn: &mut PgConnection, tenant: TenantId, refund: RefundId, amount: Money, at: Time) -> Result<()> {
    let back = Money::new(-amount.minor, amount.currency);
    Ok(queries::insert_refund(conn, Uuid::now_v7(), tenant, refund, back, at).await?)
}

/// What an invoice has open is given up.
pub(crate) async fn write_off(
    conn: &mut PgConnection,
    tenant: TenantId,
    invoice: InvoiceId,
    amount: Money,
    reason: &str,
    at: Time,
) -> Result<EntryId> {
    let id = Uuid::now_v7();
    queries::insert_write_off(conn, id, tenant, invoice, Money::new(-amount.minor, amount.currency), reason, at).await?;
    Ok(EntryId(id))
}

/// Uses as much of a payment or credit for an invoice as both have left. Answers with what was used, in minor units.
pub(crate) async fn allocate(conn: &mut PgConnection, tenant: TenantId, entry: EntryId, invoice: InvoiceId, at: Time) -> Result<i64> {
    let open = queries::open_amount(&mut *conn, invoice).await?;
    let left = queries::unallocated(&mut *conn, entry.0).await?;
    let amount = open.min(left);
    if amount > 0 {
        queries::insert_allocation(conn, Uuid::now_v7(), tenant, entry.0, invoice, amount, at).await?;
    }
    Ok(amount.max(0))
}

/// Uses the account's credit for an invoice, the oldest first. Answers with what was used, in minor units.
pub(crate) async fn use_credit(conn: &mut PgConnection, tenant: TenantId, invoice: InvoiceId, currency: Currency, at: Time) -> Result<i64> {
    let mut used = 0;
    for entry in queries::entries_with_credit(&mut *conn, tenant, currency).await? {
        let amount = allocate(&mut *conn, tenant, EntryId(entry), invoice, at).await?;
        if amount == 0 {
            break;
        }
        used += amount;
    }
    Ok(used)
}

/// What is left to pay of an invoice, in minor units.
pub(crate) async fn open_amount(conn: &mut PgConnection, invoice: InvoiceId) -> Result<i64> {
    Ok(queries::open_amount(conn, invoice).await?)
}

/// What an account has in credit: an amount for each currency that has any.
pub(crate) async fn credit_of(conn: &mut PgConnection, tenant: TenantId) -> Result<Vec<Money>> {
    let found = queries::credit_of(conn, tenant).await?;
    Ok(found.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect())
}
