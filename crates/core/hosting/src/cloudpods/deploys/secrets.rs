//! Deploy keys and the secrets of webhooks: sealed for their site.

use super::queries;
use engine::{Result, Services, secrets::MasterKey};
use model::ids::WebsiteId;

/// Seals the private part of a site's deploy key.
pub(super) fn seal_key(key: &MasterKey, site: WebsiteId, private: &str) -> Result<Vec<u8>> {
    Ok(key.seal(&place_of_key(site), private.as_bytes()).map_err(anyhow::Error::from)?)
}

/// Opens what [`seal_key`] made.
pub(in crate::cloudpods) fn open_key(key: &MasterKey, site: WebsiteId, sealed: &[u8]) -> Result<String> {
    let plain = key.open(&place_of_key(site), sealed).map_err(anyhow::Error::from)?;
    Ok(String::from_utf8(plain).map_err(anyhow::Error::from)?)
}

/// Seals the secret of a site's webhook.
pub(super) fn seal_webhook(key: &MasterKey, site: WebsiteId, secret: &str) -> Result<Vec<u8>> {
    Ok(key.seal(&place_of_webhook(site), secret.as_bytes()).map_err(anyhow::Error::from)?)
}

/// Opens what [`seal_webhook`] made.
pub(super) fn open_webhook(key: &MasterKey, site: WebsiteId, sealed: &[u8]) -> Result<String> {
    let plain = key.open(&place_of_webhook(site), sealed).map_err(anyhow::Error::from)?;
    Ok(String::from_utf8(plain).map_err(anyhow::Error::from)?)
}

fn place_of_key(site: WebsiteId) -> String {
    format!("site_deploy_key:{site}")
}

fn place_of_webhook(site: WebsiteId) -> String {
    format!("site_webhook:{site}")
}

/// Seals all of them with the present key; says how many.
pub(super) async fn reseal(services: &Services) -> Result<usize> {
    let mut tx = services.db.system("command line").await?;
    let (mut after, mut count) = (WebsiteId(uuid::Uuid::nil()), 0);
    loop {
        let found = queries::sealed(tx.conn(), after).await?;
        let Some(last) = found.last() else { break };
        after = last.site;
        for one in &found {
            let key = seal_key(&services.key, one.site, &open_key(&services.key, one.site, &one.key)?)?;
            let anew =
                |sealed: &Vec<u8>| open_webhook(&services.key, one.site, sealed).and_then(|secret| seal_webhook(&services.key, one.site, &secret));
            let webhook = one.webhook.as_ref().map(anew).transpose()?;
            count += 1 + usize::from(webhook.is_some());
            queries::reseal(tx.conn(), one.site, &key, webhook.as_deref()).await?;
        }
    }
    tx.commit_progress().await?;
    Ok(count)
}
