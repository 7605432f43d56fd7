//! The own login as its pages call it.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use app_operation::operation;
use model::{
    administration::access::{AccountView, RecoveryCodes, SecondStepSecret, SessionRow},
    ids::{SessionId, TenantId},
};

/// Returns your profile, 2FA status and customer accounts.
#[operation("/api/account", "get", own(AccountRead))]
pub async fn read_account() -> Result<AccountView, AppError> {
    Ok(core_administration::accounts::account(tx).await?)
}

/// Lists your sessions, newest first.
#[operation("/api/account/sessions", "list", own(AccountRead))]
pub async fn list_own_sessions() -> Result<Vec<SessionRow>, AppError> {
    Ok(core_administration::accounts::own_sessions(&app_auth::services()?, tx).await?)
}

/// Signs out one of your sessions.
#[operation("/api/account/sessions", "end", own(AccountWrite))]
pub async fn end_own_session(session: SessionId) -> Result<(), AppError> {
    Ok(core_administration::accounts::end_own_session(tx, session).await?)
}

/// Signs out all your other sessions. Returns how many there were.
#[operation("/api/account/sessions", "end_others", own(AccountWrite))]
pub async fn end_other_sessions() -> Result<u64, AppError> {
    Ok(core_administration::accounts::end_other_sessions(tx).await?)
}

/// Confirms your password, which unlocks sensitive operations for a few minutes.
#[operation("/api/account", "confirm_password", own(AccountWrite))]
pub async fn confirm_password(password: String) -> Result<(), AppError> {
    Ok(core_administration::accounts::step_up(&app_auth::services()?, tx, &password).await?)
}

/// Changes your password, ends all sessions and issues a new one to this browser.
#[operation("/api/account", "change_password", own(AccountWrite))]
pub async fn change_password(current: String, new_password: String) -> Result<(), AppError> {
    let request = app_auth::request()?;
    let agent = request.user_agent.as_deref();
    let signed = core_administration::accounts::change_password(&request.services, tx, agent, &current, &new_password).await?;
    app_auth::set_session(&signed.token)
}

/// Starts 2FA setup. Returns the authenticator key, which is shown only once.
#[operation("/api/account/second_step", "begin", own(AccountManage))]
pub async fn begin_second_step() -> Result<SecondStepSecret, AppError> {
    Ok(core_administration::accounts::begin_second_step(&app_auth::services()?, tx).await?)
}

/// Turns 2FA on with the first code. Returns the recovery codes, which are shown only once.
#[operation("/api/account/second_step", "confirm", own(AccountWrite))]
pub async fn confirm_second_step(code: String) -> Result<RecoveryCodes, AppError> {
    Ok(core_administration::accounts::confirm_second_step(&app_auth::services()?, tx, &code).await?)
}

/// Replaces the recovery codes. The new ones are shown only once.
#[operation("/api/account/second_step", "recovery_codes", own(AccountManage))]
pub async fn new_recovery_codes() -> Result<RecoveryCodes, AppError> {
    Ok(core_administration::accounts::new_recovery_codes(&app_auth::services()?, tx).await?)
}

/// Turns 2FA off.
#[operation("/api/account/second_step", "remove", own(AccountManage))]
pub async fn remove_second_step() -> Result<(), AppError> {
    Ok(core_administration::accounts::remove_second_step(tx).await?)
}

/// Leaves a customer account.
#[operation("/api/account", "leave", own(AccountManage))]
pub async fn leave_account(tenant: TenantId) -> Result<(), AppError> {
    Ok(core_administration::access::leave(&app_auth::services()?, tx, tenant).await?)
}
