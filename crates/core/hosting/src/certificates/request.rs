//! What people ask for: another certificate, their own one, and for how long browsers insist on HTTPS.

use super::{
    budget,
    jobs::{self, InstallSsl, IssueSsl, RenewSsl, SetHsts, Task},
    platform,
    queries::{self, Held},
    rules,
};
use crate::cloudpods::{self, ServedSite, open_site_key, seal_site_key};
use adapters::acme::{Authorities, InvalidCertificate, IssuedCertificate, SigningRequest, read_chain};
use adapters::visitor::Visitor;
use db::{AuditEvent, PlatformTx, SystemTx, TenantTx};
use engine::{Error, Result, Services, saga::Saga, text::minute};
use model::{
    audit_action::AuditAction,
    hosting::certificates::Hsts,
    ids::{CertificateId, JobId},
    permission::SslManage,
};
use wire::certificate::{CertificateChain, PrivateKey};

/// Most bytes of a certificate that a customer brings, with its chain and key: those of all sites of a pod go into one message to its server, beside
/// what the sites are set to.
const MAX_OWN_BYTES: usize = 16 << 10;

/// Starts the job that brings a site a new certificate for all of its names, whatever it has. The one that it has stays in use until visitors
/// were seen to get the new one.
///
/// # Errors
/// Not found; a conflict when no CA is configured, the CloudPod is not online, or another job of it goes on.
pub async fn issue(services: &Services, tx: PlatformTx<SslManage>, id: CertificateId) -> Result<JobId> {
    let caller = tx.caller().clone();
    tx.finish().await?;
    let mut tx = services.db.system(caller).await?;
    let (site, held) = lock(services, &mut tx, id).await?;
    issue_now(services, tx, &site, &held).await
}

/// The same for a site of the open tenant, once a day: all customers share what a CA issues. What the customer had brought is replaced.
///
/// # Errors
/// As [`issue`]; a conflict before the next try is due.
pub async fn issue_own(services: &Services, tx: TenantTx<SslManage>, id: CertificateId) -> Result<JobId> {
    let mut tx = begin_own(services, tx, id).await?;
    let (site, held) = lock(services, &mut tx, id).await?;
    if let Some(at) = rules::own_wish_at(held.last_try_at, held.kept.next_try_at).filter(|at| *at > services.now()) {
        let at = minute(at);
        return Err(Error::conflict(format!("A certificate was requested less than a day ago, or the last try has failed. Retry from {at}.")));
    }
    if held.kept.chain.is_none()
        && let Some(authorities) = services.find::<Authorities>()
        && let names = ordered(services, &mut tx, &site).await?
        && let Some((_, trouble)) = budget::wait(services, authorities, tx.conn(), site.tenant, &names).await?
    {
        return Err(Error::conflict(format!("{} {}", trouble.failure, trouble.remedy)));
    }
    issue_now(services, tx, &site, &held).await
}

/// Names of a site that the shared certificate is not for.
async fn ordered(services: &Services, tx: &mut SystemTx, site: &ServedSite) -> Result<Vec<String>> {
    let shared = platform::shared(services, tx.conn()).await?;
    let platform = platform::covered(shared.as_ref(), &site.names);
    Ok(site.names.iter().filter(|name| !platform.contains(name)).cloned().collect())
}

async fn issue_now(services: &Services, mut tx: SystemTx, site: &ServedSite, held: &Held) -> Result<JobId> {
    let id = held.id;
    let shared = platform::shared(services, tx.conn()).await?;
    let platform = platform::covered(shared.as_ref(), &site.names);
    // Whether others can be proved is looked at by the reconciler.
    let wildcards = held.wildcards.iter().filter(|wildcard| held.kept.covers.contains(wildcard)).cloned().collect();
    let task = Task { site: site.id, certificate: id, names: site.names.clone(), platform, wildcards, fresh: true, round: 0 };
    let job = match held.kept.chain {
        Some(_) => jobs::start::<RenewSsl>(services, &mut tx, site, task).await?,
        None => jobs::start::<IssueSsl>(services, &mut tx, site, task).await?,
    };
    tx.commit_progress().await?;
    Ok(job)
}

