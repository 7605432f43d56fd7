//! Invitations as their page calls them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::administration::{access::InvitationView, accounts::Home};

/// What an invitation's link opens.
#[operation("/api/public/invitations", "get", public)]
pub async fn read_invitation(token: String) -> Result<InvitationView, AppError> {
    let request = app_auth::request()?;
    Ok(mpanel_core::administration::access::invitation(&request.services, &request.caller, &token).await?)
}

/// Accepts an invitation as somebody new, and signs in.
#[operation("/api/public/invitations", "accept", public)]
pub async fn accept_invitation(token: String, name: String, password: String) -> Result<Home, AppError> {
    let request = app_auth::request()?;
    let agent = request.user_agent.as_deref();
    let signed = mpanel_core::administration::access::accept_as_new(&request.services, &request.caller, agent, &token, &name, &password).await?;
    crate::accounts::server_fns::enter(&request, &signed).await
}

/// Accepts an invitation with the login that is signed in.
#[operation("/api/account", "join", own(AccountWrite))]
pub async fn join_account(token: String) -> Result<Home, AppError> {
    let slug = mpanel_core::administration::access::join(&app_auth::services()?, tx, &token).await?;
    Ok(Home { path: format!("/t/{slug}") })
}
