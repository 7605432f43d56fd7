//! From an order to what a CA has issued. Nothing of it is on the server but the answers to the CA's challenges.

use super::{CertificateSaga, authorities, failed, find, find_served, note, shared};
use crate::{
    certificates::{
        caa::{self, Applying},
        leads_here::names_by_dns,
        queries::{self, Held},
        rules::{self, Trouble},
        secrets,
    },
    cloudpods::{ServedSite, open_site_key, seal_site_key, tell_server},
    dns::challenges,
};
use adapters::acme::{AccountKey, AcmeError, CertificateAuthority, InvalidCertificate, PlacedOrder, SigningRequest, read_chain};
use db::AuditEvent;
use engine::{
    reconcile::touch,
    saga::{Step, StepContext, StepError},
};
use model::{administration::provisioning::EventLevel, audit_action::AuditAction};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use wire::{
    certificate::{CertificateChain, ChallengeAnswer, ChallengeToken},
    verb::{ChallengePut, ChallengeRemove},
};

/// An order at a CA, and how it is shown that the names are ours. Nothing of it is secret.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    authority: String,
    url: String,
    /// Token and answer.
    answers: Vec<(String, String)>,
    /// Name and text of the TXT records.
    #[serde(default)]
    records: Vec<(String, String)>,
    /// Names that are proved by those.
    #[serde(default)]
    by_dns: Vec<String>,
}

/// Orders a certificate, from the first CA that works. Its outcome is none where one is there that was issued and is not in use yet.
pub(super) struct PlaceOrder<S>(PhantomData<fn() -> S>);

impl<S: CertificateSaga> Step for PlaceOrder<S> {
    type Saga = S;
    type Output = Option<Order>;
    const NAME: &'static str = "place_order";
    const TITLE: &'static str = "Order the certificate";

    async fn run(cx: &StepContext, saga: &S) -> Result<Option<Order>, StepError> {
        let task = saga.task();
        let (site, held) = find_served(cx, task).await?;
        let names = &task.ordered();
        shared::take(cx, task, &held, names).await?;
        if names.is_empty() {
            cx.log(EventLevel::Info, "The certificate of the platform is used. None is ordered.");
            return Ok(None);
        }
        if !task.fresh && is_usable(cx, &held, names) {
            cx.log(EventLevel::Info, "A certificate that was issued before is not in use yet. It is taken.");
            return Ok(None);
        }
        if !task.fresh && shared::keep(cx, &held, names).await? {
            cx.log(EventLevel::Info, format!("The certificate for {} stays in use.", names.join(", ")));
            return Ok(None);
        }
        let by_dns = names_by_dns(cx.services(), &site, &held, names).await.map_err(|error| StepError::retry(error.0))?;
        let applying = match caa::applying(cx.services(), names).await {
            Ok(applying) => applying,
            Err(trouble) => {
                note(cx, held.id, &trouble, None).await?;
                return Err(StepError::retry(trouble.failure));
            }
        };
        let request = SigningRequest::new().map_err(unusable)?;
        let (mut last, mut forbidden) = (None, None);
        for authority in authorities(cx)?.iter() {
            let placed = match why_forbidden(cx, &**authority, &applying, &by_dns).await {
                Ok(None) => place(cx, &**authority, (names, &by_dns), &held).await?,
                Ok(Some(trouble)) => {
                    cx.log(EventLevel::Warn, &trouble.failure);
                    forbidden.get_or_insert(trouble);
                    continue;
                }
                Err(error) => Err(error),
            };
            match placed {
                Ok(placed) => {
                    let sealed = seal_site_key(&cx.services().key, held.id.0, &request.key())?;
                    let mut tx = cx.begin().await?;
                    queries::set_order(tx.conn(), held.id, &sealed, authority.directory_url(), &by_dns).await?;
                    tx.commit_progress().await?;
                    cx.log(EventLevel::Info, format!("Ordered a certificate for {}.", names.join(", ")));
                    let answers = placed.challenges.into_iter().map(|one| (one.token, one.answer)).collect();
                    let records = placed.records.into_iter().map(|one| (one.record, one.value)).collect();
                    return Ok(Some(Order { authority: authority.directory_url().to_owned(), url: placed.url, answers, records, by_dns }));
                }
                Err(error) => {
                    cx.log(EventLevel::Warn, format!("{error}."));
                    let is_final = !error.is_of_the_authority();
                    last = Some(error);
                    if is_final {
                        break;
                    }
                }
            }
        }
        match (last, forbidden) {
            (Some(error), _) => Err(failed(cx, held.id, &error, &site.address, &by_dns).await),
            (None, Some(trouble)) => {
                note(cx, held.id, &trouble, None).await?;
                Err(StepError::fail(format!("{} {}", trouble.failure, trouble.remedy)))
            }
            (None, None) => Err(StepError::fail("No certificate authority is configured.")),
        }
    }

