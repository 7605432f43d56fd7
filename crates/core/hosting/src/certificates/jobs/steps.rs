//! From what a CA has issued to what visitors get.

use super::{CertificateSaga, find, find_served, note};
use crate::{
    certificates::{
        RECONCILER, queries,
        rules::{self, Trouble},
    },
    cloudpods::{ServedSite, apply_site, look_after_pod},
};
use adapters::{
    acme::{IssuedCertificate, read_chain},
    visitor::{VisitError, Visitor},
};
use db::AuditEvent;
use engine::{
    reconcile::touch,
    saga::{Step, StepContext, StepError},
};
use model::{administration::provisioning::EventLevel, audit_action::AuditAction, ids::CertificateId};
use std::marker::PhantomData;

/// Gives the certificate to the server. nginx tries it out first; what it refuses is not used, and the one of before is.
pub(super) struct InstallCertificate<S>(PhantomData<fn() -> S>);

impl<S: CertificateSaga> Step for InstallCertificate<S> {
    type Saga = S;
    type Output = ();
    const NAME: &'static str = "install_certificate";
    const TITLE: &'static str = "Install the certificate on the server";

    async fn run(cx: &StepContext, saga: &S) -> Result<(), StepError> {
        let (site, held) = find_served(cx, saga.task()).await?;
        set_installing(cx, &held, true).await?;
        match apply_site(cx, site.pod, "install").await {
            Ok(_) => Ok(()),
            Err(StepError::Fail { message }) => {
                let trouble = Trouble::new(message, "See the job's log. Then retry.");
                note_failure::<S>(cx, held.id, &trouble).await?;
                Err(StepError::fail(trouble.failure))
            }
            Err(error) => Err(error),
        }
    }

    async fn undo(cx: &StepContext, saga: &S, _: Option<&()>) -> Result<(), StepError> {
        let (site, held) = find(cx, saga.task()).await?;
        set_installing(cx, &held, false).await?;
        match site {
            Some(site) => apply_site(cx, site.pod, "put-back").await.map(drop),
            None => Ok(()),
        }
    }
}

/// What failed with a certificate that a customer has brought stands in the job: it says nothing of the one in use.
async fn note_failure<S: CertificateSaga>(cx: &StepContext, certificate: CertificateId, trouble: &Trouble) -> Result<(), StepError> {
    if S::IS_OWN { Ok(()) } else { note(cx, certificate, trouble, None).await }
}

async fn set_installing(cx: &StepContext, held: &queries::Held, installing: bool) -> Result<(), StepError> {
    let mut tx = cx.begin().await?;
    queries::set_installing(tx.conn(), held.id, installing).await?;
    Ok(tx.commit_progress().await?)
}

/// What is on its way to be used.
fn next(held: &queries::Held) -> Result<IssuedCertificate, StepError> {
    let chain = held.next_chain.as_deref().ok_or_else(|| StepError::fail("The certificate that was issued is missing."))?;
    read_chain(chain).map_err(|invalid| StepError::fail(format!("The certificate cannot be used: {invalid}.")))
}

/// The platform's, where it is to be used for some of the names.
fn next_also(held: &queries::Held) -> Result<Option<IssuedCertificate>, StepError> {
    let read = |chain| read_chain(chain).map_err(|invalid| StepError::fail(format!("The certificate of the platform cannot be used: {invalid}.")));
    held.next_also_chain.as_deref().map(read).transpose()
}

/// What visitors of a name get.
fn shown<'a>(name: &str, main: &'a IssuedCertificate, also: Option<&'a IssuedCertificate>) -> &'a IssuedCertificate {
    also.filter(|also| rules::is_apart(name, &main.names, &also.names)).unwrap_or(main)
}

/// Looks from outside whether visitors get the new certificate, and trust it.
pub(super) struct VerifyHttps<S>(PhantomData<fn() -> S>);

impl<S: CertificateSaga> Step for VerifyHttps<S> {
    type Saga = S;
    type Output = ();
    const NAME: &'static str = "verify_https";
    const TITLE: &'static str = "Verify HTTPS from outside";

