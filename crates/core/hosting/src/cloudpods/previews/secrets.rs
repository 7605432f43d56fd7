//! Passwords of previews, sealed for their site.

use super::queries;
use engine::{
    Result, Services,
    secrets::{self, MasterKey},
};
use model::ids::WebsiteId;

fn place(preview: WebsiteId) -> String {
    format!("site_preview:{preview}")
}

/// Seals the password of a preview.
pub(super) fn seal(key: &MasterKey, preview: WebsiteId, password: &str) -> Result<Vec<u8>> {
    Ok(key.seal_text(&place(preview), password)?)
}

/// Opens what [`seal`] made.
pub(super) fn open(key: &MasterKey, preview: WebsiteId, sealed: &[u8]) -> Result<String> {
    Ok(key.open_text(&place(preview), sealed)?)
}

/// Seals all of them with the present key; says how many.
pub(super) async fn reseal(services: &Services) -> Result<usize> {
    secrets::reseal::<queries::SealedPasswords>(services, |preview, _| place(*preview)).await
}
