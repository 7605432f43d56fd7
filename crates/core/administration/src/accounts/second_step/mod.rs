//! The second step: an authenticator app, and recovery codes for who has lost it.
//!
//! The app's key is sealed with the installation's key, the recovery codes are kept as keyed hashes. A code works once: the
//! clock step of the last one is stored, and only later ones are taken.

mod codes;
pub(crate) mod queries;
mod sign_in_code;
mod totp;

pub use sign_in_code::sign_in_code;
pub(super) use sign_in_code::wait_for_code;

#[cfg(test)]
pub(crate) use {codes::read as read_code, totp::*};

use db::{AuditEvent, Caller, OwnTx};
use engine::{Error, Result, Services, secrets};
use model::{
    Time,
    administration::access::{RecoveryCodes, SecondStepSecret},
    audit_action::AuditAction,
    ids::UserId,
    permission::{AccountManage, AccountWrite},
};
use qrcodegen::{QrCode, QrCodeEcc};
use serde_json::json;
use sqlx::PgConnection;

/// What a login has.
pub(super) struct SecondStep {
    /// Since when an authenticator app is asked for; nothing without one.
    pub since: Option<Time>,
    /// Recovery codes that are left.
    pub codes: i64,
}

/// What the login has.
pub(super) async fn state(conn: &mut PgConnection, user: UserId) -> Result<SecondStep> {
    let (since, codes) = queries::state(conn, user).await?;
    Ok(SecondStep { since, codes })
}

/// Whether staff need a second step.
pub(super) async fn staff_need_it(conn: &mut PgConnection) -> Result<bool> {
    Ok(queries::staff_need_it(conn).await?)
}

/// Makes a key and shows it, once; a key that was shown before and not confirmed is forgotten.
///
/// # Errors
/// A conflict, when the login has a second step already.
pub async fn begin_second_step(services: &Services, mut tx: OwnTx<AccountManage>) -> Result<SecondStepSecret> {
    let (user, email) = (tx.user(), tx.caller().actor.to_string());
    let key = secrets::random_bytes::<{ totp::KEY }>();
    let sealed = services.key.seal(&place(user), &key)?;
    if !queries::keep_secret(tx.conn(), user, &sealed, services.now()).await? {
        return Err(Error::conflict("2FA is already on. Turn it off first."));
    }
    let uri = totp::uri(&key, &services.settings.seller.name, &email);
    let (qr_size, qr_path) = picture(&uri)?;
    let event = AuditEvent::new(AuditAction::SecretShown, "user", user, email);
    tx.commit(event.after(json!({ "secret": "authenticator key" }))).await?;
    Ok(SecondStepSecret { secret: totp::typed_key(&key), uri, qr_size, qr_path })
}

/// Takes the first code of the app: from now on signing in asks for one. Shows the recovery codes, once.
///
/// # Errors
/// On field `code`, when it is not the app's; a conflict, when no key was shown or it is confirmed already.
pub async fn confirm_second_step(services: &Services, mut tx: OwnTx<AccountWrite>, code: &str) -> Result<RecoveryCodes> {
    let (user, now) = (tx.user(), services.now());
    let secret = queries::secret(tx.conn(), user).await?.filter(|secret| secret.confirmed_at.is_none());
    let secret = secret.ok_or_else(|| Error::conflict("No pending 2FA setup. Start again."))?;
    let key = services.key.open(&place(user), &secret.sealed)?;
    let step = totp::accepted(&key, &digits(code), now, secret.last_step)
        .ok_or_else(|| Error::field("code", "Incorrect code. Check that your phone's clock is correct."))?;
    if !queries::confirm_secret(tx.conn(), user, step, now).await? {
        return Err(Error::conflict("2FA is already on."));
    }
    let codes = renew_codes(services, tx.conn(), user).await?;
    let email = tx.caller().actor.to_string();
    tx.record(AuditEvent::new(AuditAction::SecretShown, "user", user, &email).after(json!({ "secret": "recovery codes" })));
    tx.commit(AuditEvent::new(AuditAction::SecondStepAdded, "user", user, email)).await?;
    Ok(codes)
}

