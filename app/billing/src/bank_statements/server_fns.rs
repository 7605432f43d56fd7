//! Bank statements as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    billing::bank_statements::{BankEntryRow, StatementImport, StatementInput},
    ids::BankEntryId,
    page::{Page, PageRequest},
};

/// Lists entries of bank statements, newest first. `state` may be their status.
#[operation("/api/admin/billing/bank_statements", "list", platform(BillingRead))]
pub async fn list_bank_entries(request: PageRequest) -> Result<Page<BankEntryRow>, AppError> {
    Ok(core_billing::bank_statements::list(&mut tx, &request).await?)
}

/// Imports a bank statement (CAMT.053 or CSV) and books the entries that name an open invoice. An entry is imported once.
#[operation("/api/admin/billing/bank_statements", "import", platform(BillingManage))]
pub async fn import_bank_statement(input: StatementInput) -> Result<StatementImport, AppError> {
    Ok(core_billing::bank_statements::import(&app_auth::services()?, tx, &input).await?)
}

/// Books an entry for the invoice of this number, or for a customer's account.
#[operation("/api/admin/billing/bank_statements", "assign", platform(BillingManage))]
pub async fn assign_bank_entry(id: BankEntryId, invoice_number: String, customer: String) -> Result<(), AppError> {
    Ok(core_billing::bank_statements::assign(&app_auth::services()?, tx, id, &invoice_number, &customer).await?)
}

/// Has an entry take back the payment that it reverses: the transfer of its amount that was booked for the invoice of this number, or the one that
/// was suggested.
#[operation("/api/admin/billing/bank_statements", "take_back", platform(BillingManage))]
pub async fn take_back_bank_entry(id: BankEntryId, invoice_number: String) -> Result<(), AppError> {
    Ok(core_billing::bank_statements::take_back(&app_auth::services()?, tx, id, &invoice_number).await?)
}

/// Notes that an entry is no payment of a customer.
#[operation("/api/admin/billing/bank_statements", "ignore", platform(BillingManage))]
pub async fn ignore_bank_entry(id: BankEntryId, reason: String) -> Result<(), AppError> {
    Ok(core_billing::bank_statements::ignore(&app_auth::services()?, tx, id, &reason).await?)
}
