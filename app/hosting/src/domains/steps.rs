//! The steps that connect a domain, from its name to a site that visitors reach over HTTPS.

use crate::certificates::Issuing;
use app_kit::prelude::*;
use model::hosting::domains::{DomainHttps, DomainStatus, DomainView};

/// The steps and the current one. Without certificates the last one is left out.
#[component]
pub(super) fn ConnectSteps(flow: Flow) -> impl IntoView {
    let mut steps = vec![FlowStep::new("Domain"), FlowStep::new("Ownership"), FlowStep::new("DNS records")];
    if has_https() {
        steps.push(FlowStep::new("HTTPS"));
    }
    view! { <Stepper label="Connection steps" steps flow/> }
}

/// The steps on the page of a domain, until the last one is completed. A domain that is registered here needs none.
#[component]
pub(super) fn DomainSteps(domain: Live<DomainView>) -> impl IntoView {
    let has_https = has_https();
    domain.show(move |view| flow(view, has_https), |flow| flow.map(|flow| view! { <ConnectSteps flow/> }))
}

fn has_https() -> bool {
    use_context::<Issuing>().is_some_and(|Issuing(is_issuing)| is_issuing)
}

fn flow(view: &DomainView, has_https: bool) -> Option<Flow> {
    match (view.domain.status, view.https) {
        _ if view.registration.is_some() => None,
        (DomainStatus::Pending, _) => Some(Flow::At(1)),
        (DomainStatus::Verified, DomainHttps::Served) => None,
        (DomainStatus::Verified, DomainHttps::Issuing) => Some(Flow::At(3)),
        // Without certificates the names are not checked automatically.
        (DomainStatus::Verified, _) if !has_https && !view.names.is_empty() => None,
        (DomainStatus::Verified, _) => Some(Flow::At(2)),
    }
}
