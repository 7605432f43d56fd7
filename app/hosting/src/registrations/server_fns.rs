//! Registered domains, as the pages and the API have them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    hosting::registrations::{HolderInput, RegistrationRow, RegistrationView},
    ids::DomainRegistrationId,
    page::{Page, PageRequest},
};

/// Lists the registrations of all customers, newest first.
#[operation("/api/admin/domains/registrations", "list", platform(DomainsRead))]
pub async fn list_registrations(request: PageRequest) -> Result<Page<RegistrationRow>, AppError> {
    Ok(core_hosting::registrations::list(&mut tx, &request).await?)
}

/// Returns a registration.
#[operation("/api/admin/domains/registrations", "get", platform(DomainsRead))]
pub async fn read_registration(id: DomainRegistrationId) -> Result<RegistrationView, AppError> {
    Ok(core_hosting::registrations::get(&mut tx, id).await?)
}

/// Returns whether a registry is configured.
#[operation("/api/admin/domains/registrations", "is_offered", platform(DomainsRead))]
pub async fn is_registration_offered() -> Result<bool, AppError> {
    drop(tx);
    Ok(core_hosting::registrations::is_offered(&app_auth::services()?))
}

/// Returns whether domains can be registered and transferred here.
#[operation("/api/tenant/domains/registrations", "is_offered", tenant(DomainsRead))]
pub async fn can_register_domains(slug: String) -> Result<bool, AppError> {
    drop(tx);
    Ok(core_hosting::registrations::is_offered(&app_auth::services()?))
}

/// Lists the registrations of a tenant, newest first.
#[operation("/api/tenant/domains/registrations", "list", tenant(DomainsRead))]
pub async fn list_own_registrations(slug: String, request: PageRequest) -> Result<Page<RegistrationRow>, AppError> {
    Ok(core_hosting::registrations::list_own(&mut tx, &request).await?)
}

/// Returns a registration of a tenant.
#[operation("/api/tenant/domains/registrations", "get", tenant(DomainsRead))]
pub async fn read_own_registration(slug: String, id: DomainRegistrationId) -> Result<RegistrationView, AppError> {
    Ok(core_hosting::registrations::get_own(&mut tx, id).await?)
}

/// Turns the transfer lock of a domain on or off.
#[operation("/api/tenant/domains/registrations", "set_lock", tenant(DomainsWrite))]
pub async fn set_domain_lock(slug: String, id: DomainRegistrationId, is_locked: bool) -> Result<(), AppError> {
    Ok(core_hosting::registrations::set_lock(&app_auth::services()?, tx, id, is_locked).await?)
}

/// Sets the name servers of a domain, one a line; without any, the platform's own.
#[operation("/api/tenant/domains/registrations", "set_name_servers", tenant(DomainsWrite))]
pub async fn set_domain_name_servers(slug: String, id: DomainRegistrationId, name_servers: String) -> Result<(), AppError> {
    Ok(core_hosting::registrations::set_name_servers(&app_auth::services()?, tx, id, &name_servers).await?)
}

/// Changes who holds a domain.
#[operation("/api/tenant/domains/registrations", "set_holder", tenant(DomainsWrite))]
pub async fn set_domain_holder(slug: String, id: DomainRegistrationId, holder: HolderInput) -> Result<(), AppError> {
    Ok(core_hosting::registrations::set_holder(&app_auth::services()?, tx, id, &holder).await?)
}

/// Cancels the transfer of a domain to a tenant, while the other registrar has not decided.
#[operation("/api/tenant/domains/registrations", "cancel_transfer", tenant(DomainsTransfer))]
pub async fn cancel_domain_transfer(slug: String, id: DomainRegistrationId) -> Result<(), AppError> {
    Ok(core_hosting::registrations::cancel_transfer(&app_auth::services()?, tx, id).await?)
}

/// Makes a new authorization code for a domain and returns it. The former one ends.
#[operation("/api/tenant/domains/registrations", "reveal_code", tenant(DomainsTransfer))]
pub async fn reveal_domain_code(slug: String, id: DomainRegistrationId) -> Result<String, AppError> {
    Ok(core_hosting::registrations::reveal_code(&app_auth::services()?, tx, id).await?)
}
