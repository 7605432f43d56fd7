//! How a site is served: its password, its own pages for what went wrong, and what is kept of its answers.

use super::{
    change::{lock_site, require_started, set},
    require_free,
};
use crate::cloudpods::{
    queries as pods,
    remote::{target, trusted},
};
use adapters::node::{CallOptions, NodeClient};
use core_administration::servers::error_for_user;
use db::{AuditEvent, TenantTx};
use engine::{Error, Result, Services, secrets::random_bytes};
use model::{
    audit_action::AuditAction,
    hosting::{
        cloudpods::Stack,
        websites::{ErrorPages, SiteConfig, SiteProtection},
    },
    ids::{JobId, WebsiteId},
    permission::WebsitesWrite,
};
use sha_crypt::{Algorithm, Params, PasswordHasher, ShaCrypt};
use std::time::Duration;
use uuid::Uuid;
use wire::{
    InvalidText, LoginName, PodName, Secret, SiteName,
    settings::{self, MICRO_CACHE_SECONDS, PagePath, PasswordHash, Protection},
    verb::{Call, SiteCachePurge},
};

/// The web server computes a hash for every request, in workers that all sites of a server share: the fewest that crypt(3) knows.
const ROUNDS: u32 = Params::ROUNDS_MIN;
/// 16 characters of salt, the most that crypt(3) reads.
const SALT_BYTES: usize = 12;
/// How long a server may take to throw away what it has kept.
const PURGE_TIMEOUT: Duration = Duration::from_secs(20);

/// Has visitors of a site of the open account say a password, or lets everybody see it: where `user` is empty. An empty password is the one of
/// before. Returns the job, as [`super::set_files`] does.
///
/// # Errors
/// Not found; on fields `user_name` and `site_password`; a conflict when nothing has changed, the site is stopped or not whole, or its pod does not
/// run or is busy.
pub async fn set_protection(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, user: &str, password: &str) -> Result<JobId> {
    set(services, tx, id, |_, config| {
        let user = user.trim();
        if user.is_empty() {
            // Who forgets the name must not open the site.
            if !password.is_empty() {
                return Err(Error::field("user_name", "Enter a user name, or leave both fields empty."));
            }
            return Ok(SiteConfig { protection: None, ..config });
        }
        let user = LoginName::new(user).map_err(|invalid| Error::field("user_name", format!("User name: {}.", invalid.why)))?;
        let password_hash = match &config.protection {
            Some(before) if password.is_empty() => before.password_hash.clone(),
            None if password.is_empty() => return Err(Error::field("site_password", "Enter a password.")),
            _ => hash(&Secret::new(password).map_err(|invalid| Error::field("site_password", format!("Enter {}.", invalid.why)))?)?,
        };
        Ok(SiteConfig { protection: Some(SiteProtection { user: user.as_str().to_owned(), password_hash }), ..config })
    })
    .await
}

/// A site that visitors see once they have said this password.
///
/// # Errors
/// When no server would take it.
pub(in crate::cloudpods) fn protect(config: SiteConfig, user: &str, password: &str) -> Result<SiteConfig> {
    let password_hash = hash(&Secret::new(password).map_err(anyhow::Error::from)?)?;
    Ok(SiteConfig { protection: Some(SiteProtection { user: user.to_owned(), password_hash }), ..config })
}

/// As crypt(3) of a server takes it. A password is never stored itself.
fn hash(password: &Secret) -> Result<String> {
    let params = Params::new(ROUNDS).map_err(|error| anyhow::anyhow!("rounds of a password: {error}"))?;
    let hasher = ShaCrypt::new(Algorithm::Sha512Crypt, params);
    let salt: [u8; SALT_BYTES] = random_bytes();
    let hashed = hasher.hash_password_with_salt(password.expose().as_bytes(), &salt);
    let hashed = hashed.map_err(|error| anyhow::anyhow!("hashing a password: {error}"))?;
    Ok(hashed.as_str().to_owned())
}

/// Sets the pages that a site of the open account shows for what went wrong. Returns the job, as [`super::set_files`] does.
///
/// # Errors
/// Not found; on fields `not_found` and `failed`; otherwise as [`set_protection`], and a conflict when its stack answers such requests by itself.
pub async fn set_error_pages(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, typed: &ErrorPages) -> Result<JobId> {
    set(services, tx, id, |stack, config| {
        if !matches!(stack, Stack::Static | Stack::Php) {
            return Err(Error::conflict("This stack has its own error pages."));
        }
        let page = |field, typed: &str| match typed.trim() {
            "" => Ok(String::new()),
            typed => PagePath::new(typed).map(String::from).map_err(|invalid| Error::field(field, format!("Enter {}.", invalid.why))),
        };
        let error_pages = ErrorPages { not_found: page("not_found", &typed.not_found)?, failed: page("failed", &typed.failed)? };
        if stack == Stack::Static && !error_pages.failed.is_empty() {
            return Err(Error::field("failed", "Static sites have no page for server errors. Leave this field empty."));
        }
        Ok(SiteConfig { error_pages, ..config })
    })
    .await
}

