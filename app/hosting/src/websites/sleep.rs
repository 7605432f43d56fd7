//! Whether a site sleeps while nobody visits it.

use super::{
    pages::{can_change, to_job},
    parts::may_write,
    server_fns::SetWebsiteAlwaysOn,
};
use app_kit::prelude::*;
use model::{
    Time,
    hosting::{cloudpods::SleepRule, websites::WebsiteView},
};

/// Since when something is asleep, and what wakes it. `what` is what starts, as `It starts`.
pub(crate) fn asleep_banner(since: Time, what: &'static str) -> AnyView {
    view! { <div class="mb-4"><Banner notice=Notice::Info boxed=true>"Asleep since " <At at=since whole=true/> {format!(". {what} with the next visit.")}</Banner></div> }
        .into_any()
}

/// When the site sleeps, and the button that changes it where its plan leaves that to its owner.
#[component]
pub(super) fn Sleep(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| view.sleep.map(|rule| (view.site.id, rule, view.config.always_on, may && can_change(view) && !view.site.is_stopped)),
        move |found| {
            let Some((id, rule, always_on, can)) = found else { return ().into_any() };
            let is_kept_on = rule.is_optional && always_on;
            let button = match &scope {
                Scope::Tenant(slug) if can && rule.is_optional => {
                    let label = if is_kept_on { "Let the site sleep" } else { "Keep always on" };
                    let call = SetWebsiteAlwaysOn { slug: slug.clone(), id, always_on: !is_kept_on };
                    view! { <ActionButton call label on_done=to_job(&scope)/> }.into_any()
                }
                _ => ().into_any(),
            };
            view! {
                <Panel title="Sleep">
                    <div class="flex flex-wrap items-center justify-between gap-3 text-13"><span>{words(rule, is_kept_on)}</span>{button}</div>
                </Panel>
            }
            .into_any()
        },
    )
}

fn words(rule: SleepRule, is_kept_on: bool) -> String {
    if is_kept_on {
        return "Always on. This site keeps running when it has no visitors.".to_owned();
    }
    let choice = if rule.is_optional { "" } else { " Your plan can't keep it always on." };
    format!("This site sleeps after {} without visitors and starts with the next visit.{choice}", rule.time_label())
}
