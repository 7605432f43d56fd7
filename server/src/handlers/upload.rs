//! `POST /api/tenant/hosting/deploys/upload`: an archive, from whoever uploads it to the site's server, so that no side holds it whole.

use super::answer;
use crate::{
    body::{self, LeastSpeed, PacedBody},
    transfers::Transfers,
};
use app_auth::Request;
use axum::{
    Extension, Json,
    body::{Body, BodyDataStream},
    extract::{Query, rejection::QueryRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use core_hosting::deploys::{self, MAX_ARCHIVE, UPLOAD_TIMEOUT};
use db::AccessError;
use engine::Error;
use model::{
    error::{ApiError, ErrorCode},
    hosting::deploy_sources::ArchiveInput,
    ids::WebsiteId,
    permission::WebsitesWrite,
};
use serde::Deserialize;
use tokio::sync::mpsc;

/// Pieces between the one who uploads and the server.
const PIECES: usize = 4;
/// How slowly an archive may come. Its server waits no longer than that for a whole one.
const SPEED: LeastSpeed = LeastSpeed::within(UPLOAD_TIMEOUT);
static UPLOADS: Transfers = Transfers::new();

/// Which account.
#[derive(Deserialize)]
pub struct Account {
    slug: String,
}

/// Which site.
#[derive(Deserialize)]
pub struct Wanted {
    id: WebsiteId,
}

/// Takes an archive and deploys it. Answers with the job.
pub async fn archive(
    Extension(request): Extension<Request>,
    account: Result<Query<Account>, QueryRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    input: Result<Query<ArchiveInput>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let mut parts = body.into_data_stream();
    let error = match take(&request, account, wanted, input, &headers, &mut parts).await {
        Ok(answer) => return answer,
        Err(error) => error,
    };
    // Most clients write everything before they read.
    body::discard(parts);
    ([(header::CONNECTION, "close")], answer(&error)).into_response()
}

async fn take(
    request: &Request,
    account: Result<Query<Account>, QueryRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    input: Result<Query<ArchiveInput>, QueryRejection>,
    headers: &HeaderMap,
    parts: &mut BodyDataStream,
) -> Result<Response, ApiError> {
    if request.caller.principal().is_none() {
        return Err(Error::from(AccessError::NotSignedIn).into_api());
    }
    let unnamed = |_| ApiError::new(ErrorCode::Invalid, "Name an account by its slug, a site by its id, and the file by its name.");
    let Query(Account { slug }) = account.map_err(unnamed)?;
    let tx = request.services.db.tenant_by_slug::<WebsitesWrite>(&request.caller, &slug).await.map_err(|error| Error::from(error).into_api())?;
    let (Query(wanted), Query(input)) = (wanted.map_err(unnamed)?, input.map_err(unnamed)?);
    if body::announced(headers).is_some_and(|length| length as u64 > MAX_ARCHIVE) {
        return Err(too_large());
    }
    let busy = || ApiError::new(ErrorCode::TooMany, "Too many uploads at once. Try again when one has ended.");
    let _transfer = UPLOADS.begin(slug).ok_or_else(busy)?;
    let (to, from) = mpsc::channel(PIECES);
    let (sent, started) = tokio::join!(send(parts, to), deploys::upload(&request.services, tx, wanted.id, input, from));
    // What was wrong with what was sent is why the server did not get it whole.
    sent?;
    started.map(|job| Json(job).into_response()).map_err(Error::into_api)
}

/// Hands on what comes, and says when it is whole. Without that the server takes it as broken off.
async fn send(parts: &mut BodyDataStream, to: mpsc::Sender<Vec<u8>>) -> Result<(), ApiError> {
    let (mut body, mut taken) = (PacedBody::new(parts, SPEED), 0_u64);
    while let Some(piece) = body.next().await? {
        taken += piece.len() as u64;
        if taken > MAX_ARCHIVE {
            return Err(too_large());
        }
        if !piece.is_empty() && to.send(piece.to_vec()).await.is_err() {
            // Whoever takes it has said why it does not.
            return Ok(());
        }
    }
    if taken == 0 {
        return Err(ApiError::field("name", "Choose a file that is not empty."));
    }
    // Nobody takes it any more: that is told by the one who did.
    let _ = to.send(Vec::new()).await;
    Ok(())
}

fn too_large() -> ApiError {
    ApiError::new(ErrorCode::TooLarge, format!("The archive is too large (limit {} MiB).", MAX_ARCHIVE >> 20))
}
