//! Connecting a domain, looking at it, and letting it go.

use super::{
    answers, names, offers,
    proof::{self, DomainProofs},
    queries,
};
use crate::{cloudpods, dns, filled, registrations};
use adapters::dns::Dns;
use db::{AuditEvent, Keyset, PlatformRead, SystemTx, TenantRead, TenantTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
    secrets,
};
use futures::future::try_join_all;
use model::{
    audit_action::AuditAction,
    hosting::domains::{DomainHttps, DomainRow, DomainStatus, DomainView, NameCheck, NamedSite, SiteName},
    ids::{DomainId, TenantId},
    page::{Page, PageRequest},
    permission::{DomainsRead, DomainsWrite},
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Domains of one account that may wait for their proof: each has DNS asked every minute.
const MAX_PENDING: i64 = 50;

/// Connects a domain to the open account; its proof is waited for from now on.
///
/// # Errors
/// On field `name`, when it is no domain that somebody can own, is ours, or was connected before.
pub async fn connect(services: &Services, tx: TenantTx<DomainsWrite>, typed: &str) -> Result<DomainId> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let fault = |message: &str| Error::field("name", message);
    let name = names::read(typed).map_err(|message| fault(&message))?;
    if names::is_ours(name.as_str(), &services.settings) {
        return Err(fault("This domain is the platform's own."));
    }
    if names::is_public_suffix(name.as_str()) {
        return Err(fault("Anybody can register names below this one. Enter the domain that you own."));
    }
    let mut tx = services.db.system(caller).await?;
    if queries::count_pending(tx.conn(), tenant).await? >= MAX_PENDING {
        return Err(fault("Too many domains wait for verification. Verify or disconnect some first."));
    }
    let id = store(services, &mut tx, tenant, name.as_str()).await?.ok_or_else(|| fault("You have connected this domain already."))?;
    tx.commit_progress().await?;
    Ok(id)
}

/// Lets the account that has ordered with a domain prove to own it.
pub(super) async fn offer(services: &Services, tx: &mut SystemTx, tenant: TenantId, name: &str) -> Result<()> {
    if !names::is_public_suffix(name) && queries::count_pending(tx.conn(), tenant).await? < MAX_PENDING {
        store(services, tx, tenant, name).await?;
    }
    Ok(())
}

pub(super) async fn store(services: &Services, tx: &mut SystemTx, tenant: TenantId, name: &str) -> Result<Option<DomainId>> {
    let id = DomainId(Uuid::now_v7());
    let token = hex::encode(secrets::random_bytes::<16>());
    if !queries::insert(tx.conn(), id, tenant, name, &token, services.now()).await? {
        return Ok(None);
    }
    touch(tx.conn(), DomainProofs::NAME, id.0, services.now()).await?;
    tx.record(AuditEvent::new(AuditAction::DomainConnected, "domain", id, name).in_tenant(tenant));
    Ok(Some(id))
}

/// Lets a domain of the open account go. Somebody else may prove it then.
///
/// # Errors
/// Not found; a conflict while names at or below it lead to CloudPods, other than main domains, or while it has a DNS zone.
pub async fn disconnect(services: &Services, tx: TenantTx<DomainsWrite>, id: DomainId) -> Result<()> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let found = queries::lock_own(tx.conn(), tenant, id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    let uses = cloudpods::names::of_tenant(tx.conn(), tenant, &found.name).await?;
    if let Some(used) = uses.iter().find(|used| !used.is_main) {
        return Err(Error::conflict(format!("{} leads to {}. Remove it there first.", used.name, used.pod_name)));
    }
    if dns::has_zone(tx.conn(), id).await? {
        return Err(Error::conflict("Delete its DNS zone first."));
    }
    queries::release(tx.conn(), id, services.now()).await?;
    Ok(tx.commit(AuditEvent::new(AuditAction::DomainDisconnected, "domain", id, &found.name).in_tenant(tenant)).await?)
}

/// The connected domains of all customers, newest first. `state` is a status, `search` looks in the name.
///
/// # Errors
/// When the cursor is not known or PostgreSQL does not answer.
pub async fn list_connected(tx: &mut impl PlatformRead<DomainsRead>, request: &PageRequest) -> Result<Page<DomainRow>> {
    page(tx.conn(), None, request).await
}

/// The connected domains of the open account, newest first.
///
/// # Errors
/// As [`list_connected`].
pub async fn list_own(tx: &mut impl TenantRead<DomainsRead>, request: &PageRequest) -> Result<Page<DomainRow>> {
    let tenant = tx.tenant();
    page(tx.conn(), Some(tenant), request).await
}

