//! The keys of certificates and of accounts at CAs.

use super::queries;
use crate::cloudpods::{open_site_key, seal_site_key};
use adapters::acme::AccountKey;
use engine::{Result, Services, secrets::MasterKey};
use uuid::Uuid;

/// Seals an account at a CA.
pub(super) fn seal_account(key: &MasterKey, directory_url: &str, account: &AccountKey) -> Result<Vec<u8>> {
    Ok(key.seal(&place(directory_url), account.expose().as_bytes()).map_err(anyhow::Error::from)?)
}

/// Opens what [`seal_account`] made.
pub(super) fn open_account(key: &MasterKey, directory_url: &str, sealed: &[u8]) -> Result<AccountKey> {
    let plain = key.open(&place(directory_url), sealed).map_err(anyhow::Error::from)?;
    Ok(AccountKey::new(String::from_utf8(plain).map_err(anyhow::Error::from)?))
}

fn place(directory_url: &str) -> String {
    format!("acme_account:{directory_url}")
}

/// Seals all keys with the present key; says how many.
pub(super) async fn reseal(services: &Services) -> Result<usize> {
    let mut tx = services.db.system("command line").await?;
    let mut count = 0;
    for (url, sealed) in queries::accounts(tx.conn()).await? {
        let anew = seal_account(&services.key, &url, &open_account(&services.key, &url, &sealed)?)?;
        queries::reseal_account(tx.conn(), &url, &anew).await?;
        count += 1;
    }
    let mut after = Uuid::nil();
    loop {
        let keys = queries::sealed(tx.conn(), after).await?;
        let Some(last) = keys.last() else { break };
        after = last.id;
        for mut keys in keys {
            for sealed in [&mut keys.sealed_key, &mut keys.next_sealed_key, &mut keys.csr_sealed_key].into_iter().flatten() {
                *sealed = seal_site_key(&services.key, keys.id, &open_site_key(&services.key, keys.id, sealed)?)?;
                count += 1;
            }
            queries::reseal(tx.conn(), &keys).await?;
        }
    }
    tx.commit_progress().await?;
    Ok(count)
}
