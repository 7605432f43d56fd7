//! How the agent that this panel ships comes to the servers.

use super::server_fns::{HoldAgentRollout, ResumeAgentRollout, read_agent_rollout};
use app_kit::prelude::*;
use model::administration::agent_rollout::{RolloutStatus, RolloutView, ServerUpgrade, UpgradeStatus};

/// The rollout, below the list of servers.
#[component]
pub fn AgentRollout() -> impl IntoView {
    let data = fetch(|| (), move |()| read_agent_rollout());
    let again = Callback::new(move |()| data.refetch());
    view! { <Load data view=move |view: RolloutView| (view.total > 0).then(|| view! { <div class="mt-4"><Rollout view again/></div> })/> }
}

#[component]
fn Rollout(view: RolloutView, again: Callback<()>) -> impl IntoView {
    let (hold, resume) = (Call::<HoldAgentRollout>::new(), Call::<ResumeAgentRollout>::new());
    let done = Callback::new(move |()| again.run(()));
    let (state, word) = match view.status {
        RolloutStatus::Running => (State::Working, "Running"),
        RolloutStatus::Held => (State::Warning, "Held"),
        RolloutStatus::Stopped => (State::Failing, "Stopped"),
        RolloutStatus::Completed => (State::Ok, "Completed"),
    };
    let short = view.sha256.get(..12).unwrap_or_default().to_owned();
    let note = format!(
        "Version {} ({short}): {} of {} servers have it. One server gets it first, then the rest a few at a time.",
        view.version, view.done, view.total
    );
    let status = view.status;
    let aside = move || {
        view! {
            <Badge soft=true state=state word=word/>
            {(status == RolloutStatus::Running).then(|| view! { <Form action=hold on_done=done class=tw!("block")><Submit kind=Kind::Secondary size=Size::Small>"Hold rollout"</Submit></Form> })}
            {matches!(status, RolloutStatus::Held | RolloutStatus::Stopped).then(|| view! { <Form action=resume on_done=done class=tw!("block")><Submit kind=Kind::Secondary size=Size::Small>"Resume rollout"</Submit></Form> })}
        }
    };
    view! {
        <Panel title="Agent rollout" note aside flush=true>
            {(!view.servers.is_empty()).then(|| view! {
                <Table label="Servers without this agent" head=vec![(Column::Name, "Server"), (Column::State, "Agent"), (Column::Text, "Version"), (Column::Extra, "Reason"), (Column::Number, "Since")]>
                    {view.servers.clone().into_iter().map(|server| view! { <UpgradeRow server/> }).collect_view()}
                </Table>
            })}
        </Panel>
    }
}

#[component]
fn UpgradeRow(server: ServerUpgrade) -> impl IntoView {
    let (state, word) = match server.status {
        UpgradeStatus::Behind => (State::Waiting, "Behind"),
        UpgradeStatus::Running => (State::Working, "Upgrading"),
        UpgradeStatus::Waiting => (State::Warning, "Waiting"),
        UpgradeStatus::Done => (State::Ok, "Up to date"),
        UpgradeStatus::Failed => (State::Failing, "Failed"),
    };
    view! {
        <Tr>
            <TdName href=format!("/admin/servers/{}", server.id) name=server.name.clone()/>
            <Td column=Column::State><Badge state=state word=word/></Td>
            <Td label="Version">{server.version.clone().unwrap_or_else(|| "Unknown".to_owned())}</Td>
            <Td column=Column::Extra label="Reason">{server.reason.clone().unwrap_or_else(|| "None".to_owned())}</Td>
            <Td column=Column::Number label="Since">{match server.changed_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Not yet".into_any() }}</Td>
        </Tr>
    }
}
