use super::{Letter, duration_words, render};
use chrono::Duration;
use serde::Serialize;

#[derive(Serialize)]
struct Note {
    text: String,
}

impl Letter for Note {
    const TEMPLATE: &'static str = "note";
    const TEXT: &'static str = "{{ company }}: {{ text }}";
    const HTML: &'static str = "{% extends \"layout.html\" %}{% block body %}<p>{{ text }}</p>{% endblock %}";

    fn subject(&self, company: &str) -> String {
        format!("{company}: a note")
    }
}

#[derive(Serialize)]
struct Misspelt {}

impl Letter for Misspelt {
    const TEMPLATE: &'static str = "misspelt";
    const TEXT: &'static str = "{{ txet }}";
    const HTML: &'static str = "";

    fn subject(&self, _: &str) -> String {
        String::new()
    }
}

#[test]
fn a_letter_is_rendered_in_the_layout_and_nothing_typed_becomes_markup_or_a_header() {
    let mail = render(&Note { text: "<script>alert(1)</script>".to_owned() }, "Evil\r\nBcc: victim@example.com").unwrap();
    assert!(mail.html.starts_with("<!doctype html>") && mail.html.contains("&lt;script&gt;"), "{}", mail.html);
    assert!(!mail.html.contains("<script>"));
    assert!(mail.subject.chars().all(|c| !c.is_control()), "{:?}", mail.subject);
    assert!(mail.text.contains("<script>alert(1)</script>"), "text is text");
}

#[test]
fn a_value_that_a_template_asks_for_and_the_letter_does_not_have_is_an_error() {
    assert!(render(&Misspelt {}, "Hosting Example").is_err());
}

#[test]
fn times_read_as_people_say_them() {
    let words = [Duration::days(7), Duration::days(1), Duration::hours(1), Duration::minutes(30), Duration::minutes(1)].map(duration_words);
    assert_eq!(words, ["7 days", "24 hours", "1 hour", "30 minutes", "1 minute"]);
}
