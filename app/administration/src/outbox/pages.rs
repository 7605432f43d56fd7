//! Email log: list and detail.

use super::server_fns::{list_mails, read_mail};
use app_kit::prelude::*;
use model::administration::outbox::{MailRow, MailStatus, MailView};

const PATH: &str = "/admin/outbox";

fn status(status: MailStatus) -> (State, &'static str) {
    match status {
        MailStatus::Queued => (State::Working, "Queued"),
        MailStatus::Sent => (State::Ok, "Sent"),
        MailStatus::Kept => (State::Stopped, "Not sent (no SMTP)"),
        MailStatus::Failed => (State::Failing, "Failed"),
    }
}

/// `/admin/outbox`
#[component]
pub fn OutboxPage() -> impl IntoView {
    type C = Col<MailRow>;
    let columns = vec![
        C::name("Subject", |mail| (format!("{PATH}/{}", mail.id), mail.subject.clone(), "")),
        C::state("Status", |mail| status(mail.status)),
        C::text("To", |mail| mail.recipient.clone()),
        C::number("Attempts", |mail| mail.attempts),
        C::at("Created", |mail| mail.created_at),
    ];
    view! {
        <PageHead title="Email log" note=|| "Emails sent by mPanel. Without an SMTP server they are stored here, not sent."/>
        <Listing
            path=PATH label="Emails" data=fetch_list(list_mails) columns key=|mail| mail.id.to_string()
            states=vec![("QUEUED", "Queued"), ("SENT", "Sent"), ("KEPT", "Not sent (no SMTP)"), ("FAILED", "Failed")]
            verb="created" at=|mail| mail.created_at empty=("No emails yet", "Emails appear here after the first order.")
        />
    }
    .into_any()
}

/// `/admin/outbox/:id`
#[component]
pub fn MailPage() -> impl IntoView {
    view! { <Load data=fetch_one("id", "Email not found.", read_mail) view=|view: MailView| view! { <Mail view/> }/> }.into_any()
}

#[component]
fn Mail(view: MailView) -> impl IntoView {
    let MailView { mail, text, attachment } = view;
    let is_kept = mail.status == MailStatus::Kept;
    let state = status(mail.status);
    view! {
        <PageHead title=mail.subject.clone() parents=vec![Crumb::new("Email log", PATH)] state=move || head_badge(state)/>
        <Facts>
            <Fact label="To">{mail.recipient.clone()}</Fact>
            <Fact label="Created"><At at=mail.created_at whole=true/></Fact>
            <Fact label="Sent">{match mail.sent_at { Some(at) => view! { <At at whole=true/> }.into_any(), None if is_kept => "Not sent".into_any(), None => "Not yet".into_any() }}</Fact>
            <Fact label="Attempts">{mail.attempts}</Fact>
            {attachment.map(|name| view! { <Fact label="Attachment">{name}</Fact> })}
        </Facts>
        {mail.last_error.clone().map(|error| view! { <div class="mt-4"><Banner notice=Notice::Failing boxed=true>{error}</Banner></div> })}
        <div class="mt-4"><Panel title="Message"><div class="text-13 whitespace-pre-wrap wrap-anywhere">{with_links(&text)}</div></Panel></div>
    }
}

/// The text with URLs as links.
fn with_links(text: &str) -> impl IntoView + use<> {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let address = word.trim_end();
            if address.starts_with("http://") || address.starts_with("https://") {
                let rest = word[address.len()..].to_owned();
                view! { <a href=address.to_owned() rel="external">{address.to_owned()}</a>{rest} }.into_any()
            } else {
                word.to_owned().into_any()
            }
        })
        .collect_view()
}
