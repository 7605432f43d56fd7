//! What a customer changes of a registered domain. The reconciler brings the registry to it.

use super::{holder, queries, queries::Registration, reconcile::DomainRegistrations, registrar, rules, search, search::own_name_servers, secrets};
use crate::domains;
use adapters::registrar::{AuthCode, DomainChange};
use db::{AuditEvent, Caller, SystemTx, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
    saga,
};
use model::{
    audit_action::AuditAction,
    hosting::registrations::{HolderInput, RegistrationStatus},
    ids::{DomainRegistrationId, TenantId},
    permission::{DomainsTransfer, DomainsWrite},
};
use serde_json::{Value, json};

/// Most name servers that registries take.
const MAX_NAME_SERVERS: usize = 13;

async fn lock(services: &Services, caller: Caller, tenant: TenantId, id: DomainRegistrationId) -> Result<(SystemTx, Registration)> {
    let mut tx = services.db.system(caller).await?;
    let found = queries::lock(tx.conn(), id).await?.filter(|found| found.tenant_id == tenant).ok_or_else(|| Error::not_found("Registration"))?;
    if !found.is_registered() {
        return Err(Error::conflict(format!("{} is not registered here.", domains::display(&found.name))));
    }
    Ok((tx, found))
}

async fn changed(services: &Services, mut tx: SystemTx, found: &Registration, before: Value, after: Value) -> Result<()> {
    touch(tx.conn(), DomainRegistrations::NAME, found.id.0, services.now()).await?;
    let event = AuditEvent::new(AuditAction::DomainRegistrationChanged, "domain_registration", found.id, &found.name);
    Ok(tx.commit(event.in_tenant(found.tenant_id).before(before).after(after)).await?)
}

/// Keeps a domain of the open account from being transferred away, or lets it go.
///
/// # Errors
/// Not found; a conflict when it is not registered here.
pub async fn set_lock(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainRegistrationId, is_locked: bool) -> Result<()> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    let (mut tx, found) = lock(services, caller, tenant, id).await?;
    queries::set_locked(tx.conn(), id, is_locked).await?;
    changed(services, tx, &found, json!({ "is_locked": found.is_locked }), json!({ "is_locked": is_locked })).await
}

/// Sets the name servers of a domain of the open account: those that are typed, one a line; ours where nothing is typed.
///
/// # Errors
/// Not found; on field `name_servers`; a conflict when it is not registered here.
pub async fn set_name_servers(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainRegistrationId, typed: &str) -> Result<()> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    let (mut tx, found) = lock(services, caller, tenant, id).await?;
    let names = match typed.trim() {
        "" => own_name_servers(tx.conn()).await?,
        typed => read_name_servers(&found.name, typed).map_err(|message| Error::field("name_servers", message))?,
    };
    if names.is_empty() {
        return Err(Error::field("name_servers", "Enter at least two name servers, one per line."));
    }
    queries::set_name_servers(tx.conn(), id, &names).await?;
    changed(services, tx, &found, json!({ "name_servers": found.name_servers }), json!({ "name_servers": names })).await
}

fn read_name_servers(domain: &str, typed: &str) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    for line in typed.split([' ', ',', '\n', '\r']).filter(|line| !line.is_empty()) {
        let name = domains::read(line).map_err(|_| format!("{line} is not a host name."))?.as_str().to_owned();
        if name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) {
            return Err(format!("{line} is below the domain itself, and would need a glue record. Use name servers of another domain."));
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if (2..=MAX_NAME_SERVERS).contains(&names.len()) { Ok(names) } else { Err(format!("Enter 2 to {MAX_NAME_SERVERS} name servers, one per line.")) }
}