    async fn run(cx: &StepContext, saga: &S) -> Result<(), StepError> {
        let (task, (site, held)) = (saga.task(), find_served(cx, saga.task()).await?);
        let (main, also) = (next(&held)?, next_also(&held)?);
        for name in &task.names {
            let issued = shown(name, &main, also.as_ref());
            // The one in use was seen before; what is new stands beside it.
            if also.is_some() && held.kept.fingerprint.as_ref() == Some(&issued.fingerprint) {
                continue;
            }
            let is_by_dns = task.platform.contains(name) || rules::is_covered(name, &held.next_by_dns);
            let trouble = match cx.services().part::<dyn Visitor>().https(name).await {
                Ok(shown) if shown.fingerprint == issued.fingerprint => {
                    cx.log(EventLevel::Info, format!("https://{name} responded with HTTP {} and the new certificate.", shown.status));
                    continue;
                }
                // A name that was proved by DNS need not lead here yet: what counts is what it will lead to.
                _ if is_by_dns && is_shown_here(cx, &site, name, &issued.fingerprint).await => {
                    cx.log(
                        EventLevel::Info,
                        format!("{name} does not lead here yet; the server shows the new certificate for it at {}.", site.address),
                    );
                    continue;
                }
                Ok(_) => Trouble::new(
                    format!("Visitors of https://{name} get another certificate."),
                    format!("Look whether {name} leads to another server or a proxy over HTTPS. Then retry."),
                ),
                Err(error) => unverified(name, &error),
            };
            note_failure::<S>(cx, held.id, &trouble).await?;
            return Err(StepError::retry(format!("{} {}", trouble.failure, trouble.remedy)));
        }
        Ok(())
    }

    async fn undo(_: &StepContext, _: &S, _: Option<&()>) -> Result<(), StepError> {
        Ok(())
    }
}

async fn is_shown_here(cx: &StepContext, site: &ServedSite, name: &str, fingerprint: &str) -> bool {
    let shown = cx.services().part::<dyn Visitor>().https_at(name, &site.address).await;
    shown.is_ok_and(|shown| shown.fingerprint == fingerprint)
}

fn unverified(name: &str, error: &VisitError) -> Trouble {
    let remedy = match error {
        VisitError::NoAddress(_) => format!("Give {name} an address in DNS. Then retry."),
        VisitError::NoConnection(_) | VisitError::NoAnswer(_) => "Open port 443 of the server in its firewall. Then retry.".to_owned(),
        VisitError::Untrusted(_) => "Check that the chain is complete and its certificate authority is trusted by browsers. Then retry.".to_owned(),
    };
    Trouble::new(format!("HTTPS does not work from outside: {error}."), remedy)
}

/// The certificate counts from now on, and visitors over HTTP are sent to HTTPS.
pub(super) struct TakeIntoUse<S>(PhantomData<fn() -> S>);

impl<S: CertificateSaga> Step for TakeIntoUse<S> {
    type Saga = S;
    type Output = ();
    const NAME: &'static str = "take_into_use";
    const TITLE: &'static str = "Send visitors to HTTPS";
    // Visitors were seen to get it: what is left is not a reason to take it from them.
    const IRREVERSIBLE: bool = true;

    async fn run(cx: &StepContext, saga: &S) -> Result<(), StepError> {
        let task = saga.task();
        let (site, held) = find_served(cx, task).await?;
        let now = cx.services().now();
        // Begun again after it was noted: only the server is left.
        if held.is_installing {
            let (issued, also) = (next(&held)?, next_also(&held)?);
            // Where the one for a customer's own names was kept, it may be one that was brought.
            let renewal = |one: &IssuedCertificate, is_own| match is_own {
                true => rules::own_replacement_time(one.not_after),
                false => rules::renewal_time(held.id.0, one.not_before, one.not_after),
            };
            let of_main = (issued.not_after, renewal(&issued, held.next_authority.is_none()));
            let times = also.iter().map(|also| (also.not_after, renewal(also, false))).fold(of_main, |a, b| (a.0.min(b.0), a.1.min(b.1)));
            // Names that it is not for would show a warning instead of the site.
            let redirect = site.names.iter().all(|name| shown(name, &issued, also.as_ref()).covers([name.as_str()]));
            let mut tx = cx.begin().await?;
            if queries::take_into_use(tx.conn(), held.id, &issued, times, redirect, now).await? {
                let action = match (S::IS_OWN, S::IS_RENEWAL) {
                    (true, _) => AuditAction::SslInstalled,
                    (false, true) => AuditAction::SslRenewed,
                    (false, false) => AuditAction::SslIssued,
                };
                let name = site.names.first().cloned().unwrap_or_default();
                let event = AuditEvent::new(action, "certificate", held.id, name).in_tenant(site.tenant);
                let after = serde_json::json!({
                    "names": issued.names, "issuer": issued.issuer, "fingerprint": issued.fingerprint, "valid_until": issued.not_after,
                });
                tx.record(event.before(serde_json::json!({ "fingerprint": held.kept.fingerprint })).after(after));
            }
            tx.commit_progress().await?;
        }
        apply_site(cx, site.pod, "redirect").await?;
        let mut tx = cx.begin().await?;
        touch(tx.conn(), RECONCILER, task.site, now).await?;
        look_after_pod(tx.conn(), site.pod, now).await?;
        tx.commit_progress().await?;
        cx.log(EventLevel::Info, format!("{} is served over HTTPS.", task.names.join(", ")));
        Ok(())
    }

    async fn undo(_: &StepContext, _: &S, _: Option<&()>) -> Result<(), StepError> {
        Err(StepError::fail("A certificate that visitors get is not taken from them."))
    }
}
