//! From an order to a certificate of the platform. What a run has left when it was broken off, the next one takes up or takes away.

use super::{id_of, queries, queries::Held, touch_sites};
use crate::{
    certificates::{
        caa,
        rules::{self, Trouble},
        secrets,
    },
    cloudpods::{open_site_key, seal_site_key},
    dns::acme_zone,
};
use adapters::acme::{
    AccountKey, AcmeError, Authorities, CertificateAuthority, InvalidCertificate, IssuedCertificate, PlacedOrder, SigningRequest, read_chain,
};
use chrono::TimeDelta;
use db::AuditEvent;
use engine::{Services, reconcile::ReconcileError};
use model::{Time, audit_action::AuditAction, hosting::certificates::PlatformCertificateKind as Kind};
use std::sync::Arc;
use wire::certificate::{CertificateChain, ChallengeAnswer, ChallengeToken};

/// How often a CA may leave an order unfinished before it is given up, and for how long at most.
const MAX_UNFINISHED: i32 = 3;
const UNFINISHED_MOST: TimeDelta = TimeDelta::days(1);

/// What failed, and when the CA may be asked again at the earliest.
type Failed = (Trouble, Option<Time>);

/// Has a certificate issued and takes it into use.
pub(super) async fn run(
    services: &Services,
    authorities: &Authorities,
    kind: Kind,
    held: &Held,
    names: &[String],
) -> Result<Result<(), Failed>, ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    queries::set_tried(tx.conn(), kind, services.now()).await?;
    tx.commit_progress().await?;
    let verified = match resumed(services, authorities, held)? {
        Some(order) => Ok(order),
        None => verify(services, authorities, kind, held, names).await?,
    };
    remove_answers(services, kind).await?;
    match verified {
        Ok(order) => collect(services, kind, held, names, order).await,
        Err(failed) => Ok(Err(failed)),
    }
}

/// An order whose names the CA has verified.
struct Verified {
    authority: Arc<dyn CertificateAuthority>,
    url: String,
    request: SigningRequest,
}

/// What an earlier run has left to be collected.
fn resumed(services: &Services, authorities: &Authorities, held: &Held) -> Result<Option<Verified>, ReconcileError> {
    let (Some(url), Some(authority), Some(sealed)) = (&held.order_url, &held.order_authority, &held.order_sealed_key) else { return Ok(None) };
    let Some(authority) = authorities.find(authority) else { return Ok(None) };
    let key = Kind::ALL.iter().find_map(|kind| open_site_key(&services.key, id_of(*kind), sealed).ok());
    let Some(request) = key.and_then(|key| SigningRequest::with_key(&key).ok()) else { return Ok(None) };
    Ok(Some(Verified { authority: Arc::clone(authority), url: url.clone(), request }))
}

/// Orders at the first CA that works, and has it look at the answers. One that did not finish the last order is asked after the others.
async fn verify(
    services: &Services,
    authorities: &Authorities,
    kind: Kind,
    held: &Held,
    names: &[String],
) -> Result<Result<Verified, Failed>, ReconcileError> {
    let by_dns: Vec<String> = if kind == Kind::Sites { names.to_vec() } else { Vec::new() };
    let applying = match caa::applying(services, names).await {
        Ok(applying) => applying,
        Err(trouble) => return Ok(Err((trouble, None))),
    };
    let method = if kind == Kind::Sites { "dns-01" } else { "http-01" };
    let mut last = None;
    let is_unfinished = |authority: &&Arc<dyn CertificateAuthority>| held.unfinished_authority.as_deref() == Some(authority.directory_url());
    let (later, first): (Vec<_>, Vec<_>) = authorities.iter().partition(is_unfinished);
    for authority in first.into_iter().chain(later) {
        let placed = place(services, &**authority, held, names, &by_dns, (&applying, method)).await?;
        match placed {
            Ok((account, order)) => return answer(services, Arc::clone(authority), kind, (account, order), names, &by_dns).await,
            Err((trouble, earliest, is_of_the_authority)) => {
                tracing::warn!(authority = authority.directory_url(), failure = trouble.failure, "failed to order a certificate of the platform");
                last.get_or_insert((trouble, earliest));
                if !is_of_the_authority {
                    break;
                }
            }
        }
    }
    let none = || (Trouble::new("No certificate authority is configured.", "Configure one."), None);
    Ok(Err(last.unwrap_or_else(none)))
}

