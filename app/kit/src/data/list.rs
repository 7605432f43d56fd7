//! What every list page needs beside its table: addresses that carry filter and cursor, and the words of the pager.

use crate::time::short;
use leptos_router::params::ParamsMap;
use model::{
    Time,
    page::{Page, PageRequest},
};

/// Which part of a list the address asks for.
pub fn page_request(query: &ParamsMap) -> PageRequest {
    let get = |name: &str| query.get(name).filter(|value| !value.is_empty());
    PageRequest { cursor: get("cursor"), state: get("state"), search: get("search") }
}

/// The address of a list with this filter, search and cursor.
pub fn list_href(path: &str, request: &PageRequest) -> String {
    let mut query = ParamsMap::new();
    for (name, value) in [("state", &request.state), ("search", &request.search), ("cursor", &request.cursor)] {
        if let Some(value) = value {
            query.insert(name, value.clone());
        }
    }
    format!("{path}{}", query.to_query_string())
}

/// The addresses of the newer and the older part.
pub fn pager_hrefs<T>(path: &str, request: &PageRequest, page: &Page<T>) -> (Option<String>, Option<String>) {
    let to =
        |cursor: &Option<String>| cursor.as_ref().map(|cursor| list_href(path, &PageRequest { cursor: Some(cursor.clone()), ..request.clone() }));
    (to(&page.newer), to(&page.older))
}

/// "Newest first. 16 shown, made 17 Nov 14:31 to 24 Oct 07:45."
pub fn span_words(verb: &str, shown: usize, newest: Option<Time>, oldest: Option<Time>) -> String {
    match (newest, oldest) {
        (Some(newest), Some(oldest)) if shown > 1 => {
            format!("Showing {shown}, newest first: {verb} {} to {}.", short(newest), short(oldest))
        }
        _ => format!("Showing {shown}."),
    }
}
