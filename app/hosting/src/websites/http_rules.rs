//! Redirects and response headers of a site.

use super::{
    pages::{can_change, to_job},
    parts::may_write,
    server_fns::SetWebsiteHttpRules,
};
use app_kit::prelude::*;
use model::hosting::websites::{HttpRules, WebsiteView};

/// The form for both.
#[component]
pub(super) fn HttpRulesPanel(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| (may && can_change(view) && !view.site.is_stopped, view.site.id, view.config.http_rules.clone()),
        move |(can, id, HttpRules { redirects, headers })| {
            let slug = match scope.clone() {
                Scope::Tenant(slug) if can => slug,
                _ => return view! { <ReadOnly redirects headers/> }.into_any(),
            };
            let done = to_job(&scope);
            let from_to = "One per line: path, target, status (301, 302, 307 or 308; 301 if omitted). /old/* matches everything below /old/; all of it goes to the same target.";
            let name_value = "One per line, for example X-Frame-Options: DENY. Security, CORS and X-Robots-Tag headers only. They replace those that the site sends itself.";
            view! {
                <Panel title="Redirects and headers">
                    <Form action=SetWebsiteHttpRules { slug, id, redirects, headers } on_done=done>
                        <Textarea name="redirects" label="Redirects" optional=true help=from_to/>
                        <Textarea name="headers" label="Response headers" optional=true help=name_value/>
                        <div><Submit>"Save settings"</Submit></div>
                    </Form>
                </Panel>
            }
            .into_any()
        },
    )
}

/// The same for whoever cannot change them, such as staff.
#[component]
fn ReadOnly(redirects: String, headers: String) -> impl IntoView {
    let lines = |text: String| if text.is_empty() { "None".to_owned() } else { text };
    view! {
        <Panel title="Redirects and headers">
            <Facts>
                <Fact label="Redirects"><span class="font-mono text-12 whitespace-pre-wrap wrap-anywhere">{lines(redirects)}</span></Fact>
                <Fact label="Response headers"><span class="font-mono text-12 whitespace-pre-wrap wrap-anywhere">{lines(headers)}</span></Fact>
            </Facts>
        </Panel>
    }
}