/// Sets how many seconds the answers of PHP are kept for the next visitor of a site of the open account, or turns that off. Returns the job, as
/// [`super::set_files`] does.
///
/// # Errors
/// Not found; on field `micro_cache_seconds`; otherwise as [`set_protection`], and a conflict when its stack has no PHP.
pub async fn set_micro_cache(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId, seconds: Option<u32>) -> Result<JobId> {
    set(services, tx, id, |stack, config| {
        if !matches!(stack, Stack::Php | Stack::Wordpress) {
            return Err(Error::conflict("This stack has no PHP."));
        }
        if seconds.is_some_and(|seconds| !MICRO_CACHE_SECONDS.contains(&seconds)) {
            return Err(Error::field("micro_cache_seconds", "Select 1, 10 or 60 seconds, or off."));
        }
        Ok(SiteConfig { micro_cache_seconds: seconds, ..config })
    })
    .await
}

/// Throws away what a site's server has kept of its answers. Returns how many there were.
///
/// # Errors
/// Not found; a conflict when nothing is kept of the site, it is stopped, or its pod does not run or is busy; unavailable when the server is not
/// reached.
pub async fn purge_cache(services: &Services, tx: TenantTx<WebsitesWrite>, id: WebsiteId) -> Result<u32> {
    let (tenant, caller) = (tx.tenant(), tx.caller().clone());
    tx.finish().await?;
    let mut tx = services.db.system(caller.clone()).await?;
    let (pod, site) = lock_site(&mut tx, tenant, id).await?;
    require_free(&mut tx, &pod).await?;
    require_started(&site)?;
    if site.config.micro_cache_seconds.is_none() {
        return Err(Error::conflict("This site's micro-cache is off."));
    }
    let server = pod.server_id.ok_or_else(|| Error::conflict("This CloudPod is on no server."))?;
    let server = pods::server(tx.conn(), server).await?;
    trusted(&server).map_err(|_| Error::conflict(format!("The server {} is not in service.", server.name)))?;
    tx.commit_progress().await?;
    let internal = |invalid: InvalidText| Error::Internal(invalid.into());
    let call = SiteCachePurge { pod: PodName::new(&*pod.name).map_err(internal)?, site: SiteName::new(&*site.facts.name).map_err(internal)? };
    let options = CallOptions { deadline: PURGE_TIMEOUT, key: format!("websites/purge/{}", Uuid::now_v7()), lines: None };
    let answer = services.part::<dyn NodeClient>().call(&target(&server), call.into(), options).await;
    let reply = match answer {
        Ok(reply) => reply,
        Err(error) => return Err(error_for_user(services, server.id, error).await),
    };
    let purged = SiteCachePurge::read(reply).ok_or_else(|| anyhow::anyhow!("unexpected reply from {}", server.name))?;
    let mut tx = services.db.system(caller).await?;
    let event = AuditEvent::new(AuditAction::SiteCachePurged, "website", id, site.facts.main()).in_tenant(tenant);
    tx.record(event.after(serde_json::json!({ "responses": purged })));
    tx.commit_progress().await?;
    Ok(purged)
}

/// A site's password, as its server is told it.
///
/// # Errors
/// Names the field that a server would not take.
pub(in crate::cloudpods) fn protection(config: &SiteConfig) -> std::result::Result<Option<Protection>, InvalidText> {
    let one =
        |found: &SiteProtection| Ok(Protection { user: LoginName::new(&*found.user)?, password_hash: PasswordHash::new(&*found.password_hash)? });
    config.protection.as_ref().map(one).transpose()
}

/// A site's own error pages, as its server is told them.
///
/// # Errors
/// As [`protection`].
pub(in crate::cloudpods) fn error_pages(config: &SiteConfig) -> std::result::Result<settings::ErrorPages, InvalidText> {
    let page = |typed: &str| Some(typed).filter(|typed| !typed.is_empty()).map(PagePath::new).transpose();
    Ok(settings::ErrorPages { not_found: page(&config.error_pages.not_found)?, failed: page(&config.error_pages.failed)? })
}

/// The settings as they are shown: nobody gets to see what a password is compared with.
pub(super) fn shown(config: &SiteConfig) -> SiteConfig {
    let protection = config.protection.as_ref().map(|found| SiteProtection { password_hash: String::new(), ..found.clone() });
    SiteConfig { protection, ..config.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha_crypt::PasswordVerifier;

    /// What crypt(3) of Debian's libxcrypt makes of `a good one`.
    const OF_CRYPT: &str = "$6$rounds=1000$saltsaltsaltsalt$YfItu3AxOZugBqMnkTdkDRXiqcnhuJGmxcklDXh4NE30kaFHtT.E42blpBSqry.EIJ2/D3WQaceuznGH1Sfjp.";

    #[test]
    fn a_password_that_crypt_of_a_server_has_hashed_is_the_same_here() {
        let there = sha_crypt::PasswordHash::new(OF_CRYPT).unwrap();
        assert!(ShaCrypt::SHA512.verify_password(b"a good one", &there).is_ok());
        assert!(ShaCrypt::SHA512.verify_password(b"a bad one", &there).is_err());
    }

    #[test]
    fn a_password_is_hashed_as_crypt_of_a_server_reads_it_and_never_twice_the_same() {
        let (one, other) = (hash(&Secret::new("a good one").unwrap()).unwrap(), hash(&Secret::new("a good one").unwrap()).unwrap());
        assert_ne!(one, other);
        assert!(one.starts_with("$6$rounds=1000$"), "{one}");
        assert_eq!(one.split('$').nth(3).map(str::len), Some(16), "a longer salt would be cut by crypt(3), and no password fit: {one}");
        PasswordHash::new(one).unwrap();
    }
}
