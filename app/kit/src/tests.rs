//! What pages rely on.

use crate::{
    data::{list::*, meter::use_state},
    form::*,
    prelude::*,
    time::{ago, span},
};
use leptos_router::params::ParamsMap;
use model::{
    Time,
    error::{ApiError, ErrorCode, FieldError},
    page::{Page, PageRequest},
};

fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    Owner::new().with(|| view().into_view().to_html())
}

fn refused(fields: &[(&str, &str)]) -> FormState {
    let fields = fields.iter().map(|(field, message)| FieldError { field: (*field).to_owned(), message: (*message).to_owned() }).collect();
    FormState { error: Signal::stored(Some(ApiError::invalid(fields))), pending: Signal::stored(false) }
}

#[test]
fn a_field_error_stands_on_its_field_and_the_value_stays() {
    let html = html(|| {
        provide_context(refused(&[("email", "Needs an @.")]));
        view! { <Input name="input[email]" label="Email" value="office"/><Input name="input[name]" label="Name"/> }
    });
    let (email, name) = html.split_at(html.find("f-name").unwrap());
    assert!(email.contains("Needs an @.") && email.contains("aria-invalid=\"true\"") && email.contains("value=\"office\""), "{email}");
    assert!(!name.contains("aria-invalid=\"true\""), "{name}");
}

#[test]
fn a_button_that_works_keeps_its_word_and_takes_no_second_press() {
    let html = html(|| {
        provide_context(FormState { error: Signal::stored(None), pending: Signal::stored(true) });
        view! { <Submit>"Pay €290.40"</Submit> }
    });
    assert!(html.contains("Pay €290.40") && html.contains("aria-busy=\"true\""), "{html}");
}

#[test]
fn a_state_is_shape_and_word() {
    let html = html(|| view! { <Badge state=State::Failing word="Failing" note="5 tries"/> });
    assert!(html.contains("<svg") && html.contains("Failing") && html.contains("5 tries"), "{html}");
}

#[test]
fn what_is_not_known_is_called_so() {
    let html = html(|| view! { <MiniMeter used=None limit=8.0 words="" limit_words="8 GB"/> });
    assert!(html.contains("Unknown"), "{html}");
}

#[test]
fn an_error_shows_its_incident_and_a_way_to_try_again() {
    let error = ApiError { incident: Some("inc_4m2".to_owned()), ..ApiError::new(ErrorCode::Internal, "The list did not arrive.") };
    let html = html(|| view! { <ErrorState error/> });
    assert!(html.contains("inc_4m2") && html.contains("Try again"), "{html}");
}

#[test]
fn no_component_writes_a_style_attribute() {
    let html = html(|| view! { <Meter label="Disk" used=Some(61.0) limit=160.0 words="61 GB" limit_words="160 GB"/> });
    assert!(html.contains("width=\"38.1\"") && !html.contains("style="), "{html}");
}

#[test]
fn a_stepper_says_which_steps_are_done_and_which_one_is_now() {
    let steps = || vec![FlowStep::new("Order").href("/order"), FlowStep::new("Payment").href("/pay"), FlowStep::new("Ready")];
    let html = |flow: Flow| html(|| view! { <Stepper label="Checkout steps" steps=steps() flow/> });
    let now = html(Flow::At(1));
    assert!(now.contains("<ol") && now.matches("aria-current=\"step\"").count() == 1, "{now}");
    let (before, after) = now.split_at(now.find("aria-current").unwrap());
    assert!(before.contains("href=\"/order\"") && before.contains(", completed") && after.contains("Payment"), "{now}");
    assert!(!after.contains("href=") && !after.contains(", completed"), "what is now and what comes leads nowhere: {now}");
    assert!(html(Flow::Failed(1)).contains(", failed"));
    let done = html(Flow::Done);
    assert!(!done.contains("aria-current") && done.matches(", completed").count() == 3, "{done}");
}

#[test]
fn a_row_that_opens_has_a_button_that_says_so_and_shows_nothing_before() {
    let of = |opens: bool| {
        html(move || {
            let columns = vec![Col::title("Name", |row: &String| (row.clone(), ""))];
            let more = opens.then(|| More::new(|row: &String| row.clone(), |_| view! { <p>"What is below"</p> }));
            view! { <Rows label="Things" columns key=|row| row.clone() rows=Live::new(vec!["first".to_owned(), "second".to_owned()]) more/> }
        })
    };
    let opens = of(true);
    assert_eq!((opens.matches("aria-expanded=\"false\"").count(), opens.matches("What is below").count()), (2, 0), "{opens}");
    assert!(opens.contains("aria-label=\"Details of second\""), "{opens}");
    assert!(!of(false).contains("aria-expanded"), "rows do not open by themselves");
}

#[test]
fn filter_and_cursor_live_in_the_address() {
    let mut query = ParamsMap::new();
    query.insert("state", "running".to_owned());
    query.insert("search", String::new());
    let request = page_request(&query);
    assert_eq!(request, PageRequest { state: Some("running".to_owned()), ..PageRequest::default() });
    let page = Page { rows: vec![1], older: Some("k1".to_owned()), newer: None };
    assert_eq!(pager_hrefs("/pods", &request, &page), (None, Some("/pods?state=running&cursor=k1".to_owned())));
}

#[test]
fn spans_and_ages_are_words() {
    let at = |seconds| Time::from_timestamp(seconds, 0).unwrap();
    assert_eq!([span(800), span(26_800), span(252_000)].map(|words| words.replace('\u{a0}', " ")), ["0.8 s", "26 s", "4 min 12 s"]);
    assert_eq!([ago(at(100), at(104)), ago(at(100), at(100))].map(|words| words.replace('\u{a0}', " ")), ["4 s ago", "now"]);
}

#[test]
fn a_use_near_its_limit_is_a_warning() {
    assert_eq!(
        [use_state(10.0, 100.0), use_state(90.0, 100.0), use_state(99.0, 100.0), use_state(1.0, 0.0)],
        [State::Ok, State::Warning, State::Failing, State::Unknown]
    );
}

#[test]
fn changes_that_are_not_applied_are_counted_and_shown_with_what_applies_them() {
    let of = |count: usize| {
        html(move || {
            let parts = Callback::new(|()| (view! { <p>"The plan"</p> }.into_any(), view! { <Button>"Apply changes"</Button> }.into_any()));
            let discard = Callback::new(|()| ());
            view! { <Unapplied count=Signal::stored(count) note="Nothing is published until you apply them." discard parts/> }
        })
    };
    let two = of(2);
    for words in ["2 unapplied changes", "The plan", "Apply changes", "Discard", "Nothing is published"] {
        assert!(two.contains(words), "{words}: {two}");
    }
    assert!(!of(0).contains("Discard"), "without a change there is nothing to apply");
}
