//! Letters: what modules write to people, in text and in HTML. Each stands in its module, with its templates.

use anyhow::Context;
use chrono::Duration;
use minijinja::{Environment, UndefinedBehavior, Value, context, value::Serde};
use serde::Serialize;
use std::sync::OnceLock;
use uuid::Uuid;

/// A letter of a module. Its fields are the values of its templates, beside `company`: who writes. Every link is given whole.
pub trait Letter: Serialize {
    /// Names it in the database: `password_reset`.
    const TEMPLATE: &'static str;
    /// Source of the text part.
    const TEXT: &'static str;
    /// Source of the HTML part: `{% extends "layout.html" %}` and the block `body`. Values are escaped.
    const HTML: &'static str;

    /// Its subject.
    fn subject(&self, company: &str) -> String;

    /// The file that goes with it; it is fetched when the letter is sent.
    fn attachment(&self) -> Option<Attachment> {
        None
    }
}

/// Names a file that goes with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What the file is of, such as an invoice.
    pub id: Uuid,
    /// Name of the file.
    pub name: String,
}

/// A letter, rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedMail {
    /// One line.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part; everything in it that comes from outside is escaped.
    pub html: String,
}

/// Renders a letter in the name of the company that sells.
///
/// # Errors
/// When a template asks for a value that the letter does not have: found by the module's tests.
pub fn render<L: Letter>(letter: &L, company: &str) -> anyhow::Result<RenderedMail> {
    let values = context! { company, ..Value::from(Serde(letter)) };
    let part = |ending: &str, source: &str| {
        let name = format!("{}.{ending}", L::TEMPLATE);
        environment().render_named_str(&name, source, &values).with_context(|| format!("mail template {name}"))
    };
    Ok(RenderedMail { subject: one_line(&letter.subject(company)), text: part("txt", L::TEXT)?, html: part("html", L::HTML)? })
}

/// `7 days`, `1 hour`, `30 minutes`.
pub fn duration_words(time: Duration) -> String {
    let (number, unit) = match time.num_minutes() {
        minutes if minutes >= 2 * 24 * 60 && minutes % (24 * 60) == 0 => (minutes / (24 * 60), "day"),
        minutes if minutes % 60 == 0 => (minutes / 60, "hour"),
        minutes => (minutes, "minute"),
    };
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{end}")
}

/// A subject is one line, whatever the company calls itself.
fn one_line(subject: &str) -> String {
    subject.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Err(error) = environment.add_template("layout.html", include_str!("layout.html")) {
            tracing::error!(%error, "invalid mail layout");
        }
        environment
    })
}

#[cfg(test)]
mod tests;
