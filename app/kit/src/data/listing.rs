//! A list that is paged by key: states as tabs, search, table, pager, and what stands there when it is empty.

use crate::error::AppError;
use crate::{
    data::{
        column::{Col, More, Rows},
        list::{list_href, page_request, pager_hrefs, span_words},
        table::Pager,
    },
    feedback::EmptyState,
    form::filter::{Filters, SearchBox},
    load::{Data, Live, Load, fetch},
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

/// The list below the head of its page. Another part of it, or the same one fetched again, leaves the rows that stay where they are.
#[component]
pub fn Listing<T>(
    /// Address of the list.
    #[prop(into)]
    path: String,
    /// What the rows are: "CloudPods".
    label: &'static str,
    /// The rows, by [`fetch_list`].
    data: Data<Page<T>>,
    /// The columns, head and cell.
    columns: Vec<Col<T>>,
    /// What tells one row from the others.
    key: fn(&T) -> String,
    /// Stored word and word of each state that can be filtered by; none for a list without states.
    #[prop(optional)]
    states: Vec<(&'static str, &'static str)>,
    /// What can be looked for; empty for a list without search.
    #[prop(optional)]
    search: &'static str,
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
    /// What a row shows when it is opened; without it rows do not open.
    #[prop(optional)]
    more: Option<More<T>>,
) -> impl IntoView
where
    T: PartialEq + Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    let request = use_page_request();
    let tabs = {
        let path = path.clone();
        let states = states.clone();
        Signal::derive(move || state_tabs(&path, &states, &request.get()))
    };
    let action = path.clone();
    let view = move |page: Live<Page<T>>| {
        let (path, fill, columns, more) = (path.clone(), fill.clone(), columns.clone(), more.clone());
        let asked = move || request.with(|asked| asked.state.is_some() || asked.search.is_some() || asked.cursor.is_some());
        page.show(
            |page| page.rows.is_empty(),
            move |nothing| {
                if nothing {
                    let (path, fill) = (path.clone(), fill.clone());
                    return (move || none(asked(), &path, empty, fill.clone())).into_any();
                }
                let (rows, columns, path, more) = (page.map(|page| page.rows.clone()), columns.clone(), path.clone(), more.clone());
                let span = move |page: &Page<T>| span_words(verb, page.rows.len(), page.rows.first().map(at), page.rows.last().map(at));
                let hrefs = move |page: &Page<T>| pager_hrefs(&path, &request.get(), page);
                view! {
                    <div class="on-page">
                        <Rows label columns key rows more/>
                        {page.show(hrefs, move |(newer, older)| view! { <Pager span=page.text(span) newer older/> })}
                    </div>
                }
                .into_any()
            },
        )
    };
    view! {
        {(!states.is_empty()).then(|| view! { <Tabs label=format!("{label} by status") tabs/> })}
        {(!search.is_empty()).then(|| view! {
            <Filters action=action label=format!("Search {label}")>
                {move || request.get().state.map(|state| view! { <input type="hidden" name="state" value=state/> })}
                <SearchBox label=search value=Signal::derive(move || request.get().search.unwrap_or_default())/>
            </Filters>
        })}
        {help.map(|words| view! { <p class="text-12 text-3 mb-3 wrap-anywhere">{words}</p> })}
        <Load data keep=true view/>
    }
    .into_any()
}

/// The tabs of a list that say how many rows each state has. The [`Listing`] is given no states then.
#[component]
pub fn StateTabs(
    /// Address of the list.
    path: &'static str,
    /// What the tabs are.
    label: &'static str,
    /// Stored word, word and number of rows of each state.
    states: Signal<Vec<(&'static str, &'static str, u64)>>,
) -> impl IntoView {
    let request = use_page_request();
    let tabs = Signal::derive(move || {
        let counted = states.get();
        let states: Vec<_> = counted.iter().map(|(stored, word, _)| (*stored, *word)).collect();
        let mut tabs = state_tabs(path, &states, &request.get());
        tabs.iter_mut().skip(1).zip(counted).for_each(|(tab, (.., count))| tab.count = Some(count));
        tabs
    });
    view! { <Tabs label tabs/> }
}

/// What stands in the place of a list without rows.
fn none(filtered: bool, path: &str, empty: (&'static str, &'static str), fill: ViewFn) -> AnyView {
    if filtered {
        view! { <EmptyState title="No results" text="No results match these filters." action=clear(path.to_owned())/> }.into_any()
    } else {
        view! { <EmptyState title=empty.0 text=empty.1 action=fill/> }.into_any()
    }
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
