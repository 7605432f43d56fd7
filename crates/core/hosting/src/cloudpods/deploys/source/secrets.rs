//! Deploy keys and the secrets of webhooks: sealed for their site.

use super::queries;
use engine::{
    Result, Services,
    secrets::{self, MasterKey},
};
use model::ids::WebsiteId;

/// Seals the private part of a site's deploy key.
pub(in crate::cloudpods::deploys) fn seal_key(key: &MasterKey, site: WebsiteId, private: &str) -> Result<Vec<u8>> {
    Ok(key.seal_text(&place_of_key(site), private)?)
}

/// Opens what [`seal_key`] made.
pub(in crate::cloudpods) fn open_key(key: &MasterKey, site: WebsiteId, sealed: &[u8]) -> Result<String> {
    Ok(key.open_text(&place_of_key(site), sealed)?)
}

/// Seals the secret of a site's webhook.
pub(in crate::cloudpods::deploys) fn seal_webhook(key: &MasterKey, site: WebsiteId, secret: &str) -> Result<Vec<u8>> {
    Ok(key.seal_text(&place_of_webhook(site), secret)?)
}

/// Opens what [`seal_webhook`] made.
pub(in crate::cloudpods::deploys) fn open_webhook(key: &MasterKey, site: WebsiteId, sealed: &[u8]) -> Result<String> {
    Ok(key.open_text(&place_of_webhook(site), sealed)?)
}

fn place_of_key(site: WebsiteId) -> String {
    format!("site_deploy_key:{site}")
}

fn place_of_webhook(site: WebsiteId) -> String {
    format!("site_webhook:{site}")
}

/// Seals all of them with the present key; says how many.
pub(in crate::cloudpods::deploys) async fn reseal(services: &Services) -> Result<usize> {
    secrets::reseal::<queries::SealedSources>(services, |site, column| match column {
        0 => place_of_key(*site),
        _ => place_of_webhook(*site),
    })
    .await
}
