//! Orders of domains, as the pages and the API have them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::registrations::{DomainOrderInput, DomainQuote, FoundName, OrderedDomain, RestoreInput, RestoreQuote},
    ids::DomainRegistrationId,
};

/// Asks the registry for names like this one, and returns them with their prices. For a transfer the name is looked up as it is, with its ending.
#[operation("/api/tenant/domains/registrations", "search", tenant(DomainsRead))]
pub async fn search_domains(slug: String, query: String, is_transfer: Option<bool>) -> Result<Vec<FoundName>, AppError> {
    Ok(core_billing::registrations::search(&app_auth::services()?, tx, &query, is_transfer.unwrap_or_default()).await?)
}

/// Returns what an order of a domain, or of its transfer, costs as of now, and the card that is charged.
#[operation("/api/tenant/domains/registrations", "quote", tenant(SubscriptionsWrite))]
pub async fn quote_domain(slug: String, domain: String, is_transfer: Option<bool>) -> Result<DomainQuote, AppError> {
    Ok(core_billing::registrations::quote(&app_auth::services()?, tx, &domain, is_transfer.unwrap_or_default()).await?)
}

/// Orders a domain, or with its authorization code its transfer, as quoted: `total`, `due` and `total_then` are the quote's sums. It is registered
/// once its invoice is paid; a saved card is charged at once.
#[operation("/api/tenant/domains/registrations", "order", tenant(SubscriptionsWrite))]
pub async fn order_domain(slug: String, input: DomainOrderInput) -> Result<OrderedDomain, AppError> {
    Ok(core_billing::registrations::order(&app_auth::services()?, tx, &input).await?)
}

/// Returns what it costs to have a deleted domain restored, or one renewed whose subscription has ended; nothing where that is not offered.
#[operation("/api/tenant/domains/registrations", "quote_restore", tenant(SubscriptionsWrite))]
pub async fn quote_domain_restore(slug: String, id: DomainRegistrationId) -> Result<Option<RestoreQuote>, AppError> {
    Ok(core_billing::registrations::quote_restore(&app_auth::services()?, tx, id).await?)
}

/// Orders a domain to be restored or renewed, as quoted: `total`, `due` and `total_then` are the quote's sums. The registry is asked for it once its
/// invoice is paid; a saved card is charged at once.
#[operation("/api/tenant/domains/registrations", "order_restore", tenant(SubscriptionsWrite))]
pub async fn order_domain_restore(slug: String, id: DomainRegistrationId, input: RestoreInput) -> Result<OrderedDomain, AppError> {
    Ok(core_billing::registrations::order_restore(&app_auth::services()?, tx, id, &input).await?)
}
