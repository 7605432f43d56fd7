//! The live release of a site.

use crate::deploys::{
    pages::{subject, trigger},
    server_fns::{read_deploys, read_site_deploys},
};
use app_kit::prelude::*;
use model::{
    hosting::deploys::{DeployRow, DeploysView},
    ids::WebsiteId,
};

/// The live deploy: its source, who started it, and since when.
#[component]
pub(super) fn CurrentRelease(site: WebsiteId, scope: Scope) -> impl IntoView {
    let of = scope.clone();
    let data = fetch(
        || (),
        move |()| {
            let of = of.clone();
            async move {
                match of {
                    Scope::Platform => read_site_deploys(site).await,
                    Scope::Tenant(slug) => read_deploys(slug, site).await,
                }
            }
        },
    );
    let show = move |site: Live<DeploysView>| {
        let scope = scope.clone();
        site.show(
            |view| view.deploys.iter().find(|row| row.is_live).cloned(),
            move |live: Option<DeployRow>| match live {
                Some(row) => view! { <Release row scope=scope.clone()/> }.into_any(),
                None => view! { <p class="text-13 text-2">"Nothing has been deployed yet."</p> }.into_any(),
            },
        )
    };
    view! { <Panel title="Current release"><Load data shape=Shape::Lines view=show/></Panel> }
}

#[component]
fn Release(row: DeployRow, scope: Scope) -> impl IntoView {
    let (what, commit) = subject(&row);
    let (href, by) = (scope.path(&format!("jobs/{}", row.job)), trigger(&row));
    let commit = (!commit.is_empty()).then(|| view! { <KeyValue label="Commit"><code>{commit}</code></KeyValue> });
    let since = row.finished_at.map(|at| view! { <KeyValue label="Live since"><At at whole=true/></KeyValue> });
    view! {
        <KeyValues>
            <KeyValue label="Deploy"><a href=href>{what}</a></KeyValue>
            {commit}
            <KeyValue label="Started by">{by}</KeyValue>
            {since}
        </KeyValues>
    }
}