async fn page(conn: &mut PgConnection, tenant: Option<TenantId>, request: &PageRequest) -> Result<Page<DomainRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let (state, search) = (filled(&request.state), filled(&request.search));
    let range = (keyset.before, keyset.after, keyset.limit());
    let rows = queries::page(conn, tenant, range, state.as_deref(), search.as_deref()).await?;
    Ok(keyset.page(rows.iter().map(queries::Row::view).collect(), |row: &DomainRow| row.id.0))
}

/// A connected domain.
///
/// # Errors
/// Not found.
pub async fn get(tx: &mut impl PlatformRead<DomainsRead>, id: DomainId) -> Result<DomainView> {
    view(tx.conn(), None, id).await
}

/// A connected domain of the open account.
///
/// # Errors
/// Not found, also when it is somebody else's.
pub async fn get_own(tx: &mut impl TenantRead<DomainsRead>, id: DomainId) -> Result<DomainView> {
    let tenant = tx.tenant();
    view(tx.conn(), Some(tenant), id).await
}

async fn view(conn: &mut PgConnection, tenant: Option<TenantId>, id: DomainId) -> Result<DomainView> {
    let row = queries::one(&mut *conn, tenant, id).await?.ok_or_else(|| Error::not_found("Domain"))?;
    let uses = cloudpods::names::of_tenant(&mut *conn, row.tenant_id, &row.name).await?;
    let https = https(&mut *conn, row.tenant_id, uses.iter().map(|used| used.name.clone()).collect()).await?;
    let site = |used: cloudpods::names::SiteUse| SiteName {
        name: used.name,
        site: NamedSite { id: used.website, title: used.title, pod_name: used.pod_name },
        is_main: used.is_main,
        address: used.address,
    };
    let sites = if row.status == DomainStatus::Verified { queries::sites(&mut *conn, row.tenant_id).await? } else { Vec::new() };
    let has_zone = dns::has_zone(&mut *conn, id).await?;
    let offer = offers::of_domain(&mut *conn, id).await?;
    let registration = registrations::queries::of_domain(conn, row.tenant_id, &row.name).await?;
    Ok(DomainView {
        domain: row.view(),
        record_name: proof::record_name(&row.name),
        record_value: proof::record_value(&row.token),
        expires_at: (row.status == DomainStatus::Pending).then(|| proof::expires_at(row.created_at)),
        finding: row.finding,
        verified_at: row.verified_at,
        names: uses.into_iter().map(site).collect(),
        sites,
        https,
        has_zone,
        offer,
        registration,
    })
}

/// How far these names of an account are; what is for a wildcard is for the names one level below.
async fn https(conn: &mut PgConnection, tenant: TenantId, mut names: Vec<String>) -> Result<DomainHttps> {
    let wildcards: Vec<String> = names.iter().filter_map(|name| name.split_once('.')).map(|(_, parent)| format!("*.{parent}")).collect();
    names.extend(wildcards);
    Ok(match queries::certificates(conn, tenant, &names).await? {
        (true, _, _) => DomainHttps::Served,
        (false, 0, _) => DomainHttps::Unknown,
        (false, _, 0) => DomainHttps::Issuing,
        (false, _, _) => DomainHttps::Waiting,
    })
}

/// Where the names at and below a domain of the open account lead, as DNS says now. All are asked for at once: a resolver that does not respond is
/// waited for once, not once for each name.
///
/// # Errors
/// Not found; unavailable when DNS does not answer.
pub async fn check_names(services: &Services, mut tx: TenantTx<DomainsRead>, id: DomainId) -> Result<Vec<NameCheck>> {
    let DomainView { domain, names, .. } = get_own(&mut tx, id).await?;
    tx.finish().await?;
    try_join_all(names.into_iter().take(20).map(|site| check_name(services, &domain.name, site))).await
}

async fn check_name(services: &Services, zone: &str, site: SiteName) -> Result<NameCheck> {
    let kind = if site.address.as_ref().is_some_and(|address| address.contains(':')) { "AAAA" } else { "A" };
    let asked = services.part::<dyn Dns>().addresses(&site.name);
    let (found, mut answers) = futures::join!(asked, answers::by_resolver(services, zone, &site.name, kind));
    let found = found.map_err(|error| {
        tracing::info!(%error, name = site.name, "failed to ask DNS");
        Error::unavailable("DNS did not answer. Try again in a moment.")
    })?;
    let mut found: Vec<String> = found.iter().map(ToString::to_string).collect();
    found.sort();
    let is_expected = |values: &[String]| !values.is_empty() && values.iter().all(|address| Some(address) == site.address.as_ref());
    let is_right = is_expected(&found);
    for answer in &mut answers {
        // Of an alias a resolver is only asked where it leads.
        let is_alias = answer.values.iter().any(|value| value.ends_with('.'));
        answer.is_right = is_expected(&answer.values) || (is_alias && is_right);
    }
    Ok(NameCheck { name: site.name, found, is_right, answers })
}
