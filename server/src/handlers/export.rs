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
use core_security::audit;
use engine::Error;
use futures::{StreamExt, stream};
use model::{
    page::PageRequest,
    permission::{AuditRead, BillingRead},
};

/// The events that the list's filter lets through, oldest first.
pub async fn audit(Extension(request): Extension<Request>, Query(filter): Query<PageRequest>) -> Response {
    let part = move |after: i64| {
        let (request, filter) = (request.clone(), filter.clone());
        async move {
            let mut tx = request.services.db.platform::<AuditRead>(&request.caller).await?;
            let part = audit::export(&mut tx, &filter, after).await?;
            Ok((part.lines, part.next))
        }
    };
    in_parts(0, part, "application/jsonl; charset=utf-8", "attachment; filename=\"audit.jsonl\"").await
}

/// The mismatches that the list's filter lets through, newest first.
pub async fn mismatches(Extension(request): Extension<Request>, Query(filter): Query<PageRequest>) -> Response {
    let part = move |cursor: Option<String>| {
        let (request, filter) = (request.clone(), PageRequest { cursor, ..filter.clone() });
        async move {
            let mut tx = request.services.db.platform::<BillingRead>(&request.caller).await?;
            let part = mismatches::export(&request.services, &mut tx, &filter).await?;
            Ok((part.lines, part.next.map(Some)))
        }
    };
    in_parts(None, part, "text/csv; charset=utf-8", "attachment; filename=\"mismatches.csv\"").await
}

/// A list as a file. `part` reads what stands behind a place, and says where the next part begins; it passes the access check each time, so who loses
/// the permission meanwhile gets no further.
async fn in_parts<P, F>(start: P, part: impl Fn(P) -> F + Send + 'static, kind: &'static str, disposition: &'static str) -> Response
where
    P: Send + 'static,
    F: Future<Output = Result<(String, Option<P>), Error>> + Send + 'static,
{
    // The first part is read before the answer begins: what is wrong gets its status.
    let (first, next) = match part(start).await {
        Ok(first) => first,
        Err(error) => return answer(&error.into_api()),
    };
    let more = stream::try_unfold((next, part), |(next, part)| async move {
        let Some(place) = next else { return Ok(None) };
        let (lines, next) = part(place).await.map_err(|error| std::io::Error::other(error.into_api().message))?;
        Ok::<_, std::io::Error>(Some((lines, (next, part))))
    });
    let body = Body::from_stream(stream::once(async move { Ok(first) }).chain(more));
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition), (header::CACHE_CONTROL, "no-store")], body).into_response()
}
