//! Domains, as the pages and the API have them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::domains::{DomainRow, DomainView, NameCheck, OfferedDomain, ReservationRow, ResolverAnswer},
    ids::{DomainId, DomainOfferId, JobId, WebsiteId},
    page::{Page, PageRequest},
};

/// Domains that are served without a proof of who owns them, newest first.
#[operation("/api/admin/hosting/domains", "list", platform(DomainsRead))]
pub async fn list_reservations(request: PageRequest) -> Result<Page<ReservationRow>, AppError> {
    Ok(core_hosting::domains::list(&mut tx, &request).await?)
}

/// Releases a reserved domain, so that somebody else can order it. Its CloudPod has to be offline.
#[operation("/api/admin/hosting/domains", "release", platform(DomainsManage))]
pub async fn release_reservation(domain: String) -> Result<(), AppError> {
    Ok(core_hosting::domains::release(&app_auth::services()?, tx, &domain).await?)
}

/// Lists the domains that customers have connected, newest first.
#[operation("/api/admin/domains", "list", platform(DomainsRead))]
pub async fn list_domains(request: PageRequest) -> Result<Page<DomainRow>, AppError> {
    Ok(core_hosting::domains::list_connected(&mut tx, &request).await?)
}

/// Returns a connected domain, with the names at or below it that lead to sites.
#[operation("/api/admin/domains", "get", platform(DomainsRead))]
pub async fn read_domain(id: DomainId) -> Result<DomainView, AppError> {
    Ok(core_hosting::domains::get(&mut tx, id).await?)
}

/// Lists the domains that a tenant has connected, newest first.
#[operation("/api/tenant/domains", "list", tenant(DomainsRead))]
pub async fn list_own_domains(slug: String, request: PageRequest) -> Result<Page<DomainRow>, AppError> {
    Ok(core_hosting::domains::list_own(&mut tx, &request).await?)
}

/// Returns a connected domain of a tenant, with the record that proves it and the names that lead to sites.
#[operation("/api/tenant/domains", "get", tenant(DomainsRead))]
pub async fn read_own_domain(slug: String, id: DomainId) -> Result<DomainView, AppError> {
    Ok(core_hosting::domains::get_own(&mut tx, id).await?)
}

/// Connects a domain. It can be used once its TXT record was found.
#[operation("/api/tenant/domains", "connect", tenant(DomainsWrite))]
pub async fn connect_domain(slug: String, name: String) -> Result<DomainId, AppError> {
    Ok(core_hosting::domains::connect(&app_auth::services()?, tx, &name).await?)
}

/// Looks for the TXT record of a domain now.
#[operation("/api/tenant/domains", "check", tenant(DomainsWrite))]
pub async fn check_domain(slug: String, id: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::domains::check_now(&app_auth::services()?, tx, id).await?)
}

/// Returns the current answer of each resolver for the TXT record of a domain. It does not verify the domain: `check` does.
#[operation("/api/tenant/domains", "check_proof", tenant(DomainsRead))]
pub async fn check_domain_proof(slug: String, id: DomainId) -> Result<Vec<ResolverAnswer>, AppError> {
    Ok(core_hosting::domains::check_proof(&app_auth::services()?, tx, id).await?)
}

/// Returns what the names of a domain resolve to now, with the answer of each resolver.
#[operation("/api/tenant/domains", "check_names", tenant(DomainsRead))]
pub async fn check_domain_names(slug: String, id: DomainId) -> Result<Vec<NameCheck>, AppError> {
    Ok(core_hosting::domains::check_names(&app_auth::services()?, tx, id).await?)
}

/// Lets a name at or below a domain lead to a site. Returns the job, if its CloudPod runs.
#[operation("/api/tenant/domains", "add_name", tenant(DomainsWrite))]
pub async fn add_domain_name(slug: String, id: DomainId, name: String, site: WebsiteId) -> Result<Option<JobId>, AppError> {
    Ok(core_hosting::domains::add_name(&app_auth::services()?, tx, id, &name, site).await?)
}

/// Lets a name no longer lead to a site. Returns the job, if its CloudPod runs.
#[operation("/api/tenant/domains", "remove_name", tenant(DomainsWrite))]
pub async fn remove_domain_name(slug: String, name: String) -> Result<Option<JobId>, AppError> {
    Ok(core_hosting::domains::remove_name(&app_auth::services()?, tx, &name).await?)
}

/// Disconnects a domain. Somebody else may prove it then.
#[operation("/api/tenant/domains", "remove", tenant(DomainsWrite))]
pub async fn disconnect_domain(slug: String, id: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::domains::disconnect(&app_auth::services()?, tx, id).await?)
}

/// Offers a verified domain to another account, named by its ID or its billing email. `confirm_name` is the domain.
#[operation("/api/tenant/domains/transfers", "offer", tenant(DomainsTransfer))]
pub async fn offer_domain(slug: String, domain: DomainId, account: String, confirm_name: String) -> Result<DomainOfferId, AppError> {
    Ok(core_hosting::domains::offer(&app_auth::services()?, tx, domain, &account, &confirm_name).await?)
}

/// Withdraws the offer of a domain.
#[operation("/api/tenant/domains/transfers", "withdraw", tenant(DomainsWrite))]
pub async fn withdraw_domain_offer(slug: String, domain: DomainId) -> Result<(), AppError> {
    Ok(core_hosting::domains::withdraw(&app_auth::services()?, tx, domain).await?)
}

/// Lists the domains that other accounts offer to this one.
#[operation("/api/tenant/domains/transfers", "list", tenant(DomainsRead))]
pub async fn list_offered_domains(slug: String) -> Result<Vec<OfferedDomain>, AppError> {
    Ok(core_hosting::domains::list_offered(&app_auth::services()?, &mut tx).await?)
}

/// Accepts an offered domain, with its DNS zone if it has one here. Returns the domain.
#[operation("/api/tenant/domains/transfers", "accept", tenant(DomainsWrite))]
pub async fn accept_domain(slug: String, offer: DomainOfferId) -> Result<DomainId, AppError> {
    Ok(core_hosting::domains::accept(&app_auth::services()?, tx, offer).await?)
}

/// Declines an offered domain.
#[operation("/api/tenant/domains/transfers", "decline", tenant(DomainsWrite))]
pub async fn decline_domain(slug: String, offer: DomainOfferId) -> Result<(), AppError> {
    Ok(core_hosting::domains::decline(&app_auth::services()?, tx, offer).await?)
}
