//! The audit log.

use super::server_fns::list_events;
use app_kit::prelude::*;
use model::{page::PageRequest, security::audit::AuditRow};

/// `/admin/audit`
#[component]
pub fn AuditPage() -> impl IntoView {
    let request = use_page_request();
    type C = Col<AuditRow>;
    let columns = vec![
        C::at("Time", |row| row.at),
        C::of(Column::Text, "Event", |row| (row.action.clone(), row.before.clone(), row.after.clone()), event),
        C::text("Actor", |row| row.actor.clone()),
        C::of(Column::Text, "Target", |row| (row.target_type.clone(), row.target_id.clone(), row.target_name.clone()), target),
        C::extra("Customer", |row| row.tenant_name.clone().unwrap_or_default()),
        C::extra("IP address", |row| row.ip.clone().unwrap_or_default()),
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
            path="/admin/audit" label="Events" data=fetch_list(list_events) columns key=|row| row.id.to_string()
            search="Search event, actor, target, or ID" verb="logged" at=|row| row.at
            help="Filters: actor:ana tenant:northpier target:cloud_pod since:2026-11-01 until:2026-11-30. Combine as needed."
            empty=("No events yet", "Every change is recorded here.")
        />
    }
    .into_any()
}

/// Name of an event, and what was changed.
fn event((action, before, after): (String, Option<String>, Option<String>)) -> AnyView {
    let change = [("Before", before), ("After", after)];
    let has_change = change.iter().any(|(_, json)| json.is_some());
    view! {
        <span>
            <a href=only(Some(action.clone()), None) class="font-mono text-12" title="Filter by this event">
                // Allows line breaks between the words of a long name.
                {action.split_inclusive('_').map(|word| view! { {word.to_owned()}<wbr/> }).collect_view()}
            </a>
            {has_change.then(|| view! {
                <details class="text-12">
                    <summary class="cursor-pointer text-3">"Show changes"</summary>
                    {change.into_iter().filter_map(|(word, json)| json.map(|json| view! { <p class="wrap-anywhere whitespace-normal"><b>{word}</b>" "<span class="font-mono">{json}</span></p> })).collect_view()}
                </details>
            })}
        </span>
    }
    .into_any()
}

fn target((kind, id, name): (String, String, String)) -> AnyView {
    let words = if name.is_empty() { id.clone() } else { name };
    view! { <span><a href=only(None, Some(format!("target:{kind}/{id}"))) title="Filter by this target">{words}</a>" "<span class="text-3 text-12">{kind}</span></span> }
        .into_any()
}

/// URL of the list with one filter.
fn only(action: Option<String>, search: Option<String>) -> String {
    list_href("/admin/audit", &PageRequest { cursor: None, state: action, search })
}
