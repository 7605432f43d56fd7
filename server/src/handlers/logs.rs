//! `GET /api/{admin,tenant}/hosting/websites/log_file`: a log of a site, from its server to the browser, so that no side holds it whole.

use super::answer;
use crate::transfers::{Transfer, Transfers};
use app_auth::Request;
use axum::{
    Extension,
    body::Body,
    extract::{Query, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use core_hosting::websites;
use db::AccessError;
use engine::{Error, Result as EngineResult};
use futures::StreamExt;
use model::{
    error::{ApiError, ErrorCode},
    hosting::site_logs::SiteLogKind,
    ids::WebsiteId,
    permission::WebsitesRead,
};
use serde::Deserialize;
use tokio::sync::mpsc;

/// Pieces between the server and the browser.
const PIECES: usize = 4;
static DOWNLOADS: Transfers = Transfers::new();

/// Which log of which site.
#[derive(Deserialize)]
pub struct WantedOfSite {
    id: WebsiteId,
    log: SiteLogKind,
}

/// Which account.
#[derive(Deserialize)]
pub struct Account {
    slug: String,
}

const UNNAMED: &str = "Name a site by its id, and the log: access, error or application.";

/// All of a log of a site that is kept, for staff.
pub async fn site(Extension(request): Extension<Request>, wanted: Result<Query<WantedOfSite>, QueryRejection>) -> Response {
    let tx = match request.services.db.platform::<WebsitesRead>(&request.caller).await {
        Ok(tx) => tx,
        Err(error) => return answer(&Error::from(error).into_api()),
    };
    let Ok(Query(wanted)) = wanted else { return answer(&ApiError::new(ErrorCode::Invalid, UNNAMED)) };
    let Some(transfer) = of_staff(&request) else { return busy() };
    let (to, from) = mpsc::channel(PIECES);
    let services = request.services.clone();
    stream(transfer, from, wanted.log.as_str(), async move { websites::send_log(&services, tx, wanted.id, wanted.log, to).await }).await
}

/// All of a log of a site of an account that is kept.
pub async fn site_of_tenant(
    Extension(request): Extension<Request>,
    account: Result<Query<Account>, QueryRejection>,
    wanted: Result<Query<WantedOfSite>, QueryRejection>,
) -> Response {
    if request.caller.principal().is_none() {
        return answer(&Error::from(AccessError::NotSignedIn).into_api());
    }
    let Ok(Query(account)) = account else { return answer(&ApiError::new(ErrorCode::Invalid, "Name an account by its slug.")) };
    let tx = match request.services.db.tenant_by_slug::<WebsitesRead>(&request.caller, &account.slug).await {
        Ok(tx) => tx,
        Err(error) => return answer(&Error::from(error).into_api()),
    };
    let Ok(Query(wanted)) = wanted else { return answer(&ApiError::new(ErrorCode::Invalid, UNNAMED)) };
    let Some(transfer) = DOWNLOADS.begin(account.slug) else { return busy() };
    let (to, from) = mpsc::channel(PIECES);
    let services = request.services.clone();
    stream(transfer, from, wanted.log.as_str(), async move { websites::send_own_log(&services, tx, wanted.id, wanted.log, to).await }).await
}

/// A place of whoever of staff asks.
fn of_staff(request: &Request) -> Option<Transfer> {
    DOWNLOADS.begin(format!("staff {}", request.caller.principal()?.user()))
}

fn busy() -> Response {
    answer(&ApiError::new(ErrorCode::TooMany, "Too many downloads at once. Try again when one has ended."))
}

/// What is sent, as it comes. It holds its place until all of it is handed on.
async fn stream(
    transfer: Transfer,
    mut from: mpsc::Receiver<Vec<u8>>,
    log: &str,
    sending: impl Future<Output = EngineResult<()>> + Send + 'static,
) -> Response {
    let sending = tokio::spawn(async move {
        let _transfer = transfer;
        sending.await
    });
    let ended = async move { sending.await.unwrap_or_else(|error| Err(Error::Internal(error.into()))) };
    // The first piece is waited for before the answer begins: what is wrong gets its status.
    let Some(first) = from.recv().await else {
        return match ended.await {
            Ok(()) => headers(Body::empty(), log),
            Err(error) => answer(&error.into_api()),
        };
    };
    let rest = futures::stream::unfold(from, |mut from| async move { from.recv().await.map(|piece| (Ok(piece), from)) });
    // One that breaks off must not look whole: then the answer breaks off too.
    let end = futures::stream::once(ended).filter_map(async |ended| ended.err().map(|error| Err(std::io::Error::other(error.into_api().message))));
    headers(Body::from_stream(futures::stream::once(async { Ok(first) }).chain(rest).chain(end)), log)
}

fn headers(body: Body, log: &str) -> Response {
    let file = format!("attachment; filename=\"{log}.log\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, file),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, body).into_response()
}