type NotPlaced = (Trouble, Option<Time>, bool);

async fn place(
    services: &Services,
    authority: &dyn CertificateAuthority,
    held: &Held,
    names: &[String],
    by_dns: &[String],
    (applying, method): (&[caa::Applying], &str),
) -> Result<Result<(AccountKey, PlacedOrder), NotPlaced>, ReconcileError> {
    let failed = |error: AcmeError| {
        let is_of_the_authority = error.is_of_the_authority();
        let (trouble, earliest) = failure(services, &error, by_dns);
        (trouble, earliest, is_of_the_authority)
    };
    if !applying.is_empty() {
        let identities = match authority.identities().await {
            Ok(identities) => identities,
            Err(error) => return Ok(Err(failed(error))),
        };
        if let Some(trouble) = applying.iter().find_map(|one| caa::obstacle(one, &identities, method)) {
            return Ok(Err((trouble, None, true)));
        }
    }
    let account = match secrets::account(services, authority).await? {
        Ok(account) => account,
        Err(error) => return Ok(Err(failed(error))),
    };
    let replaces = held.kept.chain.as_deref().filter(|_| held.kept.authority.as_deref() == Some(authority.directory_url()));
    Ok(authority.order(&account, names, by_dns, replaces).await.map(|order| (account, order)).map_err(failed))
}

/// Puts the answers where the CA will look, and waits for its verdict.
async fn answer(
    services: &Services,
    authority: Arc<dyn CertificateAuthority>,
    kind: Kind,
    (account, order): (AccountKey, PlacedOrder),
    names: &[String],
    by_dns: &[String],
) -> Result<Result<Verified, Failed>, ReconcileError> {
    if let Some(missing) = publish(services, kind, &order).await? {
        let remedy = "Nothing to do unless it lasts: the next try is made automatically.";
        return Ok(Err((Trouble::new(missing, remedy), None)));
    }
    if let Err(error) = authority.validate(&account, &order.url, by_dns).await {
        return Ok(Err(failure(services, &error, by_dns)));
    }
    let request = SigningRequest::new().map_err(anyhow::Error::from).map_err(engine::Error::from)?;
    let sealed = seal_site_key(&services.key, id_of(kind), &request.key())?;
    let mut tx = services.db.system("reconciler").await?;
    queries::set_order(tx.conn(), kind, &order.url, authority.directory_url(), &sealed, services.now()).await?;
    tx.commit_progress().await?;
    tracing::info!(names = names.join(", "), "the certificate authority has verified the names of the platform");
    Ok(Ok(Verified { authority, url: order.url, request }))
}

/// Says what keeps the answers from being seen.
async fn publish(services: &Services, kind: Kind, order: &PlacedOrder) -> Result<Option<String>, ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    match kind {
        Kind::Panel => {
            for one in &order.challenges {
                let (token, answer) = (ChallengeToken::new(&*one.token), ChallengeAnswer::new(&*one.answer));
                let (Ok(token), Ok(answer)) = (token, answer) else {
                    return Ok(Some("The certificate authority asks for something unusual.".to_owned()));
                };
                queries::insert_challenge(tx.conn(), token.as_str(), answer.as_str(), services.now()).await?;
            }
            tx.commit_progress().await?;
            Ok(None)
        }
        Kind::Sites => {
            let Some(target) = acme_zone::platform_target(&services.settings) else { return Ok(None) };
            let answers: Vec<(String, String)> = order.records.iter().map(|one| (target.clone(), one.value.clone())).collect();
            if !acme_zone::put(services, tx.conn(), id_of(kind), &answers).await? {
                return Ok(Some("There is no name server.".to_owned()));
            }
            tx.commit_progress().await?;
            acme_zone::publish(services, id_of(kind)).await
        }
    }
}

async fn remove_answers(services: &Services, kind: Kind) -> Result<(), ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    match kind {
        Kind::Panel => queries::forget_challenges(tx.conn()).await?,
        Kind::Sites => acme_zone::remove(services, tx.conn(), id_of(kind)).await?,
    }
    Ok(tx.commit_progress().await?)
}