/// Changes who holds a domain of the open account.
///
/// # Errors
/// Not found; on the fields of the holder; a conflict when it is not registered here.
pub async fn set_holder(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainRegistrationId, typed: &HolderInput) -> Result<()> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    let (mut tx, found) = lock(services, caller, tenant, id).await?;
    let holder = holder::check(typed)?;
    queries::set_holder(tx.conn(), id, &holder).await?;
    // Names of fields only: the audit log is kept for longer than anybody needs the address of a former holder.
    touch(tx.conn(), DomainRegistrations::NAME, found.id.0, services.now()).await?;
    let event = AuditEvent::new(AuditAction::DomainRegistrationChanged, "domain_registration", found.id, &found.name);
    Ok(tx.commit(event.in_tenant(found.tenant_id).after(json!({ "holder": holder::changes(&found.holder, &holder) }))).await?)
}

/// Cancels the transfer of a domain to the open account, while the other registrar has not decided. The job of the transfer sees what the registry
/// says: a transfer that was approved meanwhile is not cancelled, and nothing is paid back.
///
/// # Errors
/// Not found; a conflict when no transfer is under way.
pub async fn cancel_transfer(services: &Services, tx: TenantTx<DomainsTransfer>, id: DomainRegistrationId) -> Result<()> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    // The job before its registration, as its steps lock them.
    if queries::get(tx.conn(), id).await?.is_some_and(|found| found.tenant_id == tenant && found.status == RegistrationStatus::Transferring)
        && let Some(job) = queries::job_of(tx.conn(), id).await?
    {
        saga::hasten(tx.conn(), job, services.now()).await?;
    }
    let found = queries::lock(tx.conn(), id).await?.filter(|found| found.tenant_id == tenant).ok_or_else(|| Error::not_found("Registration"))?;
    if found.status != RegistrationStatus::Transferring {
        return Err(Error::conflict(format!("No transfer of {} is under way.", domains::display(&found.name))));
    }
    let is_new = queries::set_transfer_cancelled(tx.conn(), id, services.now()).await?;
    tx.commit(AuditEvent::new(AuditAction::DomainTransferCancelled, "domain_registration", id, &found.name).in_tenant(tenant)).await?;
    // What is not understood or not answered here is asked again by the job.
    if is_new && let Err(error) = registrar(services)?.cancel_transfer(&found.name).await {
        tracing::info!(%error, name = found.name, "the transfer is not cancelled yet");
    }
    Ok(())
}

/// Makes a new authorization code for a domain of the open account, tells the registry, and returns it. The former one ends.
///
/// # Errors
/// Not found; a conflict while the domain is locked; unavailable when the registry does not respond; `too_many` when the account has asked too often.
pub async fn reveal_code(services: &Services, tx: TenantTx<DomainsTransfer>, id: DomainRegistrationId) -> Result<String> {
    let (caller, tenant) = (tx.caller().clone(), tx.tenant());
    tx.finish().await?;
    let (tx, found) = lock(services, caller.clone(), tenant, id).await?;
    tx.finish().await?;
    if found.is_locked {
        return Err(Error::conflict("Turn the transfer lock off first."));
    }
    search::admit(services, tenant).await?;
    let code = AuthCode::random();
    let change = DomainChange { code: Some(code.clone()), ..DomainChange::default() };
    registrar(services)?.update(&found.name, &change).await.map_err(|error| {
        tracing::warn!(%error, name = found.name, "failed to set an authorization code");
        if error.is_temporary() { Error::unavailable(rules::sentence(&error)) } else { Error::conflict(rules::sentence(&error)) }
    })?;
    let (mut tx, found) = lock(services, caller, tenant, id).await?;
    queries::set_code(tx.conn(), id, &secrets::seal(&services.key, id, &code)?).await?;
    tx.commit(AuditEvent::new(AuditAction::DomainCodeShown, "domain_registration", id, &found.name).in_tenant(tenant)).await?;
    Ok(code.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::read_name_servers;

    #[test]
    fn name_servers_are_read_one_a_line_and_never_below_the_domain_itself() {
        let read = |typed: &str| read_name_servers("bakery.example", typed);
        assert_eq!(read("NS1.hoster.example.\r\nns2.hoster.example"), Ok(vec!["ns1.hoster.example".to_owned(), "ns2.hoster.example".to_owned()]));
        for wrong in ["ns1.hoster.example", "ns1.hoster.example ns1.hoster.example", "ns1.bakery.example ns2.hoster.example", "a_b.example x y"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
