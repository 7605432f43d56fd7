//! The audit log.

use super::server_fns::list_events;
use app_kit::prelude::*;
use model::{page::PageRequest, security::audit::AuditRow};

/// `/admin/audit`
#[component]
pub fn AuditPage() -> impl IntoView {
    let data = fetch_list(list_events);
    let request = use_page_request();
    let head = vec![
        (Column::Number, "When"),
        (Column::Text, "What"),
        (Column::Text, "Who"),
        (Column::Text, "On"),
        (Column::Extra, "Customer"),
        (Column::Extra, "From"),
    ];
    view! {
        <PageHead
            title="Audit log"
            actions=move || {
                let whole = PageRequest { cursor: None, ..request.get() };
                view! { <LinkButton href=list_href("/api/admin/security/audit/export", &whole) attr:download="audit.jsonl">"Export as JSON lines"</LinkButton> }
            }
            note=|| "Each event is chained to the one before; a changed or missing one is found by: mpanel audit verify."/>
        <Listing
            path="/admin/audit" label="Events" data head search="Action, actor, object or id" verb="written" at=|row: &AuditRow| row.at
            help="Narrow it down with actor:ana tenant:northpier target:cloud_pod since:2026-11-01 until:2026-11-30, several at once."
            empty=("No events yet", "Everything that changes something is written here, in the same transaction.")
            row=|row| view! { <Event row/> }
        />
    }
    .into_any()
}

#[component]
fn Event(row: AuditRow) -> impl IntoView {
    let change = [("Before", row.before.clone()), ("After", row.after.clone())];
    let has_change = change.iter().any(|(_, json)| json.is_some());
    view! {
        <Tr>
            <Td column=Column::Number label="When"><At at=row.at/></Td>
            <Td label="What">
                <a href=only(Some(row.action.clone()), None) class="font-mono text-12" title="Only this action">
                    // A long name breaks between its words.
                    {row.action.split_inclusive('_').map(|word| view! { {word.to_owned()}<wbr/> }).collect_view()}
                </a>
                {has_change.then(|| view! {
                    <details class="text-12">
                        <summary class="cursor-pointer text-3">"Before and after"</summary>
                        {change.into_iter().filter_map(|(word, json)| json.map(|json| view! { <p class="wrap-anywhere whitespace-normal"><b>{word}</b>" "<span class="font-mono">{json}</span></p> })).collect_view()}
                    </details>
                })}
            </Td>
            <Td label="Who"><span class="wrap-anywhere">{row.actor.clone()}</span></Td>
            <Td label="On"><a href=only(None, Some(format!("target:{}/{}", row.target_type, row.target_id))) title="Only this object">{if row.target_name.is_empty() { row.target_id.clone() } else { row.target_name.clone() }}</a>" "<span class="text-3 text-12">{row.target_type.clone()}</span></Td>
            <Td column=Column::Extra label="Customer">{row.tenant_name.clone().unwrap_or_default()}</Td>
            <Td column=Column::Extra label="From">{row.ip.clone().unwrap_or_default()}</Td>
        </Tr>
    }
}

/// The list with one filter.
fn only(action: Option<String>, search: Option<String>) -> String {
    list_href("/admin/audit", &PageRequest { cursor: None, state: action, search })
}
