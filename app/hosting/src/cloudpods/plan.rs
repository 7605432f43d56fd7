//! What a CloudPod's server would do, before that is confirmed.

use app_kit::prelude::*;

/// The server's own plan. A server that does not respond is said here and closes nothing: what is confirmed is a job, which waits for it.
#[component]
pub fn ServerPlan(
    /// The plan, a line each; fetched where this is shown, so that it is as old as the dialog.
    plan: Data<Vec<String>>,
) -> impl IntoView {
    view! {
        <Load data=plan view={|lines: Vec<String>| view! {
            <section class="grid gap-1">
                <h3 class="font-mid text-1">"Plan of the server"</h3>
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
