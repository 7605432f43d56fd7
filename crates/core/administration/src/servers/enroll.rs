//! Bringing a named server into service.

use super::{
    add,
    list::unknown,
    look::{ask_probe, or_told, store, summary},
    queries,
    reconcile::CheckServer,
    rules,
};
use adapters::node::{HostKey, NodeClient, ServerTarget, fingerprint};
use db::{AuditEvent, Caller, PlatformTx};
use engine::{
    Error, Result, Services,
    reconcile::{Reconciler, touch},
    text::sentence,
};
use model::{
    administration::servers::{EnrollmentView, ServerDriver, ServerInput, ServerStatus},
    audit_action::AuditAction,
    ids::ServerId,
    permission::ServersManage,
};
use serde_json::json;

/// The line to run on the server, and the host key it shows now.
///
/// # Errors
/// Not found for an unknown id; conflict for a server in service.
pub async fn enrollment(services: &Services, mut tx: PlatformTx<ServersManage>, id: ServerId) -> Result<EnrollmentView> {
    let server = queries::whole(tx.conn(), id).await?.ok_or_else(unknown)?;
    tx.finish().await?;
    ensure_enrollable(&server)?;
    Ok(view(services, id, &server.address).await)
}

/// Pins the host key that was shown, puts the program on the server, looks at it, and takes it into service.
/// `confirmed` is the fingerprint that a person has compared. A quarantined server gets its new key this way.
///
/// # Errors
/// When the server shows another key by now, does not answer, or does not take the program. Nothing is kept then.
pub async fn enroll(services: &Services, mut tx: PlatformTx<ServersManage>, id: ServerId, confirmed: &str) -> Result<()> {
    let server = queries::whole(tx.conn(), id).await?.ok_or_else(unknown)?;
    let caller = tx.caller().clone();
    tx.finish().await?;
    ensure_enrollable(&server)?;
    let shown = shown_key(services, &server.address).await?;
    if shown.fingerprint != confirmed.trim() {
        return Err(Error::field("fingerprint", format!("The host key is now {}. Verify it again.", shown.fingerprint)));
    }
    take_in(services, caller, id, &server, shown).await
}

/// Names a server from the command line, or finds it again by name and address.
///
/// # Errors
/// As [`super::add`]; conflict when the name belongs to another address.
pub async fn add_from_cli(services: &Services, input: ServerInput) -> Result<EnrollmentView> {
    let mut tx = services.db.system("command line").await?;
    if let Some(id) = queries::by_name(tx.conn(), input.name.trim()).await? {
        let server = queries::whole(tx.conn(), id).await?.ok_or_else(unknown)?;
        tx.finish().await?;
        if server.address != input.address.trim() {
            return Err(Error::field("name", "This name is already in use."));
        }
        return Ok(view(services, id, &server.address).await);
    }
    let (id, event) = add::insert(services, tx.conn(), &input).await?;
    tx.commit(event).await?;
    Ok(view(services, id, input.address.trim()).await)
}

/// Enrolls with the key that the server shows now, for the command line: whoever runs it there has seen the line run.
/// A server in service with this key gets the current program and a new look instead.
///
/// # Errors
/// As [`enroll`].
pub async fn enroll_from_cli(services: &Services, id: ServerId) -> Result<()> {
    let mut tx = services.db.system("command line").await?;
    let server = queries::whole(tx.conn(), id).await?.ok_or_else(unknown)?;
    let caller = tx.caller().clone();
    tx.finish().await?;
    match server.status {
        ServerStatus::Retired => Err(not_enrollable()),
        // A changed key of a server that was in service is for a person to look at.
        ServerStatus::Quarantined => Err(Error::conflict("This server is quarantined. Verify its new host key in the panel.")),
        _ => {
            let shown = shown_key(services, &server.address).await?;
            take_in(services, caller, id, &server, shown).await
        }
    }
}

async fn take_in(services: &Services, caller: Caller, id: ServerId, server: &queries::Whole, shown: HostKey) -> Result<()> {
    let in_service = rules::in_service(server.status);
    // In service the pinned key counts, whatever is shown.
    let pinned = if in_service { server.host_key.clone() } else { Some(shown.line) };
    let target = ServerTarget { id, address: server.address.clone(), host_key: pinned.clone(), simulated: false };
    let version = services.part::<dyn NodeClient>().install_program(&target).await;
    let version = or_told(services, id, version).await?;
    let report = ask_probe(services, &target).await;
    let report = or_told(services, id, report).await?;
    let mut tx = services.db.system(caller).await?;
    store(services, tx.conn(), id, &report).await?;
    if in_service {
        let event = AuditEvent::new(AuditAction::ServerUpgraded, "server", id, &server.name).after(summary(&report));
        return Ok(tx.commit(event).await?);
    }
    if !queries::take_into_service(tx.conn(), id, pinned.as_deref(), services.now()).await? {
        return Err(not_enrollable());
    }
    touch(tx.conn(), CheckServer::NAME, id.0, services.now()).await?;
    let before = server.host_key.as_deref().and_then(fingerprint);
    let event = AuditEvent::new(AuditAction::ServerEnrolled, "server", id, &server.name)
        .before(json!({ "status": server.status, "host_key": before }))
        .after(json!({ "status": ServerStatus::Active, "host_key": shown.fingerprint, "version": version, "probe": summary(&report) }));
    Ok(tx.commit(event).await?)
}

fn ensure_enrollable(server: &queries::Whole) -> Result<()> {
    let waits = matches!(server.status, ServerStatus::Pending | ServerStatus::Quarantined);
    if waits && server.driver == ServerDriver::Ssh { Ok(()) } else { Err(not_enrollable()) }
}

fn not_enrollable() -> Error {
    Error::conflict("This server is not awaiting enrollment.")
}

async fn view(services: &Services, id: ServerId, address: &str) -> EnrollmentView {
    let (fingerprint, problem) = match services.part::<dyn NodeClient>().host_key(address).await {
        Ok(key) => (Some(key.fingerprint), None),
        Err(error) => (None, Some(sentence(&error.to_string()))),
    };
    EnrollmentView { id, command: services.part::<dyn NodeClient>().enrollment_command(), fingerprint, problem }
}

async fn shown_key(services: &Services, address: &str) -> Result<HostKey> {
    services.part::<dyn NodeClient>().host_key(address).await.map_err(|error| Error::unavailable(sentence(&error.to_string())))
}
