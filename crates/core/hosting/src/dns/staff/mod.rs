//! Operations of staff: name servers, and the list of all zones.

mod queries;

use super::{queries::to_reconcile, reconcile::Zones};
use crate::filled;
use db::{AuditEvent, ConstraintExt, Keyset, PlatformRead, PlatformTx, SystemTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch_on_servers},
};
use model::{
    audit_action::AuditAction,
    hosting::dns::{MIN_NAME_SERVERS, NameServersView, ZoneRow},
    ids::ServerId,
    page::{Page, PageRequest},
    permission::{DnsManage, DnsRead},
};
use serde_json::json;
use uuid::Uuid;
use wire::DomainName;

/// The zones of all customers, newest first. `state` filters by status, `search` by name.
///
/// # Errors
/// If the cursor is unknown or PostgreSQL is unavailable.
pub async fn list(tx: &mut impl PlatformRead<DnsRead>, request: &PageRequest) -> Result<Page<ZoneRow>> {
    let keyset = Keyset::<Uuid>::from_request(request)?;
    let (state, search) = (filled(&request.state), filled(&request.search));
    let rows = queries::zones(tx.conn(), (keyset.before, keyset.after, keyset.limit()), state.as_deref(), search.as_deref()).await?;
    Ok(keyset.page(rows, |row: &ZoneRow| row.id.0))
}

/// The name servers, and the servers that can become one.
///
/// # Errors
/// If PostgreSQL is unavailable.
pub async fn list_name_servers(tx: &mut impl PlatformRead<DnsRead>) -> Result<NameServersView> {
    Ok(NameServersView { servers: queries::name_server_rows(tx.conn()).await?, candidates: queries::candidates(tx.conn()).await? })
}

/// Makes a server a name server of all zones, which list it in their NS records.
///
/// # Errors
/// On field `server` if it is not in service, lacks the DNS capability or already is one; on field `name`.
pub async fn add_name_server(services: &Services, tx: PlatformTx<DnsManage>, server: ServerId, name: &str) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (server_name, is_able) = queries::candidate(tx.conn(), server).await?.ok_or_else(|| Error::not_found("Server"))?;
    if !is_able {
        return Err(Error::field(
            "server",
            format!("{server_name} is not in service, or lacks the DNS capability. Install it on the server's page."),
        ));
    }
    let typed = name.trim().trim_end_matches('.').to_ascii_lowercase();
    let name = DomainName::new(typed).map_err(|_| Error::field("name", "Enter a host name, such as ns1.example.com."))?;
    let taken = || Error::field("name", "Another name server has this name.");
    let is_new = queries::add_name_server(tx.conn(), server, name.as_str(), services.now()).await.on_constraint("nameservers_name_key", taken)?;
    if !is_new {
        return Err(Error::field("server", format!("{server_name} is already a name server.")));
    }
    touch_all(services, &mut tx).await?;
    let event = AuditEvent::new(AuditAction::NameServerAdded, "server", server, server_name);
    Ok(tx.commit(event.after(json!({ "name": name.as_str() }))).await?)
}

/// Removes a server from the name servers: all zones are deleted from it, and no longer list it.
///
/// # Errors
/// Not found if it is not a name server; a conflict if fewer than [`MIN_NAME_SERVERS`] would be left while there are zones.
pub async fn remove_name_server(services: &Services, tx: PlatformTx<DnsManage>, server: ServerId) -> Result<()> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (server_name, _) = queries::candidate(tx.conn(), server).await?.ok_or_else(|| Error::not_found("Server"))?;
    queries::lock_name_servers(tx.conn()).await?;
    let name = queries::remove_name_server(tx.conn(), server).await?.ok_or_else(|| Error::not_found("Name server"))?;
    let (left, has_zones) = queries::name_servers_in_use(tx.conn()).await?;
    // Registrars name it until customers change that: the others answer meanwhile.
    if has_zones && left < i64::try_from(MIN_NAME_SERVERS).unwrap_or(i64::MAX) {
        return Err(Error::conflict("Zones need at least two name servers. Add another one first."));
    }
    touch_all(services, &mut tx).await?;
    let event = AuditEvent::new(AuditAction::NameServerRemoved, "server", server, server_name);
    Ok(tx.commit(event.before(json!({ "name": name }))).await?)
}

/// Makes all zones due for reconciliation.
async fn touch_all(services: &Services, tx: &mut SystemTx) -> Result<()> {
    let mut after = None;
    loop {
        let zones = to_reconcile(tx.conn(), after).await?;
        let Some(last) = zones.last() else { return Ok(()) };
        after = Some(last.key);
        touch_on_servers(tx.conn(), Zones::NAME, &zones, services.now()).await?;
    }
}
