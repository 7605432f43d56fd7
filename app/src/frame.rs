//! What every frame needs to know: who is signed in, who sells, whether servers are simulated.
#![allow(missing_docs, reason = "the macro makes a struct of the arguments of each function")]

use app_kit::error::AppError;
use leptos::prelude::*;
use model::{administration::accounts::Viewer, billing::invoices::Party};
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

/// What every frame needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The signed-in person.
    pub viewer: Option<Viewer>,
    /// Who sells.
    pub seller: Party,
    /// Servers are simulated.
    pub simulated: bool,
}

/// Says who is signed in and whose house this is.
#[server(prefix = "/api/public", endpoint = "frame", input = Json)]
pub async fn read_frame() -> Result<Frame, AppError> {
    let request = app_door::request()?;
    let settings = &request.services.settings;
    Ok(Frame { viewer: request.viewer.clone(), seller: settings.seller.clone(), simulated: settings.simulated })
}
