//! What a CloudPod's server would do, before that is confirmed.

use app_kit::prelude::*;

/// What the server would change. When it does not respond, the reason stands here and the dialog can still be confirmed: the job waits for it.
#[component]
pub fn ServerPlan(
    /// The changes, a line each; fetched when the dialog opens, so that they are no older than it.
    plan: Data<Vec<String>>,
) -> impl IntoView {
    view! {
        <Load data=plan view={|lines: Vec<String>| view! {
            <section class="grid gap-1">
                <h3 class="font-mid text-1">"Changes on the server"</h3>
                {if lines.is_empty() {
                    view! { <p>"No changes on the server."</p> }.into_any()
                } else {
                    view! { <ul class="grid gap-1 font-mono text-12">{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul> }.into_any()
                }}
            </section>
        }}/>
    }
    .into_any()
}
