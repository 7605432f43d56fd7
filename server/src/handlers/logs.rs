//! `GET /api/admin/hosting/cloudpods/log`: a log of a pod, from its server to the browser, so that no side holds it whole.

use super::answer;
use app_auth::Request;
use axum::{
    Extension,
    body::Body,
    extract::{Query, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use core_hosting::cloudpods;
use engine::Error;
use futures::{StreamExt, stream};
use model::{
    error::{ApiError, ErrorCode},
    ids::CloudPodId,
    permission::CloudpodsRead,
};
use serde::Deserialize;
use tokio::sync::mpsc;
use wire::verb::WebLog;

/// Pieces between the server and the browser.
const PIECES: usize = 4;

/// Which log of which pod.
#[derive(Deserialize)]
pub struct Wanted {
    id: CloudPodId,
    log: WebLog,
}

/// The log as it is now.
pub async fn pod(Extension(request): Extension<Request>, wanted: Result<Query<Wanted>, QueryRejection>) -> Response {
    let tx = match request.services.db.platform::<CloudpodsRead>(&request.caller).await {
        Ok(tx) => tx,
        Err(error) => return answer(&Error::from(error).into_api()),
    };
    let Ok(Query(wanted)) = wanted else {
        return answer(&ApiError::new(ErrorCode::Invalid, "Name a CloudPod by its id, and the log: access or error."));
    };
    let (to, mut from) = mpsc::channel(PIECES);
    let services = request.services.clone();
    let sending = tokio::spawn(async move { cloudpods::send_log(&services, tx, wanted.id, wanted.log, to).await });
    let ended = async move { sending.await.unwrap_or_else(|error| Err(Error::Internal(error.into()))) };
    // The first piece is waited for before the answer begins: what is wrong gets its status.
    let Some(first) = from.recv().await else {
        return match ended.await {
            Ok(()) => headers(Body::empty(), wanted.log),
            Err(error) => answer(&error.into_api()),
        };
    };
    let rest = stream::unfold(from, |mut from| async move { from.recv().await.map(|piece| (Ok(piece), from)) });
    // One that breaks off must not look whole: then the answer breaks off too.
    let end = stream::once(ended).filter_map(async |ended| ended.err().map(|error| Err(std::io::Error::other(error.into_api().message))));
    headers(Body::from_stream(stream::once(async { Ok(first) }).chain(rest).chain(end)), wanted.log)
}

fn headers(body: Body, log: WebLog) -> Response {
    let file = format!("attachment; filename=\"{}.log\"", log.word());
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, file),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, body).into_response()
}
