//! The own login as its pages call it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::access::{AccountView, RecoveryCodes, SecondStepSecret, SessionRow},
    ids::{SessionId, TenantId},
};

/// The own login with its second step and its accounts.
#[operation("/api/account", "get", own(AccountRead))]
pub async fn read_account() -> Result<AccountView, AppError> {
    Ok(mpanel_core::administration::accounts::account(tx).await?)
}

/// The own sessions, newest first.
#[operation("/api/account/sessions", "list", own(AccountRead))]
pub async fn list_own_sessions() -> Result<Vec<SessionRow>, AppError> {
    Ok(mpanel_core::administration::accounts::own_sessions(&app_auth::services()?, tx).await?)
}

/// Ends one of the own sessions.
#[operation("/api/account/sessions", "end", own(AccountWrite))]
pub async fn end_own_session(session: SessionId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::accounts::end_own_session(tx, session).await?)
}

/// Ends all own sessions but this one; says how many there were.
#[operation("/api/account/sessions", "end_others", own(AccountWrite))]
pub async fn end_other_sessions() -> Result<u64, AppError> {
    Ok(mpanel_core::administration::accounts::end_other_sessions(tx).await?)
}

/// Types the password again, so that what cannot be undone may be done for some minutes.
#[operation("/api/account", "confirm_password", own(AccountWrite))]
pub async fn confirm_password(password: String) -> Result<(), AppError> {
    Ok(mpanel_core::administration::accounts::step_up(&app_auth::services()?, tx, &password).await?)
}

/// Sets a new password. All sessions end, and this browser gets a new one.
#[operation("/api/account", "change_password", own(AccountWrite))]
pub async fn change_password(current: String, new_password: String) -> Result<(), AppError> {
    let request = app_auth::request()?;
    let agent = request.user_agent.as_deref();
    let signed = mpanel_core::administration::accounts::change_password(&request.services, tx, agent, &current, &new_password).await?;
    app_auth::set_session(&signed.token)
}

/// Makes a key for a code app and shows it, once.
#[operation("/api/account/second_step", "begin", own(AccountManage))]
pub async fn begin_second_step() -> Result<SecondStepSecret, AppError> {
    Ok(mpanel_core::administration::accounts::begin_second_step(&app_auth::services()?, tx).await?)
}

/// Takes the first code of the app; shows the recovery codes, once.
#[operation("/api/account/second_step", "confirm", own(AccountWrite))]
pub async fn confirm_second_step(code: String) -> Result<RecoveryCodes, AppError> {
    Ok(mpanel_core::administration::accounts::confirm_second_step(&app_auth::services()?, tx, &code).await?)
}

/// New recovery codes, shown once; the old ones no longer work.
#[operation("/api/account/second_step", "recovery_codes", own(AccountManage))]
pub async fn new_recovery_codes() -> Result<RecoveryCodes, AppError> {
    Ok(mpanel_core::administration::accounts::new_recovery_codes(&app_auth::services()?, tx).await?)
}

/// Turns the second step off.
#[operation("/api/account/second_step", "remove", own(AccountManage))]
pub async fn remove_second_step() -> Result<(), AppError> {
    Ok(mpanel_core::administration::accounts::remove_second_step(tx).await?)
}

/// Leaves a customer account.
#[operation("/api/account", "leave", own(AccountManage))]
pub async fn leave_account(tenant: TenantId) -> Result<(), AppError> {
    Ok(mpanel_core::administration::access::leave(&app_auth::services()?, tx, tenant).await?)
}
