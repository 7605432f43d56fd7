//! Data that a page waits for: skeleton at first, old data while it is fetched again, an error in its place.

#[cfg(not(feature = "ssr"))]
mod fresh;
#[cfg(feature = "ssr")]
mod later;
#[cfg(all(test, feature = "ssr"))]
mod tests;

use crate::{
    error::AppError,
    feedback::{ErrorState, Shape, Skeleton},
};
use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_location};
use model::error::ErrorCode;
use serde::{Serialize, de::DeserializeOwned};
use std::future::Future;

/// What [`fetch`] gives.
pub type Data<T> = Resource<Result<T, AppError>>;

/// Fetches what the page is about, before its first byte: the answer's status is the page's status.
pub fn fetch<K, T, F>(key: impl Fn() -> K + Send + Sync + 'static, fetcher: impl Fn(K) -> F + Send + Sync + 'static) -> Data<T>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
{
    Resource::new_blocking(key, fetcher)
}

/// Shows data when it is there. Signed out leads to the sign-in page and back again.
#[component]
pub fn Load<T, V, R>(
    /// The data, by [`fetch`].
    data: Data<T>,
    /// Shape of the skeleton.
    #[prop(optional)]
    shape: Shape,
    /// How it is shown.
    view: V,
) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: Fn(T) -> R + Clone + Send + Sync + 'static,
    R: IntoView + 'static,
{
    let retry = Callback::new(move |()| data.refetch());
    view! {
        <Transition fallback=move || view! { <Skeleton shape/> }>
            {
                let view = view.clone();
                move || {
                    let view = view.clone();
                    Suspend::new(async move {
                        match data.await {
                            Ok(value) => show(move || view(value).into_any()),
                            Err(error) if error.code() == ErrorCode::Unauthenticated => view! { <ToSignIn/> }.into_any(),
                            Err(error) => view! { <ErrorState error=error.0 retry/> }.into_any(),
                        }
                    })
                }
            }
        </Transition>
    }
    .into_any()
}

/// On the server a view is made when it is written, and only then; see [`later`].
#[cfg(feature = "ssr")]
fn show(make: impl FnOnce() -> AnyView + Send + 'static) -> AnyView {
    later::Later::new(make).into_any()
}

/// In the browser data that was fetched again is a new view; see [`fresh`].
#[cfg(not(feature = "ssr"))]
fn show(make: impl FnOnce() -> AnyView) -> AnyView {
    fresh::Fresh(make()).into_any()
}

/// Leads to the sign-in page, which leads back here.
#[component]
fn ToSignIn() -> impl IntoView {
    let place = use_location();
    let path = place.pathname.get_untracked();
    let target = if path.starts_with("/sign-in") { path } else { format!("/sign-in?next={}", encode(&path)) };
    view! { <Redirect path=target/> }.into_any()
}

/// A path as the value of a query.
fn encode(path: &str) -> String {
    leptos_router::location::Url::escape(path)
}
