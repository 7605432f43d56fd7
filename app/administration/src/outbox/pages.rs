//! Email log: list and detail.

use super::server_fns::{list_mails, read_mail};
use app_kit::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{
    administration::outbox::{MailRow, MailStatus, MailView},
    error::{ApiError, ErrorCode},
    ids::MailId,
};

const PATH: &str = "/admin/outbox";

fn state(status: MailStatus, soft: bool) -> impl IntoView {
    let (state, word) = match status {
        MailStatus::Queued => (State::Working, "Queued"),
        MailStatus::Sent => (State::Ok, "Sent"),
        MailStatus::Kept => (State::Stopped, "Not sent (no SMTP)"),
        MailStatus::Failed => (State::Failing, "Failed"),
    };
    view! { <Badge soft state word/> }
}

/// `/admin/outbox`
#[component]
pub fn OutboxPage() -> impl IntoView {
    let data = fetch_list(list_mails);
    let head =
        vec![(Column::Name, "Subject"), (Column::State, "Status"), (Column::Text, "To"), (Column::Number, "Attempts"), (Column::Number, "Created")];
    view! {
        <PageHead title="Email log" note=|| "Emails sent by mPanel. Without an SMTP server they are stored here, not sent."/>
        <Listing
            path=PATH label="Emails" data head states=vec![("QUEUED", "Queued"), ("SENT", "Sent"), ("KEPT", "Not sent (no SMTP)"), ("FAILED", "Failed")]
            verb="created" at=|row: &MailRow| row.created_at empty=("No emails yet", "Emails appear here after the first order.")
            row=|row: MailRow| view! {
                <Tr>
                    <TdName href=format!("{PATH}/{}", row.id) name=row.subject.clone()/>
                    <Td column=Column::State>{state(row.status, false)}</Td>
                    <Td label="To">{row.recipient.clone()}</Td>
                    <Td column=Column::Number label="Attempts">{row.attempts}</Td>
                    <Td column=Column::Number label="Created"><At at=row.created_at/></Td>
                </Tr>
            }
        />
    }
    .into_any()
}

/// `/admin/outbox/:id`
#[component]
pub fn MailPage() -> impl IntoView {
    let params = use_params_map();
    let data = fetch(
        move || params.read().get("id").and_then(|id| id.parse::<MailId>().ok()),
        |id| async move { read_mail(id.ok_or_else(|| ApiError::new(ErrorCode::NotFound, "Email not found."))?).await },
    );
    view! { <Load data view=|view: MailView| view! { <Mail view/> }/> }.into_any()
}

#[component]
fn Mail(view: MailView) -> impl IntoView {
    let MailView { mail, text } = view;
    let status = mail.status;
    view! {
        <PageHead title=mail.subject.clone() parents=vec![Crumb::new("Email log", PATH)] state=move || state(status, true)/>
        <Facts>
            <Fact label="To">{mail.recipient.clone()}</Fact>
            <Fact label="Created"><At at=mail.created_at whole=true/></Fact>
            <Fact label="Sent">{match mail.sent_at { Some(at) => view! { <At at whole=true/> }.into_any(), None if status == MailStatus::Kept => "Not sent".into_any(), None => "Not yet".into_any() }}</Fact>
            <Fact label="Attempts">{mail.attempts}</Fact>
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
