//! From a request to a proof: the server half of every server function begins here.
//!
//! The server puts a [`Request`] into the context of each page and each server function. What a body may do follows from the
//! access check that it passes: [`platform`], [`tenant`], [`own`] or [`public`]; the attribute `#[operation]` calls it.

pub mod operations;

use app_kit::error::AppError;
use axum::http::{HeaderValue, header::SET_COOKIE};
use core_administration::access;
use db::{AccessError, Caller, OwnTx, PlatformTx, PublicTx, TenantTx};
use engine::{Error, Services};
use leptos::prelude::use_context;
use model::{
    administration::accounts::Viewer,
    error::{ApiError, ErrorCode},
    permission::Permission,
};

/// What is known of the running request.
#[derive(Clone)]
pub struct Request {
    /// The parts that mPanel works with.
    pub services: Services,
    /// Who asks, and from where.
    pub caller: Caller,
    /// The signed-in person, as pages show it.
    pub viewer: Option<Viewer>,
    /// What the browser calls itself; stands in the list of sessions.
    pub user_agent: Option<String>,
    /// How the session cookie is written here.
    pub cookie: CookieStyle,
}

/// How the session cookie is written: behind TLS it is bound to the host and never leaves it in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieStyle {
    /// `__Host-mpanel`, `Secure`.
    Tls,
    /// `mpanel`, for a panel that is reached without TLS on its own machine.
    Plain,
}

impl CookieStyle {
    /// Name of the cookie.
    pub const fn name(self) -> &'static str {
        match self {
            CookieStyle::Tls => "__Host-mpanel",
            CookieStyle::Plain => "mpanel",
        }
    }

    /// The header that sets (or with an empty token removes) the cookie.
    fn header(self, token: &str, max_age: i64) -> String {
        let secure = if self == CookieStyle::Tls { "; Secure" } else { "" };
        format!("{}={token}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}", self.name())
    }
}

/// The running request.
///
/// # Errors
/// Outside a request, which is a fault of ours.
pub fn request() -> Result<Request, AppError> {
    use_context::<Request>().ok_or_else(|| AppError::from(ApiError::new(ErrorCode::Internal, "The request could not be processed. Try again.")))
}

/// The parts that mPanel works with.
///
/// # Errors
/// Outside a request.
pub fn services() -> Result<Services, AppError> {
    Ok(request()?.services)
}

/// Opens a transaction on the platform for somebody who holds `P` there.
///
/// # Errors
/// Nobody is signed in, or the permission is missing.
pub async fn platform<P: Permission>() -> Result<PlatformTx<P>, AppError> {
    let request = request()?;
    match request.services.db.platform::<P>(&request.caller).await {
        Ok(tx) => Ok(tx),
        Err(denied) => Err(access_error(&request, denied, "the platform").await),
    }
}

/// Opens a transaction in one tenant, named by its slug, for somebody who holds `P` in it.
///
/// # Errors
/// Nobody is signed in, the tenant is not theirs (not found), or the permission is missing.
pub async fn tenant<P: Permission>(slug: &str) -> Result<TenantTx<P>, AppError> {
    let request = request()?;
    match request.services.db.tenant_by_slug::<P>(&request.caller, slug).await {
        Ok(tx) => Ok(tx),
        Err(denied) => Err(access_error(&request, denied, slug).await),
    }
}

/// The error of a failed access check; who is known and lacks the permission is written into the audit log.
async fn access_error(request: &Request, denied: AccessError, place: &str) -> AppError {
    if let AccessError::Forbidden { permission } = denied
        && let Err(error) = access::note_refusal(&request.services, &request.caller, permission, place).await
    {
        let _ = error.into_api(); // the log has it; the answer is the same
    }
    Error::from(denied).into()
}

/// Opens a transaction on the own data of whoever is signed in.
///
/// # Errors
/// Nobody is signed in, or `P` asks for the password again.
pub async fn own<P: Permission>() -> Result<OwnTx<P>, AppError> {
    let request = request()?;
    Ok(request.services.db.own::<P>(&request.caller).await.map_err(Error::from)?)
}

/// Opens a public transaction.
///
/// # Errors
/// PostgreSQL does not answer.
pub async fn public() -> Result<PublicTx, AppError> {
    let request = request()?;
    Ok(request.services.db.public(&request.caller).await.map_err(Error::from)?)
}

/// Gives the browser its session.
///
/// # Errors
/// Outside a request.
pub fn set_session(token: &str) -> Result<(), AppError> {
    let request = request()?;
    let max_age = request.services.settings.session_absolute.num_seconds();
    set_cookie(&request.cookie.header(token, max_age));
    Ok(())
}

/// Takes the session away from the browser.
///
/// # Errors
/// Outside a request.
pub fn clear_session() -> Result<(), AppError> {
    set_cookie(&request()?.cookie.header("", 0));
    Ok(())
}

fn set_cookie(header: &str) {
    if let (Some(options), Ok(value)) = (use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(header)) {
        options.append_header(SET_COOKIE, value);
    }
}