/// New recovery codes, shown once; the old ones no longer work.
///
/// # Errors
/// A conflict without a second step.
pub async fn new_recovery_codes(services: &Services, mut tx: OwnTx<AccountManage>) -> Result<RecoveryCodes> {
    let user = tx.user();
    if state(tx.conn(), user).await?.since.is_none() {
        return Err(Error::conflict("Set up 2FA first."));
    }
    let codes = renew_codes(services, tx.conn(), user).await?;
    let event = AuditEvent::new(AuditAction::SecretShown, "user", user, tx.caller().actor.to_string());
    tx.commit(event.after(json!({ "secret": "recovery codes" }))).await?;
    Ok(codes)
}

/// Signing in asks for the password alone again; staff may not do this while the rules ask for a second step.
///
/// # Errors
/// A conflict, when there is none, or the rules ask for one.
pub async fn remove_second_step(mut tx: OwnTx<AccountManage>) -> Result<()> {
    let user = tx.user();
    let staff = super::queries::user(tx.conn(), user).await?.platform_role.is_some();
    if staff && staff_need_it(tx.conn()).await? {
        return Err(Error::conflict("2FA is required for staff. See Security policies."));
    }
    if !queries::delete_secret(tx.conn(), user).await? {
        return Err(Error::conflict("2FA is not on."));
    }
    queries::delete_codes(tx.conn(), user).await?;
    let event = AuditEvent::new(AuditAction::SecondStepRemoved, "user", user, tx.caller().actor.to_string());
    Ok(tx.commit(event).await?)
}

/// Takes a login's second step away, by the operator's own hand: at the machine, for who has lost phone and recovery codes
/// and has nobody above to ask.
///
/// # Errors
/// On field `email`, when no login has it; a conflict, when the login has none.
pub async fn remove_lost_second_step(services: &Services, email: &str) -> Result<()> {
    let email = super::rules::email(email)?;
    let mut tx = services.db.system("command line").await?;
    let user = queries::user_by_email(tx.conn(), email.as_str()).await?.ok_or_else(|| Error::field("email", "No user has this email."))?;
    if !queries::delete_secret(tx.conn(), user).await? {
        return Err(Error::conflict("This user doesn't use 2FA."));
    }
    queries::delete_codes(tx.conn(), user).await?;
    Ok(tx.commit(AuditEvent::new(AuditAction::SecondStepRemoved, "user", user, email.as_str())).await?)
}

/// Seals the keys of all authenticator apps with the present key; says how many. Each in its own login's transaction, since no other sees
/// them: so this is no `SealedTable`.
pub(crate) async fn reseal(services: &Services) -> Result<usize> {
    let caller = Caller::from("command line");
    let mut tx = services.db.system(caller.clone()).await?;
    let users = queries::owners_of_secrets(tx.conn()).await?;
    tx.finish().await?;
    for user in &users {
        let mut tx = services.db.public(&caller).await?;
        tx.scope_to(*user).await?;
        let Some(secret) = queries::secret(tx.conn(), *user).await? else { continue };
        let sealed = services.key.seal_anew(&place(*user), &secret.sealed)?;
        queries::reseal(tx.conn(), *user, &sealed).await?;
        tx.commit_bookkeeping().await?;
    }
    Ok(users.len())
}

async fn renew_codes(services: &Services, conn: &mut PgConnection, user: UserId) -> Result<RecoveryCodes> {
    queries::delete_codes(conn, user).await?;
    let made = codes::make();
    for code in made.iter().filter_map(|code| codes::read(code)) {
        queries::insert_code(conn, user, &codes::hash(&services.key, user, &code), services.now()).await?;
    }
    Ok(RecoveryCodes { codes: made })
}

/// Where a key is sealed to: it opens for this login only.
fn place(user: UserId) -> String {
    format!("totp:{user}")
}

/// What people type around the digits goes.
fn digits(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace()).take(10).collect()
}

/// Modules along one side with the quiet border, and the dark ones as the path of an SVG.
fn picture(text: &str) -> Result<(i32, String)> {
    const BORDER: i32 = 4;
    let qr = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|error| Error::Internal(anyhow::anyhow!("QR code: {error:?}")))?;
    let dark = (0..qr.size()).flat_map(|y| (0..qr.size()).map(move |x| (x, y))).filter(|(x, y)| qr.get_module(*x, *y));
    let path = dark.map(|(x, y)| format!("M{},{}h1v1h-1z", x + BORDER, y + BORDER)).collect();
    Ok((qr.size() + 2 * BORDER, path))
}
