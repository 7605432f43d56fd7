//! Servers as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::{
        agent_rollout::RolloutView,
        servers::{Capability, EnrolmentView, ServerRow, ServerView},
    },
    ids::ServerId,
    page::{Page, PageRequest},
};

/// Servers, newest first.
#[operation("/api/admin/servers", "list", platform(ServersRead))]
pub async fn list_servers(request: PageRequest) -> Result<Page<ServerRow>, AppError> {
    Ok(mpanel_core::administration::servers::list(&mut tx, &request).await?)
}

/// One server.
#[operation("/api/admin/servers", "get", platform(ServersRead))]
pub async fn read_server(id: ServerId) -> Result<ServerView, AppError> {
    Ok(mpanel_core::administration::servers::get(&mut tx, id).await?)
}

/// Names a server for enrolment.
#[operation("/api/admin/servers", "add", platform(ServersManage))]
pub async fn add_server(name: String, address: String, region: String, site_address: String) -> Result<ServerId, AppError> {
    use mpanel_core::administration::servers::{ServerInput, add};
    let site_address = Some(site_address).filter(|text| !text.trim().is_empty());
    Ok(add(&app_door::services()?, tx, ServerInput { name, address, region, site_address, tags: Vec::new() }).await?)
}

/// What a person needs to bring the server into service.
#[operation("/api/admin/servers", "enrolment", platform(ServersManage))]
pub async fn read_enrolment(id: ServerId) -> Result<EnrolmentView, AppError> {
    Ok(mpanel_core::administration::servers::enrolment(&app_door::services()?, tx, id).await?)
}

/// Pins the host key that was shown, installs the program, looks at the server and takes it into service.
#[operation("/api/admin/servers", "enrol", platform(ServersManage))]
pub async fn enrol_server(id: ServerId, fingerprint: String) -> Result<(), AppError> {
    Ok(mpanel_core::administration::servers::enrol(&app_door::services()?, tx, id, &fingerprint).await?)
}

/// Looks anew at what the server can do.
#[operation("/api/admin/servers", "probe", platform(ServersManage))]
pub async fn probe_server(id: ServerId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::servers::probe(&app_door::services()?, tx, id).await?)
}

/// Installs what a capability lacks.
#[operation("/api/admin/servers", "install", platform(ServersManage))]
pub async fn install_capability(id: ServerId, capability: Capability) -> Result<(), AppError> {
    Ok(mpanel_core::administration::servers::install(&app_door::services()?, tx, id, capability).await?)
}

/// Takes no new pods here.
#[operation("/api/admin/servers", "drain", platform(ServersManage))]
pub async fn drain_server(id: ServerId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::servers::drain(&app_door::services()?, tx, id).await?)
}

/// How the agent that this panel ships comes to the servers.
#[operation("/api/admin/servers", "rollout", platform(ServersRead))]
pub async fn read_agent_rollout() -> Result<RolloutView, AppError> {
    Ok(mpanel_core::administration::servers::read_rollout(&app_door::services()?, &mut tx).await?)
}

/// Lets no further server get the new agent.
#[operation("/api/admin/servers", "hold_rollout", platform(ServersManage))]
pub async fn hold_agent_rollout() -> Result<(), AppError> {
    Ok(mpanel_core::administration::servers::hold_rollout(&app_door::services()?, tx).await?)
}

/// Lets the rollout go on; servers on which the new agent failed are tried again.
#[operation("/api/admin/servers", "resume_rollout", platform(ServersManage))]
pub async fn resume_agent_rollout() -> Result<(), AppError> {
    Ok(mpanel_core::administration::servers::resume_rollout(&app_door::services()?, tx).await?)
}

/// Takes pods here again.
#[operation("/api/admin/servers", "put_back", platform(ServersManage))]
pub async fn put_back_server(id: ServerId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::servers::put_back(&app_door::services()?, tx, id).await?)
}
