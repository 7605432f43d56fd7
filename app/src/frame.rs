//! What every frame needs to know: who is signed in, who sells, whether servers are simulated.

use leptos::prelude::*;
use model::{administration::accounts::Viewer, billing::invoices::Party};
use serde::{Deserialize, Serialize};

/// What every frame needs to know. It holds as long as the page: signing in and out load a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The signed-in person.
    pub viewer: Option<Viewer>,
    /// Who sells.
    pub seller: Party,
    /// Servers are simulated.
    pub simulated: bool,
}

/// Gives the frame to everything below: the server reads it from the request, the browser from the page.
pub fn provide_frame() {
    provide_context(SharedValue::new(of_request).into_inner());
}

/// The frame of this page.
pub fn use_frame() -> Frame {
    use_context().unwrap_or_default()
}

#[cfg(feature = "ssr")]
fn of_request() -> Frame {
    let Ok(request) = app_auth::request() else { return Frame::default() };
    let settings = &request.services.settings;
    Frame { viewer: request.viewer.clone(), seller: settings.seller.clone(), simulated: settings.simulated }
}

#[cfg(not(feature = "ssr"))]
fn of_request() -> Frame {
    Frame::default()
}
