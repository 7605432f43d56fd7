//! How the agent that this panel ships comes to the servers.

use super::server_fns::{HoldAgentRollout, ResumeAgentRollout, read_agent_rollout};
use app_kit::prelude::*;
use model::administration::agent_rollout::{RolloutStatus, RolloutView, ServerUpgrade, UpgradeStatus};

/// The rollout, below the list of servers.
#[component]
pub fn AgentRollout() -> impl IntoView {
    let view = |view: Live<RolloutView>| {
        let shown = move |any: bool| any.then(|| view! { <div class="mt-4"><Rollout view/></div> });
        view.show(|view| view.total > 0, shown)
    };
    view! { <Load data=fetch(|| (), |()| read_agent_rollout()) view/> }
}

fn rollout_label(status: RolloutStatus) -> (State, &'static str) {
    match status {
        RolloutStatus::Running => (State::Working, "Running"),
        RolloutStatus::Held => (State::Warning, "Held"),
        RolloutStatus::Stopped => (State::Failing, "Stopped"),
        RolloutStatus::Completed => (State::Ok, "Completed"),
    }
}

fn upgrade_label(status: UpgradeStatus) -> (State, &'static str) {
    match status {
        UpgradeStatus::Behind => (State::Waiting, "Behind"),
        UpgradeStatus::Running => (State::Working, "Upgrading"),
        UpgradeStatus::Waiting => (State::Warning, "Waiting"),
        UpgradeStatus::Done => (State::Ok, "Up to date"),
        UpgradeStatus::Failed => (State::Failing, "Failed"),
    }
}

#[component]
fn Rollout(view: Live<RolloutView>) -> impl IntoView {
    let note = view.text(|view| {
        let short = view.sha256.get(..12).unwrap_or_default();
        format!(
            "Version {} ({short}): {} of {} servers have it. One server gets it first, then the rest a few at a time.",
            view.version, view.done, view.total
        )
    });
    let controls = |status| {
        let badge = head_badge(rollout_label(status));
        let button = match status {
            RolloutStatus::Running => view! { <ActionButton call=HoldAgentRollout {} label="Hold rollout" size=Size::Small/> }.into_any(),
            RolloutStatus::Held | RolloutStatus::Stopped => {
                view! { <ActionButton call=ResumeAgentRollout {} label="Resume rollout" size=Size::Small/> }.into_any()
            }
            RolloutStatus::Completed => ().into_any(),
        };
        view! { {badge}{button} }
    };
    let behind = view.map(|view| view.servers.clone());
    type C = Col<ServerUpgrade>;
    let rows = move |none: bool| {
        let columns = vec![
            C::name("Server", |server| (format!("/admin/servers/{}", server.id), server.name.clone(), "")),
            C::state("Agent", |server| upgrade_label(server.status)),
            C::text("Version", |server| server.version.clone().unwrap_or_else(|| "Unknown".to_owned())),
            C::extra("Reason", |server| server.reason.clone().unwrap_or_else(|| "None".to_owned())),
            C::ago("Since", "Not yet", |server| server.changed_at),
        ];
        (!none).then(|| view! { <Rows label="Servers without this agent" columns key=|server| server.id.to_string() rows=behind/> })
    };
    view! {
        <Panel title="Agent rollout" note aside=move || view.show(|view| view.status, controls) flush=true>{behind.show(Vec::is_empty, rows)}</Panel>
    }
}
