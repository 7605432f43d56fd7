//! Data that a page waits for: skeleton at first, old data while it is fetched again, an error in its place.

mod answer;
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
use answer::{Answer, Coming, Fetched, Held, Key};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::error::ErrorCode;
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, marker::PhantomData, sync::Arc};

/// What [`fetch`] gives: the answer to what the page is about. What carries it is compiled once, whatever it holds; see [`answer`].
pub struct Data<T> {
    answer: Fetched,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Data<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Data<T> {}

impl<T> Data<T> {
    /// Fetches it again; what is shown stays until then.
    pub fn refetch(&self) {
        self.answer.refetch();
    }
}

/// Fetches what the page is about, before its first byte: the answer's status is the page's status.
pub fn fetch<K, T, F>(key: impl Fn() -> K + Send + Sync + 'static, fetcher: impl Fn(K) -> F + Send + Sync + 'static) -> Data<T>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
{
    let key = Box::new(move || Key::of(key()));
    let fetcher = Box::new(move |key: Key| -> Coming {
        let coming = fetcher(key.get());
        Box::pin(async move { Answer::of(coming.await) })
    });
    Data { answer: answer::fetched(key, fetcher), of: PhantomData }
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
    T: Clone + Send + Sync + DeserializeOwned + 'static,
    V: Fn(T) -> R + Send + Sync + 'static,
    R: IntoView + 'static,
{
    let view = Arc::new(move |held: &Held| Ok(view(held.get()?).into_any()));
    view! { <LoadAny answer=data.answer shape view/> }
}

/// Apart from [`Load`], so that it is compiled once and not for all that can be shown.
#[component]
fn LoadAny(answer: Fetched, shape: Shape, view: Arc<dyn Fn(&Held) -> Result<AnyView, AppError> + Send + Sync>) -> impl IntoView {
    let retry = Callback::new(move |()| answer.refetch());
    let failed = move |error: AppError| view! { <ErrorState error=error.0 retry/> }.into_any();
    view! {
        <Transition fallback=move || view! { <Skeleton shape/> }>
            {
                let view = Arc::clone(&view);
                move || {
                    let view = Arc::clone(&view);
                    Suspend::new(async move {
                        match answer.await.0 {
                            Ok(held) => show(move || view(&held).unwrap_or_else(failed)),
                            Err(error) if error.code() == ErrorCode::Unauthenticated => view! { <ToSignIn/> }.into_any(),
                            Err(error) => failed(error),
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
    crate::plain::go(&target);
}

/// A path as the value of a query.
fn encode(path: &str) -> String {
    leptos_router::location::Url::escape(path)
}
