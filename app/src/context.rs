//! Context for all pages: the viewer, the seller, and what this installation has.

use leptos::prelude::*;
use model::{administration::accounts::Viewer, billing::invoices::Party};
use serde::{Deserialize, Serialize};

/// Context for all pages. It is fixed while a document is loaded: signing in and out load a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppContext {
    /// The signed-in user.
    pub viewer: Option<Viewer>,
    /// The seller.
    pub seller: Party,
    /// Whether servers are simulated.
    pub simulated: bool,
    /// Whether certificates are issued.
    pub has_certificates: bool,
}

/// Provides the context. The server takes it from the request, the browser from the document.
pub fn provide_app_context() {
    provide_context(SharedValue::new(of_request).into_inner());
}

/// The context of this page.
pub fn use_app_context() -> AppContext {
    use_context().unwrap_or_default()
}

#[cfg(feature = "ssr")]
fn of_request() -> AppContext {
    let Ok(request) = app_auth::request() else { return AppContext::default() };
    let settings = &request.services.settings;
    AppContext {
        viewer: request.viewer.clone(),
        seller: Party { bank: None, ..settings.seller.clone() },
        simulated: settings.simulated,
        has_certificates: app_hosting::certificates::are_issued(),
    }
}

#[cfg(not(feature = "ssr"))]
fn of_request() -> AppContext {
    AppContext::default()
}
