//! The keys of certificates and of accounts at CAs.

use super::{platform, queries};
use crate::cloudpods::place_of_certificate;
use adapters::acme::{AccountKey, AcmeError, CertificateAuthority};
use engine::{
    Error, Result, Services,
    secrets::{MasterKey, reseal_in},
};

/// Seals an account at a CA.
pub(super) fn seal_account(key: &MasterKey, directory_url: &str, account: &AccountKey) -> Result<Vec<u8>> {
    Ok(key.seal_text(&place(directory_url), account.expose())?)
}

/// Opens what [`seal_account`] made.
pub(super) fn open_account(key: &MasterKey, directory_url: &str, sealed: &[u8]) -> Result<AccountKey> {
    Ok(AccountKey::new(key.open_text(&place(directory_url), sealed)?))
}

/// The account at a CA, where there is one.
pub(super) async fn known_account(services: &Services, directory_url: &str) -> Result<Option<AccountKey>> {
    let mut tx = services.db.system_read("certificates").await?;
    let sealed = queries::account(tx.conn(), directory_url).await?;
    tx.finish().await?;
    sealed.map(|sealed| open_account(&services.key, directory_url, &sealed)).transpose()
}

/// The account at a CA; opened when there is none.
pub(super) async fn account(services: &Services, authority: &dyn CertificateAuthority) -> Result<Result<AccountKey, AcmeError>> {
    let url = authority.directory_url();
    if let Some(account) = known_account(services, url).await? {
        return Ok(Ok(account));
    }
    let opened = match authority.open_account().await {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = services.db.system("certificates").await?;
    queries::insert_account(tx.conn(), url, &seal_account(&services.key, url, &opened)?, services.now()).await?;
    tx.commit_progress().await?;
    // Another process may have opened one meanwhile: then that one counts.
    let stored = known_account(services, url).await?;
    stored.map(Ok).ok_or_else(|| Error::conflict("The account at the certificate authority was not stored."))
}

fn place(directory_url: &str) -> String {
    format!("acme_account:{directory_url}")
}

/// Seals all keys with the present key; says how many.
pub(super) async fn reseal(services: &Services) -> Result<usize> {
    let mut tx = services.db.system("command line").await?;
    let mut count = reseal_in::<queries::SealedAccounts>(&services.key, tx.conn(), |url, _| place(url)).await?;
    count += reseal_in::<platform::SealedKeys>(&services.key, tx.conn(), |id, _| place_of_certificate(*id)).await?;
    count += reseal_in::<queries::SealedKeys>(&services.key, tx.conn(), |id, _| place_of_certificate(*id)).await?;
    tx.commit_progress().await?;
    Ok(count)
}
