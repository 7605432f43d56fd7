//! Invoices as PDF: `GET /api/admin/billing/invoices/document` and the same of an account.

use super::answer;
use app_auth::Request;
use axum::{
    Extension,
    extract::{Query, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Response},
};
use core_billing::documents::{self, DocumentFile};
use db::AccessError;
use engine::Error;
use model::{
    error::{ApiError, ErrorCode},
    ids::InvoiceId,
    permission::BillingRead,
};
use serde::Deserialize;

/// Which invoice.
#[derive(Deserialize)]
pub struct Wanted {
    id: InvoiceId,
}

/// Which account.
#[derive(Deserialize)]
pub struct Account {
    slug: String,
}

/// An invoice, for staff.
pub async fn of_any(Extension(request): Extension<Request>, wanted: Result<Query<Wanted>, QueryRejection>) -> Response {
    let tx = match request.services.db.platform::<BillingRead>(&request.caller).await {
        Ok(tx) => tx,
        Err(error) => return answer(&Error::from(error).into_api()),
    };
    let Ok(Query(wanted)) = wanted else { return unnamed("Name an invoice by its id.") };
    file(documents::get(&request.services, tx, wanted.id).await)
}

/// An invoice of an account.
pub async fn of_tenant(
    Extension(request): Extension<Request>,
    account: Result<Query<Account>, QueryRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    if request.caller.principal().is_none() {
        return answer(&Error::from(AccessError::NotSignedIn).into_api());
    }
    let Ok(Query(account)) = account else { return unnamed("Name an account by its slug, and an invoice by its id.") };
    let tx = match request.services.db.tenant_by_slug::<BillingRead>(&request.caller, &account.slug).await {
        Ok(tx) => tx,
        Err(error) => return answer(&Error::from(error).into_api()),
    };
    let Ok(Query(wanted)) = wanted else { return unnamed("Name an invoice by its id.") };
    file(documents::get_of_tenant(&request.services, tx, wanted.id).await)
}

fn unnamed(message: &str) -> Response {
    answer(&ApiError::new(ErrorCode::Invalid, message))
}

fn file(found: engine::Result<DocumentFile>) -> Response {
    match found {
        Ok(file) => {
            let headers = [
                (header::CONTENT_TYPE, "application/pdf".to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, file.body).into_response()
        }
        Err(error) => answer(&error.into_api()),
    }
}
