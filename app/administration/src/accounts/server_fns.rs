//! Sign-in, activation, reset and set-up as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
use model::administration::accounts::{LinkView, Viewer};
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

/// Where a signed-in person goes first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// A path of this panel.
    pub path: String,
}

impl Home {
    /// Staff go to the dashboard, a member to the first account, anybody else to the plans.
    pub fn of(viewer: &Viewer) -> Self {
        let path = match viewer.memberships.first() {
            _ if viewer.platform_role.is_some() => "/admin".to_owned(),
            Some(place) => format!("/t/{}", place.slug),
            None => "/".to_owned(),
        };
        Self { path }
    }
}

/// Signs in and gives the browser its session.
#[server(prefix = "/api/public/session", endpoint = "sign_in", input = Json)]
pub async fn sign_in(email: String, password: String) -> Result<Home, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    let signed = accounts::sign_in(&request.services, &request.caller, request.user_agent.as_deref(), &email, &password).await?;
    app_door::keep_session(&signed.token)?;
    Ok(Home::of(&signed.viewer))
}

/// Ends the session.
#[server(prefix = "/api/public/session", endpoint = "sign_out", input = Json)]
pub async fn sign_out_now() -> Result<(), AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    accounts::sign_out(&request.services, &request.caller).await?;
    app_door::drop_session()
}

/// Sends a link for a new password, when there is such a login; the answer is the same either way.
#[server(prefix = "/api/public/session", endpoint = "forgot", input = Json)]
pub async fn forgot_password(email: String) -> Result<(), AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    Ok(accounts::request_reset(&request.services, &request.caller, &email).await?)
}

/// What a link opens.
#[server(prefix = "/api/public/session", endpoint = "link", input = Json)]
pub async fn read_link(token: String) -> Result<LinkView, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    Ok(accounts::link(&request.services, &request.caller, &token).await?)
}

/// Activates a login by its link, and signs it in.
#[server(prefix = "/api/public/session", endpoint = "activate", input = Json)]
pub async fn activate(token: String, name: String, password: String) -> Result<Home, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    let signed = accounts::activate(&request.services, &request.caller, request.user_agent.as_deref(), &token, Some(&name), &password).await?;
    app_door::keep_session(&signed.token)?;
    Ok(Home::of(&signed.viewer))
}

/// Sets a new password by its link. All sessions end; the sign-in page comes next.
#[server(prefix = "/api/public/session", endpoint = "reset", input = Json)]
pub async fn reset_password(token: String, password: String) -> Result<Home, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    accounts::reset(&request.services, &request.caller, &token, &password).await?;
    app_door::drop_session()?;
    Ok(Home { path: "/sign-in".to_owned() })
}

/// Makes the first admin by the one-time link, and signs in.
#[server(prefix = "/api/public/session", endpoint = "set_up", input = Json)]
pub async fn set_up(token: String, email: String, name: String, password: String) -> Result<Home, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    let signed = accounts::set_up(&request.services, &request.caller, request.user_agent.as_deref(), &token, &email, &name, &password).await?;
    app_door::keep_session(&signed.token)?;
    Ok(Home::of(&signed.viewer))
}
