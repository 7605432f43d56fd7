//! Servers as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use model::permission::{ServersManage, ServersRead};
use model::{
    administration::servers::{Capability, EnrolmentView, ServerRow, ServerView},
    ids::ServerId,
    page::{Page, PageRequest},
};
use server_fn::codec::Json;

/// Servers, newest first.
#[server(prefix = "/api/admin/servers", endpoint = "list", input = Json)]
pub async fn list_servers(request: PageRequest) -> Result<Page<ServerRow>, AppError> {
    Ok(mpanel_core::administration::servers::list(&mut app_door::platform::<ServersRead>().await?, &request).await?)
}

/// One server.
#[server(prefix = "/api/admin/servers", endpoint = "get", input = Json)]
pub async fn read_server(id: ServerId) -> Result<ServerView, AppError> {
    Ok(mpanel_core::administration::servers::get(&mut app_door::platform::<ServersRead>().await?, id).await?)
}

/// Names a server for enrolment.
#[server(prefix = "/api/admin/servers", endpoint = "add", input = Json)]
pub async fn add_server(name: String, address: String, region: String, site_address: String) -> Result<ServerId, AppError> {
    use mpanel_core::administration::servers::{ServerInput, add};
    let tx = app_door::platform::<ServersManage>().await?;
    let site_address = Some(site_address).filter(|text| !text.trim().is_empty());
    Ok(add(&app_door::services()?, tx, ServerInput { name, address, region, site_address, tags: Vec::new() }).await?)
}

/// What a person needs to bring the server into service.
#[server(prefix = "/api/admin/servers", endpoint = "enrolment", input = Json)]
pub async fn read_enrolment(id: ServerId) -> Result<EnrolmentView, AppError> {
    let tx = app_door::platform::<ServersManage>().await?;
    Ok(mpanel_core::administration::servers::enrolment(&app_door::services()?, tx, id).await?)
}

/// Pins the host key that was shown, installs the program, looks at the server and takes it into service.
#[server(prefix = "/api/admin/servers", endpoint = "enrol", input = Json)]
pub async fn enrol_server(id: ServerId, fingerprint: String) -> Result<(), AppError> {
    let tx = app_door::platform::<ServersManage>().await?;
    Ok(mpanel_core::administration::servers::enrol(&app_door::services()?, tx, id, &fingerprint).await?)
}

/// Looks anew at what the server can do.
#[server(prefix = "/api/admin/servers", endpoint = "probe", input = Json)]
pub async fn probe_server(id: ServerId) -> Result<(), AppError> {
    let tx = app_door::platform::<ServersManage>().await?;
    Ok(mpanel_core::administration::servers::probe(&app_door::services()?, tx, id).await?)
}

/// Installs what a capability lacks.
#[server(prefix = "/api/admin/servers", endpoint = "install", input = Json)]
pub async fn install_capability(id: ServerId, capability: Capability) -> Result<(), AppError> {
    let tx = app_door::platform::<ServersManage>().await?;
    Ok(mpanel_core::administration::servers::install(&app_door::services()?, tx, id, capability).await?)
}

/// Takes no new pods here.
#[server(prefix = "/api/admin/servers", endpoint = "drain", input = Json)]
pub async fn drain_server(id: ServerId) -> Result<(), AppError> {
    let tx = app_door::platform::<ServersManage>().await?;
    Ok(mpanel_core::administration::servers::drain(&app_door::services()?, tx, id).await?)
}

/// Takes pods here again.
#[server(prefix = "/api/admin/servers", endpoint = "put_back", input = Json)]
pub async fn put_back_server(id: ServerId) -> Result<(), AppError> {
    let tx = app_door::platform::<ServersManage>().await?;
    Ok(mpanel_core::administration::servers::put_back(&app_door::services()?, tx, id).await?)
}