    /// The last undo of all: the job has failed, and the certificate that was there is still in use.
    async fn undo(cx: &StepContext, saga: &S, _: Option<&Option<Order>>) -> Result<(), StepError> {
        let task = saga.task();
        let (site, held) = find(cx, task).await?;
        let now = cx.services().now();
        let mut next = now + rules::pause(held.id.0, held.kept.failures + 1);
        // The next try need not wait where it goes another way.
        if held.http_failed_job == Some(cx.job())
            && let Some(site) = &site
            && challenges::provable(cx.services(), site.tenant, &task.ordered()).await.is_ok_and(|names| !names.is_empty())
        {
            next = now;
        }
        let mut tx = cx.begin().await?;
        if queries::count_failure(tx.conn(), held.id, cx.job(), next).await?
            && let Some(site) = site
        {
            let name = site.names.first().cloned().unwrap_or_default();
            let event = AuditEvent::new(AuditAction::SslFailed, "certificate", held.id, name).in_tenant(site.tenant);
            tx.record(event.after(serde_json::json!({ "names": task.names, "reason": held.kept.failure, "keeps": held.kept.fingerprint })));
        }
        touch(tx.conn(), crate::certificates::RECONCILER, task.site, next).await?;
        Ok(tx.commit_progress().await?)
    }
}

/// Whether what was issued before is for these names and has its life before it.
fn is_usable(cx: &StepContext, held: &Held, names: &[String]) -> bool {
    let is_young =
        |chain: &str| read_chain(chain).is_ok_and(|issued| rules::renewal_time(held.id.0, issued.not_before, issued.not_after) > cx.services().now());
    // What a customer has brought and could not be used is no certificate of a CA.
    let is_issued = held.next_authority.is_some();
    is_issued
        && names.iter().all(|name| held.next_covers.contains(name))
        && held.next_sealed_key.is_some()
        && held.next_chain.as_deref().is_some_and(is_young)
}

/// Why the CAA records of the names forbid this CA to issue; nothing where they do not, or it does not say what they call it.
async fn why_forbidden(
    cx: &StepContext,
    authority: &dyn CertificateAuthority,
    applying: &[Applying],
    by_dns: &[String],
) -> Result<Option<Trouble>, AcmeError> {
    if applying.is_empty() {
        return Ok(None);
    }
    let identities = authority.identities().await?;
    if identities.is_empty() {
        cx.log(EventLevel::Info, format!("{} does not say what CAA records call it: it decides itself.", authority.directory_url()));
    }
    let method = |name: &String| if by_dns.contains(name) { "dns-01" } else { "http-01" };
    Ok(applying.iter().find_map(|one| caa::obstacle(one, &identities, method(&one.name))))
}

async fn place(
    cx: &StepContext,
    authority: &dyn CertificateAuthority,
    (names, by_dns): (&[String], &[String]),
    held: &Held,
) -> Result<Result<PlacedOrder, AcmeError>, StepError> {
    let account = match account(cx, authority).await? {
        Ok(account) => account,
        Err(error) => return Ok(Err(error)),
    };
    // The shared one is replaced by the next shared one alone.
    let is_ours = !held.is_platform && held.kept.authority.as_deref() == Some(authority.directory_url());
    let replaces = held.kept.chain.as_deref().filter(|_| is_ours);
    Ok(authority.order(&account, names, by_dns, replaces).await)
}

