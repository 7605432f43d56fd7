//! What mPanel writes to people, in text and in HTML.

use chrono::Duration;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use std::sync::OnceLock;

/// A mail that mPanel can write. Every link is given whole.
#[derive(Clone, Debug)]
pub enum Letter {
    /// To a buyer who has no way into the panel yet.
    Welcome {
        /// Name of the plan.
        plan: String,
        /// Domain of the site.
        domain: String,
        /// The domain that was asked for, when another pod has it.
        asked: Option<String>,
        /// Number of the invoice.
        invoice: String,
        /// What was paid, as shown.
        total: String,
        /// The single-use link that sets the password.
        activation_link: String,
        /// How long the link works.
        valid: Duration,
    },
    /// To a buyer who has signed in before.
    NewPod {
        /// Name of the plan.
        plan: String,
        /// Domain of the site.
        domain: String,
        /// The domain that was asked for, when another pod has it.
        asked: Option<String>,
        /// Number of the invoice.
        invoice: String,
        /// What was paid, as shown.
        total: String,
        /// The panel's sign-in page.
        panel_link: String,
    },
    /// To somebody who cannot sign in.
    PasswordReset {
        /// The single-use link that sets a new password.
        link: String,
        /// How long the link works.
        valid: Duration,
    },
    /// To somebody who is invited to a customer account.
    Invitation {
        /// Name of the account.
        tenant: String,
        /// Who invites.
        inviter: String,
        /// As what.
        role: String,
        /// The single-use link that accepts.
        link: String,
        /// How long the link works.
        valid: Duration,
    },
    /// To somebody who becomes staff and has no login yet.
    Staff {
        /// As what.
        role: String,
        /// The single-use link that sets the password.
        link: String,
        /// How long the link works.
        valid: Duration,
    },
}

/// A mail, written.
pub(crate) struct Written {
    /// One line.
    pub subject: String,
    /// Text part.
    pub text: String,
    /// HTML part; everything in it that comes from outside is escaped.
    pub html: String,
}

impl Letter {
    /// The template's name, as in the database.
    pub const fn template(&self) -> &'static str {
        match self {
            Letter::Welcome { .. } => "welcome",
            Letter::NewPod { .. } => "new_pod",
            Letter::PasswordReset { .. } => "password_reset",
            Letter::Invitation { .. } => "invitation",
            Letter::Staff { .. } => "staff",
        }
    }

    /// Writes it in the name of the company that sells.
    pub(crate) fn write(&self, company: &str) -> anyhow::Result<Written> {
        let values = self.values(company);
        let render = |ending: &str| templates().get_template(&format!("{}.{ending}", self.template()))?.render(&values);
        Ok(Written { subject: one_line(&self.subject(company)), text: render("txt")?, html: render("html")? })
    }

    fn subject(&self, company: &str) -> String {
        match self {
            Letter::Welcome { domain, .. } => format!("Welcome to {company}: activate your account for {domain}"),
            Letter::NewPod { domain, .. } => format!("{company}: your order for {domain}"),
            Letter::PasswordReset { .. } => format!("{company}: reset your password"),
            Letter::Invitation { tenant, .. } => format!("{company}: you're invited to join {tenant}"),
            Letter::Staff { .. } => format!("{company}: your staff account"),
        }
    }

    fn values(&self, company: &str) -> Value {
        match self {
            Letter::Welcome { plan, domain, asked, invoice, total, activation_link, valid } => {
                context! { company, plan, domain, asked, invoice, total, link => activation_link, valid => words(*valid) }
            }
            Letter::NewPod { plan, domain, asked, invoice, total, panel_link } => {
                context! { company, plan, domain, asked, invoice, total, link => panel_link }
            }
            Letter::PasswordReset { link, valid } => context! { company, link, valid => words(*valid) },
            Letter::Invitation { tenant, inviter, role, link, valid } => {
                context! { company, tenant, inviter, role, link, valid => words(*valid) }
            }
            Letter::Staff { role, link, valid } => context! { company, role, link, valid => words(*valid) },
        }
    }
}

/// A subject is one line, whatever the company calls itself.
fn one_line(subject: &str) -> String {
    subject.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

/// `7 days`, `1 hour`, `30 minutes`.
fn words(time: Duration) -> String {
    let (number, unit) = match time.num_minutes() {
        minutes if minutes >= 2 * 24 * 60 && minutes % (24 * 60) == 0 => (minutes / (24 * 60), "day"),
        minutes if minutes % 60 == 0 => (minutes / 60, "hour"),
        minutes => (minutes, "minute"),
    };
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{end}")
}

/// The templates travel inside the program; a name that is missing or misspelt fails the tests, not a customer.
fn templates() -> &'static Environment<'static> {
    static TEMPLATES: OnceLock<Environment<'static>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in [
            ("layout.html", include_str!("templates/layout.html")),
            ("welcome.txt", include_str!("templates/welcome.txt")),
            ("welcome.html", include_str!("templates/welcome.html")),
            ("new_pod.txt", include_str!("templates/new_pod.txt")),
            ("new_pod.html", include_str!("templates/new_pod.html")),
            ("password_reset.txt", include_str!("templates/password_reset.txt")),
            ("password_reset.html", include_str!("templates/password_reset.html")),
            ("invitation.txt", include_str!("templates/invitation.txt")),
            ("invitation.html", include_str!("templates/invitation.html")),
            ("staff.txt", include_str!("templates/staff.txt")),
            ("staff.html", include_str!("templates/staff.html")),
        ] {
            if let Err(error) = env.add_template(name, source) {
                tracing::error!(name, %error, "invalid mail template");
            }
        }
        env
    })
}
