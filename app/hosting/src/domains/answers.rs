//! The answer of each resolver: they may differ while one has an old record cached.

use super::server_fns::check_domain_proof;
use app_kit::prelude::*;
use model::{
    hosting::domains::{NameCheck, ResolverAnswer},
    ids::DomainId,
};

/// An answer, and the name that was asked for where there are several.
type Answer = (String, ResolverAnswer);

/// The answer of each resolver for the record that proves a domain.
#[component]
pub(super) fn ProofAnswers(slug: String, id: DomainId) -> impl IntoView {
    let data = fetch(|| (), move |()| check_domain_proof(slug.clone(), id));
    let show = |answers: Live<Vec<ResolverAnswer>>| {
        let rows = answers.map(|answers| answers.iter().map(|answer| (String::new(), answer.clone())).collect::<Vec<_>>());
        view! { <Panel title="Ownership by resolver" flush=true note=sum(rows)><Answers rows/></Panel> }
    };
    view! { <Load data keep=true view=show/> }
}

/// The answer of each resolver for the names of a domain.
#[component]
pub(super) fn NameAnswers(checks: Live<Vec<NameCheck>>) -> impl IntoView {
    let of = |check: &NameCheck| check.answers.iter().map(|answer| (check.name.clone(), answer.clone())).collect::<Vec<_>>();
    let rows = checks.map(move |checks| checks.iter().flat_map(of).collect::<Vec<_>>());
    let words = sum(rows);
    view! {
        <p class="px-panel py-2.5 border-t border-line text-12 text-3">{move || words.get()}</p>
        <Answers rows/>
    }
}

/// How many of the answers are correct.
fn sum(rows: Live<Vec<Answer>>) -> Signal<String> {
    rows.text(|rows| {
        let right = rows.iter().filter(|(_, answer)| answer.is_right).count();
        match rows.len() {
            0 => "No answers.".to_owned(),
            1 => format!("{right} of 1 answer is correct."),
            all => format!("{right} of {all} answers are correct."),
        }
    })
}

#[component]
fn Answers(rows: Live<Vec<Answer>>) -> impl IntoView {
    type C = Col<Answer>;
    let state = |(_, answer): &Answer| match (answer.has_answered, answer.is_right, answer.values.is_empty()) {
        (false, _, _) => (State::Unknown, "No response"),
        (true, true, _) => (State::Ok, "Correct"),
        (true, false, true) => (State::Warning, "No record"),
        (true, false, false) => (State::Warning, "Different value"),
    };
    let values = |(_, answer): &Answer| match answer.values.is_empty() {
        true => "None".to_owned(),
        false => answer.values.join(", "),
    };
    let columns = vec![
        C::title("Resolver", |(name, answer)| (answer.resolver.clone(), name.clone())),
        C::state("Status", state),
        C::of(Column::Text, "Answer", values, |words: String| view! { <span class="font-mono text-12 wrap-anywhere">{words}</span> }),
    ];
    view! { <Rows label="Answers by resolver" columns key=|(name, answer)| format!("{name} {}", answer.resolver) rows/> }
}