/// Makes a key and a signing request (CSR) for all names of a site, for a certificate that the customer buys elsewhere. The key stays here, sealed; that
/// of a request which was made before is forgotten.
///
/// # Errors
/// Not found; a conflict when no CA is configured, or the CloudPod is not online.
pub async fn create_csr(services: &Services, tx: TenantTx<SslManage>, id: CertificateId) -> Result<()> {
    let mut tx = begin_own(services, tx, id).await?;
    if services.find::<Authorities>().is_none() {
        return Err(no_authority());
    }
    let site = queries::site_of(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    let site = cloudpods::served_site(tx.conn(), site).await?.ok_or_else(not_online)?;
    let request = SigningRequest::new().map_err(anyhow::Error::from)?;
    let csr = request.request_text(&site.names).map_err(anyhow::Error::from)?;
    queries::set_csr(tx.conn(), id, &csr, &seal_site_key(&services.key, id.0, &request.key())?, services.now()).await?;
    let name = site.names.first().cloned().unwrap_or_else(|| site.pod_name.clone());
    let event = AuditEvent::new(AuditAction::SslCsrCreated, "certificate", id, name).in_tenant(site.tenant);
    Ok(tx.commit(event.after(serde_json::json!({ "names": site.names }))).await?)
}

/// Starts the job that takes a certificate into use that the customer brings. It is used until shortly before its end; then one is issued as for
/// other sites. Both texts are PEM; the chain begins with the certificate itself. Without a key, the one of the last signing request is used.
///
/// # Errors
/// On field `chain` or `key`; not found; a conflict as for [`issue`].
pub async fn install(services: &Services, tx: TenantTx<SslManage>, id: CertificateId, chain: &str, key: &str) -> Result<JobId> {
    let mut tx = begin_own(services, tx, id).await?;
    let (site, _) = lock(services, &mut tx, id).await?;
    let unusable = |field| move |invalid: InvalidCertificate| Error::field(field, format!("This cannot be used: {invalid}."));
    let chain = read_chain(chain).map_err(unusable("chain"))?;
    let key = match key.trim() {
        "" => key_of_csr(services, &mut tx, id, &chain).await?,
        _ => typed_key(key, &chain)?,
    };
    CertificateChain::new(&*chain.chain).map_err(|invalid| Error::field("chain", format!("This cannot be used: {}.", invalid.why)))?;
    PrivateKey::new(key.key()).map_err(|invalid| Error::field("key", format!("This cannot be used: {}.", invalid.why)))?;
    if chain.chain.len() + key.key().len() > MAX_OWN_BYTES {
        return Err(Error::field(
            "chain",
            "This certificate, its chain and its key are too large: at most 16 KiB together. Leave out what is not its chain.",
        ));
    }
    let now = services.now();
    if chain.not_before > now {
        return Err(Error::field("chain", "This certificate is not valid yet."));
    }
    if rules::own_replacement_time(chain.not_after) <= now {
        return Err(Error::field("chain", "This certificate has expired or expires within three days. Install one that is valid for longer."));
    }
    if let Some(name) = site.names.iter().find(|name| !chain.covers([name.as_str()])) {
        return Err(Error::field("chain", format!("This certificate is not for {name}.")));
    }
    // Seen from outside it is verified later; what nobody would trust is not shown to visitors at all.
    if !services.part::<dyn Visitor>().trusts(site.names.first().map_or("", String::as_str), &chain.chain) {
        return Err(Error::field("chain", "Browsers do not trust this certificate. Append the certificates of its authority, without the root."));
    }
    queries::set_own(tx.conn(), id, &chain.chain, &seal_site_key(&services.key, id.0, &key.key())?, &chain.names).await?;
    let task =
        Task { site: site.id, certificate: id, names: site.names.clone(), platform: Vec::new(), wildcards: Vec::new(), fresh: false, round: 0 };
    let job = jobs::start::<InstallSsl>(services, &mut tx, &site, task).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// The key that a customer has typed, which is that of the certificate.
fn typed_key(text: &str, chain: &IssuedCertificate) -> Result<SigningRequest> {
    let key = SigningRequest::with_key(text)
        .map_err(|_| Error::field("key", "This is not a private key in PEM (PKCS #8). Convert yours: openssl pkcs8 -topk8 -nocrypt -in key.pem"))?;
    if chain.has_key(&key) { Ok(key) } else { Err(Error::field("key", "This key does not belong to the certificate.")) }
}

/// The key of the last signing request, which is that of the certificate.
async fn key_of_csr(services: &Services, tx: &mut SystemTx, id: CertificateId, chain: &IssuedCertificate) -> Result<SigningRequest> {
    let Some(sealed) = queries::csr_key(tx.conn(), id).await? else {
        return Err(Error::field("key", "Enter the private key. Only a certificate that was issued for a CSR from here needs none."));
    };
    let key = SigningRequest::with_key(&open_site_key(&services.key, id.0, &sealed)?).map_err(anyhow::Error::from)?;
    if chain.has_key(&key) {
        Ok(key)
    } else {
        Err(Error::field(
            "key",
            "The certificate is not for the key of the current CSR. Enter its private key, or have it issued for the current CSR.",
        ))
    }
}

/// Starts the job that has browsers told for how long to insist on HTTPS.
///
/// # Errors
/// On field `hsts` while visitors are not sent to HTTPS, or when nothing changes; not found; a conflict as for [`issue`].
pub async fn set_hsts(services: &Services, tx: TenantTx<SslManage>, id: CertificateId, hsts: Hsts) -> Result<JobId> {
    let mut tx = begin_own(services, tx, id).await?;
    let (site, held) = lock(services, &mut tx, id).await?;
    if !held.is_redirecting || !held.covers_all(&site.names) {
        return Err(Error::field("hsts", "HSTS needs all names of the site redirected to HTTPS. Issue a certificate for all of them first."));
    }
    if held.hsts_seconds.unwrap_or(0) == hsts.seconds() {
        return Err(Error::field("hsts", "HSTS is already set to this value."));
    }
    let round = queries::count_jobs(tx.conn(), site.pod, SetHsts::KIND).await? + 1;
    let saga = SetHsts { site: site.id, certificate: id, from: held.hsts_seconds, to: hsts.seconds(), round };
    let job = jobs::enqueue_for_site(services, &mut tx, &site, &saga).await?;
    tx.commit_progress().await?;
    Ok(job)
}

/// For a certificate of the open tenant, and no other one.
pub(super) async fn begin_own(services: &Services, mut tx: TenantTx<SslManage>, id: CertificateId) -> Result<SystemTx> {
    let caller = tx.caller().clone();
    queries::site_of(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    tx.finish().await?;
    Ok(services.db.system(caller).await?)
}

/// The site of a certificate, online and with no other job until the transaction ends.
async fn lock(services: &Services, tx: &mut SystemTx, id: CertificateId) -> Result<(ServedSite, Held)> {
    if services.find::<Authorities>().is_none() {
        return Err(no_authority());
    }
    let site = queries::site_of(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    let pod = cloudpods::served_site(tx.conn(), site).await?.ok_or_else(not_online)?.pod;
    cloudpods::lock_pod(tx.conn(), pod).await?;
    if cloudpods::has_unfinished_job(tx.conn(), pod).await? {
        return Err(Error::conflict("A job of this CloudPod is in progress. Wait until it has ended."));
    }
    // Read behind the lock: a job that has just ended may have changed both.
    let site = cloudpods::served_site(tx.conn(), site).await?.filter(|site| !site.is_moving).ok_or_else(not_online)?;
    let held = queries::of_site(tx.conn(), site.id).await?.ok_or_else(|| Error::not_found("Certificate"))?;
    Ok((site, held))
}

fn no_authority() -> Error {
    Error::conflict("No certificate authority is configured.")
}

fn not_online() -> Error {
    Error::conflict("The CloudPod is not online.")
}
