//! For whom a page is: staff see all customers, a customer the own account. One page serves both.

use crate::{
    error::AppError,
    load::{Data, fetch},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{
    administration::accounts::Viewer,
    error::{ApiError, ErrorCode},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, str::FromStr};

/// For whom a page is shown; decides its addresses, columns and actions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Staff.
    Platform,
    /// A customer account, by the slug in the address.
    Tenant(String),
}

impl Scope {
    /// Whether staff look at it.
    pub fn is_platform(&self) -> bool {
        *self == Scope::Platform
    }

    /// An address of this side of the panel: `invoices` is `/admin/invoices` or `/t/lumen/invoices`.
    pub fn path(&self, page: &str) -> String {
        let home = match self {
            Scope::Platform => "/admin".to_owned(),
            Scope::Tenant(slug) => format!("/t/{slug}"),
        };
        if page.is_empty() { home } else { format!("{home}/{page}") }
    }
}

/// For whom this page is, by its address. Asked once, while the page is made: another account is another page.
pub fn use_scope() -> Scope {
    match use_params_map().with_untracked(|params| params.get("slug")) {
        Some(slug) => Scope::Tenant(slug),
        None => Scope::Platform,
    }
}

/// Part of the address, such as `:id`, as what it stands for; nothing where it is none.
pub fn use_param<T: FromStr>(name: &'static str) -> impl Fn() -> Option<T> + Copy + Send + Sync + 'static {
    let params = use_params_map();
    move || params.with(|params| params.get(name).and_then(|value| value.parse().ok()))
}

/// Fetches the one thing that the address names by this part of it, such as `id`; `missing` says what was not found where it names none.
pub fn fetch_one<K, T, F>(name: &'static str, missing: &'static str, fetcher: impl Fn(K) -> F + Clone + Send + Sync + 'static) -> Data<T>
where
    K: FromStr + PartialEq + Clone + Send + Sync + 'static,
    T: PartialEq + Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
{
    fetch(use_param(name), move |key: Option<K>| {
        let answer = key.map(fetcher.clone());
        async move {
            match answer {
                Some(answer) => answer.await,
                None => Err(ApiError::new(ErrorCode::NotFound, missing).into()),
            }
        }
    })
}

/// Who is signed in; the frame provides it.
pub fn use_viewer() -> Option<Viewer> {
    use_context()
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn each_side_has_its_addresses() {
        assert_eq!(Scope::Platform.path("jobs"), "/admin/jobs");
        assert_eq!(Scope::Tenant("lumen".to_owned()).path("jobs"), "/t/lumen/jobs");
        assert_eq!(Scope::Tenant("lumen".to_owned()).path(""), "/t/lumen");
    }
}
