//! Invitations as their page calls them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::administration::{access::InvitationView, accounts::LandingPage};

/// Returns the invitation that a link belongs to.
#[operation("/api/public/invitations", "get", public)]
pub async fn read_invitation(token: String) -> Result<InvitationView, AppError> {
    let request = app_door::request()?;
    Ok(mpanel_core::administration::access::invitation(&request.services, &request.caller, &token).await?)
}

/// Accepts an invitation as a new user and signs in.
#[operation("/api/public/invitations", "accept", public)]
pub async fn accept_invitation(token: String, name: String, password: String) -> Result<LandingPage, AppError> {
    let request = app_door::request()?;
    let agent = request.user_agent.as_deref();
    let signed = mpanel_core::administration::access::accept_as_new(&request.services, &request.caller, agent, &token, &name, &password).await?;
    crate::accounts::server_fns::enter(&request, &signed).await
}

/// Accepts an invitation as the signed-in user.
#[operation("/api/account", "join", own(AccountWrite))]
pub async fn join_account(token: String) -> Result<LandingPage, AppError> {
    let slug = mpanel_core::administration::access::join(&app_door::services()?, tx, &token).await?;
    Ok(LandingPage { path: format!("/t/{slug}") })
}
