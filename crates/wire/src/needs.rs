//! Which agents can read a request.

use crate::spec::{PodSpec, SiteSpec};
use crate::verb::{MovePart, Verb};

/// Most sites in a pod that agents of before take which do not know [`crate::verb::SiteVisit`].
const SITES_BEFORE: usize = 20;

impl Verb {
    /// Another verb that an agent knows which can read this request: a description with a certificate, a stopped site, settings, a release,
    /// environment variables or scheduled jobs is no other agent's. Zones with keys, and records of services, came in one release with `JobRun`;
    /// zones with a next key in one with `ZoneCounts`; the second copy of a pod that moves in one with `SiteVisit`.
    pub fn needs(&self) -> Option<&'static str> {
        match self {
            Self::ZoneApply(apply) if apply.zone.next.is_some() => Some("ZoneCounts"),
            Self::ZoneApply(apply) => apply.zone.needs_signing_agent().then_some("JobRun"),
            Self::PodPlan(plan) => of_pod(&plan.spec),
            Self::PodApply(apply) => of_pod(&apply.spec),
            Self::PodAdopt(adopt) => of_pod(&adopt.spec),
            Self::PodSend(send) => (send.part == MovePart::More).then_some("SiteVisit"),
            Self::PodReceive(receive) => (receive.part == MovePart::More).then_some("SiteVisit"),
            _ => None,
        }
    }
}

fn of_pod(spec: &PodSpec) -> Option<&'static str> {
    let has = |what: fn(&SiteSpec) -> bool| spec.sites.iter().any(what);
    // Names with a certificate apart, the redirect to the main name and more sites came in one release with the visits to sites.
    let has_apart = |site: &SiteSpec| site.certificate.as_ref().is_some_and(|certificate| certificate.also.is_some());
    if spec.sites.len() > SITES_BEFORE || has(|site| site.settings.redirect_to_main) || has(has_apart) {
        return Some("SiteVisit");
    }
    // Sites that sleep came in one release with the logs of sites.
    if has(|site| site.sleep_after_minutes.is_some()) {
        return Some("SiteLog");
    }
    if has(|site| site.settings.is_served_specially()) {
        return Some("SiteCachePurge");
    }
    if has(|site| site.release.is_some()) {
        return Some("SiteBuild");
    }
    let has_http_rules = |site: &SiteSpec| !site.settings.redirects.is_empty() || !site.settings.headers.is_empty();
    if has(|site| !site.environment.is_empty() || !site.cron_jobs.is_empty()) || has(has_http_rules) {
        return Some("JobRun");
    }
    if has(|site| site.stopped || !site.settings.is_default()) {
        return Some("SiteRemove");
    }
    has(|site| site.certificate.is_some()).then_some("ChallengePut")
}
