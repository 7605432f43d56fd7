//! Shared by the server pages.

use app_kit::prelude::*;
use model::administration::servers::{Capability, SILENT_SECONDS, ServerDriver, ServerRow, ServerStatus};

/// State and label of a server. An active server without a recent check is shown as not responding.
pub fn state_of(row: &ServerRow, now: model::Time) -> (State, String) {
    let silent = row.last_seen_at.is_none_or(|seen| (now - seen).num_seconds() > SILENT_SECONDS);
    match row.status {
        ServerStatus::Active if silent => (State::Unknown, "Not responding".to_owned()),
        ServerStatus::Active => (State::Ok, "Active".to_owned()),
        ServerStatus::Draining => (State::Warning, "Draining".to_owned()),
        ServerStatus::Pending => (State::Waiting, "Not enrolled".to_owned()),
        ServerStatus::Quarantined => (State::Failing, "Host key changed".to_owned()),
        ServerStatus::Retired => (State::Stopped, "Retired".to_owned()),
    }
}

/// The tag of a simulated server.
pub fn simulated(row: &ServerRow) -> Option<impl IntoView + use<>> {
    (row.driver == ServerDriver::Simulated).then(|| view! { <Tag>"Simulated"</Tag> })
}

/// Label of a capability.
pub fn capability_label(capability: Capability) -> &'static str {
    match capability {
        Capability::Web => "Web (nginx)",
        Capability::Static => "Static files",
        Capability::Php => "PHP and MariaDB",
        Capability::Node => "Node.js",
        Capability::Wordpress => "WordPress",
        Capability::Dns => "DNS (PowerDNS)",
    }
}

/// Millicores as cores.
pub fn cores(millis: i64) -> String {
    format!("{:.1} CPU", millis as f64 / 1000.0)
}
