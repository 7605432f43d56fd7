//! Sign-in, activation, reset and set-up as the pages call them.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::administration::accounts::{Entered, Home, LinkView};

/// Gives the browser its new session. One that it had before, whoever's, ends: nothing of it stays in this browser.
#[cfg(feature = "ssr")]
pub(crate) async fn enter(request: &app_auth::Request, signed: &mpanel_core::administration::accounts::SignedIn) -> Result<Home, AppError> {
    mpanel_core::administration::accounts::sign_out(&request.services, &request.caller).await?;
    app_auth::set_session(&signed.token)?;
    Ok(Home::of(&signed.viewer))
}

/// Signs in and gives the browser its session, or asks for the code of the second step.
#[operation("/api/public/session", "sign_in", public)]
pub async fn sign_in(email: String, password: String) -> Result<Entered, AppError> {
    use mpanel_core::administration::accounts::{self, Entry};
    let request = app_auth::request()?;
    match accounts::sign_in(&request.services, &request.caller, request.user_agent.as_deref(), &email, &password).await? {
        Entry::In(signed) => Ok(Entered { home: Some(enter(&request, &signed).await?), step: None }),
        Entry::Code(step) => Ok(Entered { home: None, step: Some(step) }),
    }
}

/// Goes on with the code of the second step, or with a recovery code.
#[operation("/api/public/session", "sign_in_code", public)]
pub async fn sign_in_code(step: String, code: String) -> Result<Home, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_auth::request()?;
    let signed = accounts::sign_in_code(&request.services, &request.caller, request.user_agent.as_deref(), &step, &code).await?;
    enter(&request, &signed).await
}

/// Ends the session.
#[operation("/api/public/session", "sign_out", public)]
pub async fn sign_out_now() -> Result<(), AppError> {
    use mpanel_core::administration::accounts;
    let request = app_auth::request()?;
    accounts::sign_out(&request.services, &request.caller).await?;
    app_auth::clear_session()
}

/// Sends a link for a new password, when there is such a login; the answer is the same either way.
#[operation("/api/public/session", "forgot", public)]
pub async fn forgot_password(email: String) -> Result<(), AppError> {
    use mpanel_core::administration::accounts;
    let request = app_auth::request()?;
    Ok(accounts::request_reset(&request.services, &request.caller, &email).await?)
}

/// What a link opens.
#[operation("/api/public/session", "link", public)]
pub async fn read_link(token: String) -> Result<LinkView, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_auth::request()?;
    Ok(accounts::link(&request.services, &request.caller, &token).await?)
}

/// Activates a login by its link, and signs it in.
#[operation("/api/public/session", "activate", public)]
pub async fn activate(token: String, name: String, password: String) -> Result<Home, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_auth::request()?;
    let signed = accounts::activate(&request.services, &request.caller, request.user_agent.as_deref(), &token, Some(&name), &password).await?;
    enter(&request, &signed).await
}

/// Sets a new password by its link. All sessions end; the sign-in page comes next.
#[operation("/api/public/session", "reset", public)]
pub async fn reset_password(token: String, password: String) -> Result<Home, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_auth::request()?;
    accounts::reset(&request.services, &request.caller, &token, &password).await?;
    app_auth::clear_session()?;
    Ok(Home { path: "/sign-in".to_owned() })
}

/// Makes the first admin by the one-time link, and signs in.
#[operation("/api/public/session", "set_up", public)]
pub async fn set_up(token: String, email: String, name: String, password: String) -> Result<Home, AppError> {
    use mpanel_core::administration::accounts;
    let request = app_auth::request()?;
    let signed = accounts::set_up(&request.services, &request.caller, request.user_agent.as_deref(), &token, &email, &name, &password).await?;
    enter(&request, &signed).await
}
