//! A list that is paged by key: states as tabs, search, table, pager, and what stands there when it is empty.

use crate::error::AppError;
use crate::{
    data::{
        list::{list_href, page_request, pager_hrefs, span_words},
        table::{Column, Pager, Table},
    },
    feedback::EmptyState,
    form::filter::{Filters, SearchBox},
    load::{Data, Load, fetch},
    tabs::{Tab, Tabs},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{
    Time,
    page::{Page, PageRequest},
};
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;

/// Which part the address asks for.
pub fn use_page_request() -> Memo<PageRequest> {
    let query = use_query_map();
    Memo::new(move |_| page_request(&query.read()))
}

/// Fetches the part of the list that the address asks for.
pub fn fetch_list<T, F>(fetcher: impl Fn(PageRequest) -> F + Send + Sync + 'static) -> Data<Page<T>>
where
    T: PartialEq + Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Future<Output = Result<Page<T>, AppError>> + Send + 'static,
{
    let request = use_page_request();
    fetch(move || request.get(), fetcher)
}

/// The list below the head of its page.
#[component]
pub fn Listing<T, R, V>(
    /// Address of the list.
    #[prop(into)]
    path: String,
    /// What the rows are: "CloudPods".
    label: &'static str,
    /// The rows, by [`fetch_list`].
    data: Data<Page<T>>,
    /// Column kinds and words.
    head: Vec<(Column, &'static str)>,
    /// Stored word and word of each state that can be filtered by; none for a list without states.
    #[prop(optional)]
    states: Vec<(&'static str, &'static str)>,
    /// What can be looked for; nothing for a list without search.
    #[prop(optional)]
    search: Option<&'static str>,
    /// One line below the search: how to narrow it down.
    #[prop(optional)]
    help: Option<&'static str>,
    /// What happened at the time of a row: "ordered", "issued".
    verb: &'static str,
    /// Time of a row.
    at: fn(&T) -> Time,
    /// Title and sentence for a list in which nothing stands yet.
    empty: (&'static str, &'static str),
    /// The action that fills it.
    #[prop(optional, into)]
    fill: ViewFn,
    /// A row.
    row: R,
) -> impl IntoView
where
    T: PartialEq + Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    R: Fn(T) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let request = use_page_request();
    let tabs = {
        let path = path.clone();
        let states = states.clone();
        Signal::derive(move || state_tabs(&path, &states, &request.get()))
    };
    let action = path.clone();
    view! {
        {(!states.is_empty()).then(|| view! { <Tabs label=format!("{label} by status") tabs/> })}
        {search.map(|words| view! {
            <Filters action=action label=format!("Search {label}")>
                {move || request.get().state.map(|state| view! { <input type="hidden" name="state" value=state/> })}
                <SearchBox label=words value=Signal::derive(move || request.get().search.unwrap_or_default())/>
            </Filters>
        })}
        {help.map(|words| view! { <p class="text-12 text-3 mb-3 wrap-anywhere">{words}</p> })}
        <Load data view={move |page: Page<T>| {
            let asked = request.get_untracked();
            let filtered = asked.state.is_some() || asked.search.is_some() || asked.cursor.is_some();
            if page.rows.is_empty() {
                return if filtered {
                    view! { <EmptyState title="No results" text="No results match these filters." action=clear(path.clone())/> }.into_any()
                } else {
                    view! { <EmptyState title=empty.0 text=empty.1 action=fill.clone()/> }.into_any()
                };
            }
            let (newer, older) = pager_hrefs(&path, &asked, &page);
            let span = span_words(verb, page.rows.len(), page.rows.first().map(at), page.rows.last().map(at));
            let row = row.clone();
            view! {
                <div class="on-page">
                    <Table label head=head.clone()>{page.rows.into_iter().map(row).collect_view()}</Table>
                    <Pager span newer older/>
                </div>
            }
            .into_any()
        }}/>
    }
    .into_any()
}

fn state_tabs(path: &str, states: &[(&'static str, &'static str)], request: &PageRequest) -> Vec<Tab> {
    let to = |state: Option<&str>| list_href(path, &PageRequest { cursor: None, state: state.map(str::to_owned), search: request.search.clone() });
    let mut tabs = vec![Tab::new("All", to(None), request.state.is_none())];
    tabs.extend(states.iter().map(|(stored, word)| Tab::new(*word, to(Some(stored)), request.state.as_deref() == Some(stored))));
    tabs
}

fn clear(path: String) -> ViewFn {
    ViewFn::from(move || view! { <a href=path.clone()>"Clear filters"</a> })
}
