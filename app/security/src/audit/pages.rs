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
        (Column::Number, "Time"),
        (Column::Text, "Event"),
        (Column::Text, "Actor"),
        (Column::Text, "Target"),
        (Column::Extra, "Customer"),
        (Column::Extra, "IP address"),
    ];
    view! {
        <PageHead
            title="Audit log"
            actions=move || {
                let whole = PageRequest { cursor: None, ..request.get() };
                view! { <LinkButton href=list_href("/api/admin/security/audit/export", &whole) attr:download="audit.jsonl">"Export JSONL"</LinkButton> }
            }
            note=|| "Tamper-evident: events are hash-chained. Verify with: mpanel audit verify"/>
        <Listing
            path="/admin/audit" label="Events" data head search="Search event, actor, target, or ID" verb="logged" at=|row: &AuditRow| row.at
            help="Filters: actor:ana tenant:northpier target:cloud_pod since:2026-11-01 until:2026-11-30. Combine as needed."
            empty=("No events yet", "Every change is recorded here.")
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
            <Td column=Column::Number label="Time"><At at=row.at/></Td>
            <Td label="Event">
                <a href=only(Some(row.action.clone()), None) class="font-mono text-12" title="Filter by this event">
                    // Allows line breaks between the words of a long name.
                    {row.action.split_inclusive('_').map(|word| view! { {word.to_owned()}<wbr/> }).collect_view()}
                </a>
                {has_change.then(|| view! {
                    <details class="text-12">
                        <summary class="cursor-pointer text-3">"Show changes"</summary>
                        {change.into_iter().filter_map(|(word, json)| json.map(|json| view! { <p class="wrap-anywhere whitespace-normal"><b>{word}</b>" "<span class="font-mono">{json}</span></p> })).collect_view()}
                    </details>
                })}
            </Td>
            <Td label="Actor"><span class="wrap-anywhere">{row.actor.clone()}</span></Td>
            <Td label="Target"><a href=only(None, Some(format!("target:{}/{}", row.target_type, row.target_id))) title="Filter by this target">{if row.target_name.is_empty() { row.target_id.clone() } else { row.target_name.clone() }}</a>" "<span class="text-3 text-12">{row.target_type.clone()}</span></Td>
            <Td column=Column::Extra label="Customer">{row.tenant_name.clone().unwrap_or_default()}</Td>
            <Td column=Column::Extra label="IP address">{row.ip.clone().unwrap_or_default()}</Td>
        </Tr>
    }
}

/// URL of the list with one filter.
fn only(action: Option<String>, search: Option<String>) -> String {
    list_href("/admin/audit", &PageRequest { cursor: None, state: action, search })
}
