//! Sign-in, activation, reset and set-up as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::administration::accounts::{LandingPage, LinkView, SignInResponse};

/// Gives the browser its new session. One that it had before, whoever's, ends: nothing of it stays in this browser.
#[cfg(feature = "ssr")]
pub(crate) async fn enter(request: &app_door::Request, signed: &mpanel_core::administration::accounts::SignedIn) -> Result<LandingPage, AppError> {
    mpanel_core::administration::accounts::sign_out(&request.services, &request.caller).await?;
    app_door::keep_session(&signed.token)?;
    Ok(LandingPage::of(&signed.viewer))
}

/// Signs in and sets the session cookie, or asks for the verification code.
#[operation("/api/public/session", "sign_in", public)]
pub async fn sign_in(email: String, password: String) -> Result<SignInResponse, AppError> {
    use mpanel_core::administration::accounts::{self, Entry};
    let request = app_door::request()?;
    match accounts::sign_in(&request.services, &request.caller, request.user_agent.as_deref(), &email, &password).await? {
        Entry::In(signed) => Ok(SignInResponse { home: Some(enter(&request, &signed).await?), step: None }),
        Entry::Code(step) => Ok(SignInResponse { home: None, step: Some(step) }),
    }
}

/// Completes sign-in with a verification code or a recovery code.
#[operation("/api/public/session", "sign_in_code", public)]
pub async fn sign_in_code(step: String, code: String) -> Result<LandingPage, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    let signed = accounts::sign_in_code(&request.services, &request.caller, request.user_agent.as_deref(), &step, &code).await?;
    enter(&request, &signed).await
}

/// Signs out this session.
#[operation("/api/public/session", "sign_out", public)]
pub async fn sign_out_now() -> Result<(), AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    accounts::sign_out(&request.services, &request.caller).await?;
    app_door::drop_session()
}

/// Emails a password reset link if the user exists. The response is the same either way.
#[operation("/api/public/session", "forgot", public)]
pub async fn forgot_password(email: String) -> Result<(), AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    Ok(accounts::request_reset(&request.services, &request.caller, &email).await?)
}

/// Returns what an emailed link is for.
#[operation("/api/public/session", "link", public)]
pub async fn read_link(token: String) -> Result<LinkView, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    Ok(accounts::link(&request.services, &request.caller, &token).await?)
}

/// Activates a user by an emailed link and signs in.
#[operation("/api/public/session", "activate", public)]
pub async fn activate(token: String, name: String, password: String) -> Result<LandingPage, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    let signed = accounts::activate(&request.services, &request.caller, request.user_agent.as_deref(), &token, Some(&name), &password).await?;
    enter(&request, &signed).await
}

/// Resets a password by an emailed link and ends all sessions of the user.
#[operation("/api/public/session", "reset", public)]
pub async fn reset_password(token: String, password: String) -> Result<LandingPage, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    accounts::reset(&request.services, &request.caller, &token, &password).await?;
    app_door::drop_session()?;
    Ok(LandingPage { path: "/sign-in".to_owned() })
}

/// Creates the first admin by the one-time setup link and signs in.
#[operation("/api/public/session", "set_up", public)]
pub async fn set_up(token: String, email: String, name: String, password: String) -> Result<LandingPage, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_door::request()?;
    let signed = accounts::set_up(&request.services, &request.caller, request.user_agent.as_deref(), &token, &email, &name, &password).await?;
    enter(&request, &signed).await
}
