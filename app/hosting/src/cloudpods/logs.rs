//! The web server's logs of a CloudPod.

use app_kit::prelude::*;
use model::ids::CloudPodId;

/// Downloads them from the server, whatever their length.
#[component]
pub fn WebLogs(id: CloudPodId) -> impl IntoView {
    let href = move |log: &str| format!("/api/admin/hosting/cloudpods/log?id={id}&log={log}");
    view! {
        <Panel title="Logs" note="As the web server has them now.">
            <div class="flex flex-wrap gap-3">
                <LinkButton href=href("access") attr:download="access.log">"Download access log"</LinkButton>
                <LinkButton href=href("error") attr:download="error.log">"Download error log"</LinkButton>
            </div>
        </Panel>
    }
}
