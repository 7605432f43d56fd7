//! Servers as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::{
        agent_rollout::RolloutView,
        servers::{Capability, EnrollmentView, ServerRow, ServerView},
    },
    ids::{JobId, ServerId},
    page::{Page, PageRequest},
};

/// Lists servers, newest first.
#[operation("/api/admin/servers", "list", platform(ServersRead))]
pub async fn list_servers(request: PageRequest) -> Result<Page<ServerRow>, AppError> {
    Ok(core_administration::servers::list(&mut tx, &request).await?)
}

/// Returns one server.
#[operation("/api/admin/servers", "get", platform(ServersRead))]
pub async fn read_server(id: ServerId) -> Result<ServerView, AppError> {
    let pods = core_hosting::cloudpods::on_server(&mut tx, id).await?;
    Ok(core_administration::servers::get(&mut tx, id, pods).await?)
}

/// Adds a server that is to be enrolled.
#[operation("/api/admin/servers", "add", platform(ServersManage))]
pub async fn add_server(name: String, address: String, region: String, site_address: String) -> Result<ServerId, AppError> {
    use core_administration::servers::{ServerInput, add};
    let site_address = Some(site_address).filter(|text| !text.trim().is_empty());
    Ok(add(&app_auth::services()?, tx, ServerInput { name, address, region, site_address, tags: Vec::new() }).await?)
}

/// Returns the enrollment command and the host key that the server presents.
#[operation("/api/admin/servers", "enrollment", platform(ServersManage))]
pub async fn read_enrollment(id: ServerId) -> Result<EnrollmentView, AppError> {
    Ok(core_administration::servers::enrollment(&app_auth::services()?, tx, id).await?)
}

/// Enrolls a server: pins the confirmed host key, installs the agent, checks capabilities and activates it.
#[operation("/api/admin/servers", "enroll", platform(ServersManage))]
pub async fn enroll_server(id: ServerId, fingerprint: String) -> Result<(), AppError> {
    Ok(core_administration::servers::enroll(&app_auth::services()?, tx, id, &fingerprint).await?)
}

/// Checks a server's capabilities again.
#[operation("/api/admin/servers", "probe", platform(ServersManage))]
pub async fn probe_server(id: ServerId) -> Result<(), AppError> {
    Ok(core_administration::servers::probe(&app_auth::services()?, tx, id).await?)
}

/// Installs the missing requirements of a capability.
#[operation("/api/admin/servers", "install", platform(ServersManage))]
pub async fn install_capability(id: ServerId, capability: Capability) -> Result<(), AppError> {
    Ok(core_administration::servers::install(&app_auth::services()?, tx, id, capability).await?)
}

/// Drains a server: no new CloudPods are placed on it.
#[operation("/api/admin/servers", "drain", platform(ServersManage))]
pub async fn drain_server(id: ServerId) -> Result<(), AppError> {
    Ok(core_administration::servers::drain(&app_auth::services()?, tx, id).await?)
}

/// How the agent that this panel ships comes to the servers.
#[operation("/api/admin/servers", "rollout", platform(ServersRead))]
pub async fn read_agent_rollout() -> Result<RolloutView, AppError> {
    Ok(core_administration::servers::read_rollout(&app_auth::services()?, &mut tx).await?)
}

/// Lets no further server get the new agent.
#[operation("/api/admin/servers", "hold_rollout", platform(ServersManage))]
pub async fn hold_agent_rollout() -> Result<(), AppError> {
    Ok(core_administration::servers::hold_rollout(&app_auth::services()?, tx).await?)
}

/// Lets the rollout go on; servers on which the new agent failed are tried again.
#[operation("/api/admin/servers", "resume_rollout", platform(ServersManage))]
pub async fn resume_agent_rollout() -> Result<(), AppError> {
    Ok(core_administration::servers::resume_rollout(&app_auth::services()?, tx).await?)
}

/// Returns a drained server to service.
#[operation("/api/admin/servers", "put_back", platform(ServersManage))]
pub async fn return_server_to_service(id: ServerId) -> Result<(), AppError> {
    Ok(core_administration::servers::put_back(&app_auth::services()?, tx, id).await?)
}

/// Starts the job that moves all CloudPods of a draining server to other servers.
#[operation("/api/admin/servers", "move_pods", platform(ServersManage))]
pub async fn move_pods_of_server(id: ServerId) -> Result<JobId, AppError> {
    Ok(core_hosting::cloudpods::drain_pods(&app_auth::services()?, tx, id).await?)
}

/// Takes a draining server without CloudPods out of service for good.
#[operation("/api/admin/servers", "retire", platform(ServersManage))]
pub async fn retire_server(id: ServerId) -> Result<(), AppError> {
    Ok(core_administration::servers::retire(&app_auth::services()?, tx, id).await?)
}
