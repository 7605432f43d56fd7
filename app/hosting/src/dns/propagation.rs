//! What DNS answers for a name now.

use super::server_fns::CheckPropagation;
use app_kit::prelude::*;
use model::{
    hosting::dns::{Propagation, PropagationAnswer, RecordType},
    ids::DomainId,
};

/// Asks all name servers and resolvers for a name, and shows what each answers.
#[component]
pub(super) fn PropagationPanel(slug: String, id: DomainId) -> impl IntoView {
    let found = RwSignal::new(None::<Propagation>);
    // No server answers an ALIAS record: it has A and AAAA records instead.
    let asked = RecordType::ALL.iter().filter(|kind| **kind != RecordType::Alias);
    let options: Vec<(String, String)> = asked.map(|kind| (kind.to_string(), kind.to_string())).collect();
    let done = Callback::new(move |answer: Propagation| found.set(Some(answer)));
    view! {
        <Panel title="Propagation" note="Asks each name server, and resolvers that keep answers until their TTL has passed.">
            <Form action=CheckPropagation { slug, id, host: String::new(), record_type: RecordType::A } on_done=done>
                <Grid columns=Columns::Pairs>
                    <Input name="host" label="Look up" optional=true autocomplete="off" placeholder="www" help="Leave empty for the domain itself."/>
                    <Select name="record_type" label="Record type" options/>
                </Grid>
                <div><Submit>"Check DNS"</Submit></div>
            </Form>
            {move || found.get().map(|answer| view! { <Answers answer/> })}
        </Panel>
    }
    .into_any()
}

#[component]
fn Answers(answer: Propagation) -> impl IntoView {
    type C = Col<PropagationAnswer>;
    let state = |row: &PropagationAnswer| match (&row.error, row.is_same, row.is_authority) {
        (Some(_), _, _) => (State::Unknown, "No response"),
        (None, true, _) => (State::Ok, "Up to date"),
        (None, false, true) => (State::Warning, "Outdated"),
        (None, false, false) => (State::Warning, "Cached"),
    };
    let values = |row: &PropagationAnswer| match (&row.error, row.values.is_empty()) {
        (Some(error), _) => error.clone(),
        (None, true) => "No record".to_owned(),
        (None, false) => row.values.join(", "),
    };
    let age = |row: &PropagationAnswer| match row.age {
        Some(seconds) => format!("{} ago", span(i64::from(seconds) * 1000)),
        None if row.is_authority => "Now".to_owned(),
        None => "Unknown".to_owned(),
    };
    let columns = vec![
        C::title("Server", |row| (row.name.clone(), if row.is_authority { "Name server" } else { "Resolver" })),
        C::state("Status", state),
        C::of(Column::Text, "Answer", values, |words| view! { <span class="font-mono text-12 wrap-anywhere">{words}</span> }),
        C::number("Serial", |row| row.serial.map_or_else(|| "Unknown".to_owned(), |serial| serial.to_string())),
        C::text("Fetched", age),
    ];
    let rows = Live::new(answer.answers);
    view! {
        <div class="grid gap-2 mt-4">
            <p class="text-13 text-2" role="status">{answer.question}", checked "<At at=answer.at clock=true/></p>
            <Rows label="Answers" columns key=|row| format!("{} {}", row.is_authority, row.name) rows empty="No servers to check."/>
        </div>
    }
    .into_any()
}