/// Has the certificate signed, and takes it into use.
async fn collect(services: &Services, kind: Kind, held: &Held, names: &[String], order: Verified) -> Result<Result<(), Failed>, ReconcileError> {
    let (authority, request) = (&order.authority, &order.request);
    let invalid = |invalid: InvalidCertificate| Trouble::new(format!("The certificate cannot be used: {invalid}."), "Retry.");
    let account = secrets::known_account(services, authority.directory_url()).await?;
    let Some(account) = account else {
        return forget(services, kind, Trouble::new("The account at the certificate authority is missing.", "Retry.")).await;
    };
    let csr = match request.request(names) {
        Ok(csr) => csr,
        Err(error) => return forget(services, kind, invalid(error)).await,
    };
    let chain = match authority.finalize(&account, &order.url, &csr).await {
        Ok(chain) => chain,
        // It may have signed: the next run asks for the same, a few times.
        Err(error @ AcmeError::Unavailable { .. }) => {
            let mut tx = services.db.system("reconciler").await?;
            queries::count_order_failure(tx.conn(), kind, MAX_UNFINISHED, services.now() - UNFINISHED_MOST).await?;
            tx.commit_progress().await?;
            return Ok(Err(failure(services, &error, &[])));
        }
        Err(error) => {
            let (trouble, earliest) = failure(services, &error, &[]);
            return Ok(forget(services, kind, trouble).await?.map_err(|(trouble, _)| (trouble, earliest)));
        }
    };
    let issued = match read_chain(&chain) {
        Ok(issued) => issued,
        Err(error) => return forget(services, kind, invalid(error)).await,
    };
    match why_unusable(services, &issued, request, names) {
        Some(wrong) => {
            let trouble = Trouble::new(format!("The certificate that was issued cannot be used: {wrong}."), "Tell the certificate authority.");
            forget(services, kind, trouble).await
        }
        None => take_into_use(services, kind, held, names, (&issued, &order)).await.map(Ok),
    }
}

fn why_unusable(services: &Services, issued: &IssuedCertificate, request: &SigningRequest, names: &[String]) -> Option<&'static str> {
    if !issued.has_key(request) {
        Some("it is for another key")
    } else if !names.iter().all(|name| issued.names.contains(name)) {
        Some("it is not for all of the names")
    } else if issued.not_after <= services.now() {
        Some("it is not valid any more")
    } else {
        CertificateChain::new(&*issued.chain).err().map(|invalid| invalid.why)
    }
}

/// An order that leads to nothing any more.
async fn forget(services: &Services, kind: Kind, trouble: Trouble) -> Result<Result<(), Failed>, ReconcileError> {
    let mut tx = services.db.system("reconciler").await?;
    queries::forget_order(tx.conn(), kind).await?;
    tx.commit_progress().await?;
    Ok(Err((trouble, None)))
}

async fn take_into_use(
    services: &Services,
    kind: Kind,
    held: &Held,
    names: &[String],
    (issued, order): (&IssuedCertificate, &Verified),
) -> Result<(), ReconcileError> {
    let now = services.now();
    let renew_at = rules::platform_renewal_time(id_of(kind), issued.not_before, issued.not_after);
    let sealed = seal_site_key(&services.key, id_of(kind), &order.request.key())?;
    let mut tx = services.db.system("reconciler").await?;
    queries::take_into_use(tx.conn(), kind, issued, order.authority.directory_url(), &sealed, renew_at, now).await?;
    let action = if held.kept.chain.is_some() { AuditAction::SslRenewed } else { AuditAction::SslIssued };
    let event = AuditEvent::new(action, "platform_certificate", id_of(kind), kind.title());
    let after = serde_json::json!({
        "names": names, "issuer": issued.issuer, "fingerprint": issued.fingerprint, "valid_until": issued.not_after,
    });
    tx.record(event.before(serde_json::json!({ "fingerprint": held.kept.fingerprint })).after(after));
    if kind == Kind::Sites {
        touch_sites(&mut tx, &services.settings.base_domain, now).await?;
    }
    Ok(tx.commit_progress().await?)
}

fn failure(services: &Services, error: &AcmeError, by_dns: &[String]) -> Failed {
    let earliest = match error {
        AcmeError::RateLimited { retry_after, .. } => Some(rules::after_rate_limit(services.now(), *retry_after)),
        _ => None,
    };
    let mut trouble = Trouble::of_authority(error, "the panel", by_dns);
    if matches!(error, AcmeError::NotVerified { .. }) && !by_dns.is_empty() {
        trouble.remedy = "Check the DNS records below. Then retry.".to_owned();
    }
    (trouble, earliest)
}