/// The account at a CA; opened when there is none.
async fn account(cx: &StepContext, authority: &dyn CertificateAuthority) -> Result<Result<AccountKey, AcmeError>, StepError> {
    let (key, url) = (&cx.services().key, authority.directory_url());
    if let Some(sealed) = stored(cx, url).await? {
        return Ok(Ok(secrets::open_account(key, url, &sealed)?));
    }
    let opened = match authority.open_account().await {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = cx.begin().await?;
    queries::insert_account(tx.conn(), url, &secrets::seal_account(key, url, &opened)?, cx.services().now()).await?;
    tx.commit_progress().await?;
    let sealed = stored(cx, url).await?.ok_or_else(|| StepError::retry("The account at the certificate authority was not stored."))?;
    Ok(Ok(secrets::open_account(key, url, &sealed)?))
}

async fn stored(cx: &StepContext, url: &str) -> Result<Option<Vec<u8>>, StepError> {
    let mut tx = cx.begin_read().await?;
    let sealed = queries::account(tx.conn(), url).await?;
    tx.finish().await?;
    Ok(sealed)
}

/// The CA of an order, and the account there.
async fn at(cx: &StepContext, order: &Order) -> Result<(std::sync::Arc<dyn CertificateAuthority>, AccountKey), StepError> {
    let gone = || StepError::fail("The certificate authority of this order is not configured any more.");
    let authority = authorities(cx)?.find(&order.authority).cloned().ok_or_else(gone)?;
    let sealed = stored(cx, &order.authority).await?.ok_or_else(gone)?;
    Ok((authority, secrets::open_account(&cx.services().key, &order.authority, &sealed)?))
}

fn unusable(invalid: InvalidCertificate) -> StepError {
    StepError::fail(format!("The certificate cannot be used: {invalid}."))
}

/// Answers what the CA asks at the names, and waits until it has looked.
pub(super) struct AnswerChallenges<S>(PhantomData<fn() -> S>);

impl<S: CertificateSaga> Step for AnswerChallenges<S> {
    type Saga = S;
    type Output = ();
    const NAME: &'static str = "answer_challenges";
    const TITLE: &'static str = "Prove that the names lead here";

    async fn run(cx: &StepContext, saga: &S) -> Result<(), StepError> {
        let Some(order) = cx.output::<PlaceOrder<S>>()? else { return Ok(()) };
        let (site, held) = find_served(cx, saga.task()).await?;
        for (at, (token, answer)) in order.answers.iter().enumerate() {
            let refused = |invalid: wire::InvalidText| StepError::fail(format!("The certificate authority asks for something unusual: {invalid}."));
            let put =
                ChallengePut { token: ChallengeToken::new(&**token).map_err(refused)?, answer: ChallengeAnswer::new(&**answer).map_err(refused)? };
            tell_server(cx, &site, &format!("put-{at}"), put).await?;
        }
        publish_records(cx, &site, &order).await?;
        let (authority, account) = self::at(cx, &order).await?;
        let verdict = authority.validate(&account, &order.url, &order.by_dns).await;
        if let Err(error) = verdict {
            if matches!(&error, AcmeError::NotVerified { name, .. } if !order.by_dns.contains(name)) {
                let mut tx = cx.begin().await?;
                queries::set_http_failed(tx.conn(), held.id, cx.job()).await?;
                tx.commit_progress().await?;
            }
            return Err(failed(cx, held.id, &error, &site.address, &order.by_dns).await);
        }
        remove_answers(cx, saga, &order).await?;
        cx.log(EventLevel::Info, "The certificate authority has verified the names.");
        Ok(())
    }

    async fn undo(cx: &StepContext, saga: &S, _: Option<&()>) -> Result<(), StepError> {
        match cx.try_output::<PlaceOrder<S>>().flatten() {
            Some(order) => remove_answers(cx, saga, &order).await,
            None => Ok(()),
        }
    }
}

/// Has every name server answer the records of an order.
async fn publish_records(cx: &StepContext, site: &ServedSite, order: &Order) -> Result<(), StepError> {
    if order.records.is_empty() {
        return Ok(());
    }
    let by_dns: Vec<&String> = order.by_dns.iter().collect();
    let delegated = challenges::delegated_names(cx.services(), site.tenant, &by_dns).await.map_err(|error| StepError::retry(error.0))?;
    let mut tx = cx.begin().await?;
    if !challenges::put(cx.services(), tx.conn(), site.tenant, cx.job(), &order.records, &delegated).await? {
        return Err(StepError::fail("The DNS zone of a name is no longer kept here."));
    }
    tx.commit_progress().await?;
    match challenges::publish(cx.services(), cx.job()).await {
        Ok(None) => {}
        Ok(Some(missing)) => return Err(StepError::retry(missing)),
        Err(error) => return Err(StepError::retry(error.0)),
    }
    cx.log(EventLevel::Info, format!("Every name server answers the records for {}.", order.by_dns.join(", ")));
    Ok(())
}

async fn remove_answers<S: CertificateSaga>(cx: &StepContext, saga: &S, order: &Order) -> Result<(), StepError> {
    if !order.records.is_empty() {
        let mut tx = cx.begin().await?;
        challenges::remove(cx.services(), tx.conn(), cx.job()).await?;
        tx.commit_progress().await?;
    }
    let (Some(site), _) = find(cx, saga.task()).await? else { return Ok(()) };
    for (at, (token, _)) in order.answers.iter().enumerate() {
        // One that is no token was never put.
        if let Ok(token) = ChallengeToken::new(&**token) {
            tell_server(cx, &site, &format!("remove-{at}"), ChallengeRemove { token }).await?;
        }
    }
    Ok(())
}

/// Has the certificate signed, and keeps it.
pub(super) struct CollectCertificate<S>(PhantomData<fn() -> S>);

impl<S: CertificateSaga> Step for CollectCertificate<S> {
    type Saga = S;
    type Output = ();
    const NAME: &'static str = "collect_certificate";
    const TITLE: &'static str = "Collect the certificate";

    async fn run(cx: &StepContext, saga: &S) -> Result<(), StepError> {
        let Some(order) = cx.output::<PlaceOrder<S>>()? else { return Ok(()) };
        let task = saga.task();
        let (site, held) = find_served(cx, task).await?;
        let sealed = held.next_sealed_key.as_deref().ok_or_else(|| StepError::fail("The key of this order is missing."))?;
        let request = SigningRequest::with_key(&open_site_key(&cx.services().key, held.id.0, sealed)?).map_err(unusable)?;
        let (authority, account) = at(cx, &order).await?;
        let names = task.ordered();
        let chain = match authority.finalize(&account, &order.url, &request.request(&names).map_err(unusable)?).await {
            Ok(chain) => chain,
            Err(error) => return Err(failed(cx, held.id, &error, &site.address, &order.by_dns).await),
        };
        let issued = read_chain(&chain).map_err(unusable)?;
        let now = cx.services().now();
        let wrong = if !issued.has_key(&request) {
            Some("it is for another key")
        } else if !names.iter().all(|name| issued.names.contains(name)) {
            Some("it is not for all of the names")
        } else if issued.not_after <= now {
            Some("it is not valid any more")
        } else {
            CertificateChain::new(&*issued.chain).err().map(|invalid| invalid.why)
        };
        if let Some(wrong) = wrong {
            let trouble = Trouble::new(format!("The certificate that was issued cannot be used: {wrong}."), "Tell the certificate authority.");
            note(cx, held.id, &trouble, None).await?;
            return Err(StepError::fail(trouble.failure));
        }
        let mut tx = cx.begin().await?;
        queries::set_next(tx.conn(), held.id, &issued).await?;
        tx.commit_progress().await?;
        cx.log(EventLevel::Info, format!("{} has issued a certificate, valid until {}.", issued.issuer, issued.not_after.format("%Y-%m-%d")));
        Ok(())
    }

    /// It is kept: the next try takes it, and the CA counts what it has signed.
    async fn undo(_: &StepContext, _: &S, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}
