//! Lists as files, in parts, so that neither side holds them whole: `GET /api/admin/security/audit/export` as JSON lines, and
//! `GET /api/admin/billing/mismatches/export` as CSV.

use super::answer;
use app_auth::Request;
use axum::{
    Extension,
    body::Body,
    extract::Query,
    http::header,
    response::{IntoResponse, Response},
};
use core_billing::mismatches;
use core_security::audit::{self, Export};
use engine::Error;
use futures::{StreamExt, stream};
use model::{
    page::PageRequest,
    permission::{AuditRead, BillingRead},
};

/// The events that the list's filter lets through, oldest first.
pub async fn audit(Extension(request): Extension<Request>, Query(filter): Query<PageRequest>) -> Response {
    // The first part is read before the answer begins: what is wrong gets its status.
    let first = match part(&request, &filter, 0).await {
        Ok(first) => first,
        Err(error) => return answer(&error.into_api()),
    };
    let next = first.next;
    let more = stream::try_unfold(next, move |next| {
        let (request, filter) = (request.clone(), filter.clone());
        async move {
            let Some(after) = next else { return Ok(None) };
            // Each part asks at the door again: who loses the permission meanwhile gets no further.
            let part = part(&request, &filter, after).await.map_err(|error| std::io::Error::other(error.into_api().message))?;
            Ok::<_, std::io::Error>(Some((part.lines, part.next)))
        }
    });
    let body = Body::from_stream(stream::once(async move { Ok(first.lines) }).chain(more));
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

async fn part(request: &Request, filter: &PageRequest, after: i64) -> Result<Export, Error> {
    let mut tx = request.services.db.platform::<AuditRead>(&request.caller).await?;
    audit::export(&mut tx, filter, after).await
}

/// The mismatches that the list's filter lets through, newest first.
pub async fn mismatches(Extension(request): Extension<Request>, Query(filter): Query<PageRequest>) -> Response {
    let first = match mismatch_part(&request, &PageRequest { cursor: None, ..filter.clone() }).await {
        Ok(first) => first,
        Err(error) => return answer(&error.into_api()),
    };
    let next = first.next;
    let more = stream::try_unfold(next, move |next| {
        let (request, filter) = (request.clone(), filter.clone());
        async move {
            if next.is_none() {
                return Ok(None);
            }
            let part = mismatch_part(&request, &PageRequest { cursor: next, ..filter }).await;
            let part = part.map_err(|error| std::io::Error::other(error.into_api().message))?;
            Ok::<_, std::io::Error>(Some((part.lines, part.next)))
        }
    });
    let body = Body::from_stream(stream::once(async move { Ok(first.lines) }).chain(more));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"mismatches.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

async fn mismatch_part(request: &Request, filter: &PageRequest) -> Result<mismatches::Export, Error> {
    let mut tx = request.services.db.platform::<BillingRead>(&request.caller).await?;
    mismatches::export(&request.services, &mut tx, filter).await
}
