//! What is due, failing, and different from what is expected.

use super::server_fns::list_reconciliations;
use app_kit::prelude::*;
use model::administration::reconciliations::{ReconciliationRow, ReconciliationState};

const PATH: &str = "/admin/reconciliations";

/// Lines of a difference that a row shows.
const SHOWN: usize = 3;

fn state(row: &ReconciliationRow) -> (State, &'static str) {
    match row.state {
        ReconciliationState::Ok => (State::Ok, "As expected"),
        ReconciliationState::Differs => (State::Warning, "Drift"),
        ReconciliationState::Failing => (State::Failing, "Failing"),
        ReconciliationState::Due => (State::Waiting, "Due"),
    }
}

/// The object's page, where there is one.
fn path(row: &ReconciliationRow) -> Option<String> {
    let list = match row.reconciler.as_str() {
        "cloudpod" | "cloudpod_watch" => "cloudpods",
        "server" => "servers",
        _ => return None,
    };
    Some(format!("/admin/{list}/{}", row.key))
}

/// What the last check has found, a line each.
fn findings(row: &ReconciliationRow) -> Vec<String> {
    let more = row.differences.len().saturating_sub(SHOWN);
    let lines = row.error.clone().into_iter().chain(row.differences.iter().take(SHOWN).cloned());
    lines.chain((more > 0).then(|| format!("and {more} more"))).collect()
}

/// `/admin/reconciliations`
#[component]
pub fn ReconciliationsPage() -> impl IntoView {
    type C = Col<ReconciliationRow>;
    let object = |row: &ReconciliationRow| {
        let name = if row.subject.is_empty() { "Not checked yet".to_owned() } else { row.subject.clone() };
        (path(row), name)
    };
    let columns = vec![
        C::title("Check", |row| (row.title.clone(), "")),
        C::state("Status", state),
        C::of(Column::Text, "Object", object, |(path, name): (Option<String>, String)| match path {
            Some(path) => view! { <a href=path>{name}</a> }.into_any(),
            None => name.into_any(),
        }),
        C::of(Column::Text, "Result", findings, |lines: Vec<String>| {
            lines.into_iter().map(|line| view! { <span class="block">{line}</span> }).collect_view()
        }),
        C::extra("Server", |row| row.server_name.clone().unwrap_or_else(|| "None".to_owned())),
        C::ago("Since", "None", |row| row.failing_since.or(row.differs_since)),
        C::ago("Last checked", "Not yet", |row| row.checked_at),
    ];
    view! {
        <PageHead title="System checks" note=|| "Continuous checks that compare expected with actual state."/>
        <Listing
            path=PATH label="Checks" data=fetch_list(list_reconciliations) columns key=|row| row.id.to_string()
            states=vec![("FAILING", "Failing"), ("DIFFERS", "Drift"), ("DUE", "Due"), ("OK", "As expected")]
            search="Object name" verb="added" at=|row| row.created_at
            empty=("No checks yet", "Checks appear here once a worker runs.")
        />
    }
    .into_any()
}
