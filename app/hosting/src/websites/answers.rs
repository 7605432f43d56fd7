//! Redirects and response headers of a site.

use super::{
    pages::{can_change, to_job},
    parts::may_write,
    server_fns::SetWebsiteAnswers,
};
use app_kit::prelude::*;
use model::hosting::websites::{AnswerSettings, WebsiteView};

/// The form for both.
#[component]
pub(super) fn Answers(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let may = may_write(&scope);
    site.show(
        move |view| (may && can_change(view) && !view.site.is_stopped).then(|| (view.site.id, view.config.answers.clone())),
        move |found| {
            let (Scope::Tenant(slug), Some((id, AnswerSettings { redirects, headers }))) = (scope.clone(), found) else { return ().into_any() };
            let done = to_job(&scope);
            let from_to = "One per line: path, target, status (301, 302, 307 or 308; 301 if omitted). /old/* matches everything below /old/; all of it goes to the same target.";
            let name_value = "One per line, for example X-Frame-Options: DENY. Security, CORS and X-Robots-Tag headers only. They replace those that the site sends itself.";
            view! {
                <Panel title="Redirects and headers">
                    <Form action=SetWebsiteAnswers { slug, id, redirects, headers } on_done=done>
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
