//! Data that a page waits for: skeleton at first, old data while it is fetched again, an error in its place.

#[cfg(feature = "ssr")]
mod lazy;
mod replace;
mod result;
#[cfg(not(feature = "ssr"))]
mod shown;
#[cfg(all(test, feature = "ssr"))]
mod tests;
mod value;

pub(crate) use replace::ReplaceView;
pub use value::{Live, Part};

use crate::{
    banner::Banner,
    button::{Button, Size},
    error::AppError,
    feedback::{ErrorState, Shape, Skeleton},
    time::At,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::error::ErrorCode;
use result::{BoxedFetch, FetchResult, Fetched, Payload};
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, marker::PhantomData, sync::Arc};
use value::{Key, Value};

/// Gives the key that is wanted now.
type KeyOf = Arc<dyn Fn() -> Key + Send + Sync>;

/// What [`fetch`] gives: the answer to what the page is about. What carries it is compiled once, whatever it holds; see [`result`].
pub struct Data<T> {
    answer: Fetched,
    key: StoredValue<KeyOf>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Data<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Data<T> {}

impl<T> Data<T> {
    /// Fetches it again; what is shown stays, and follows what has changed.
    pub fn refetch(&self) {
        self.answer.refetch();
    }
}

/// Fetches what the page is about, before its first byte: the answer's status is the page's status.
pub fn fetch<K, T, F>(key: impl Fn() -> K + Send + Sync + 'static, fetcher: impl Fn(K) -> F + Send + Sync + 'static) -> Data<T>
where
    K: PartialEq + Clone + Send + Sync + 'static,
    T: PartialEq + Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
{
    let key: KeyOf = Arc::new(move || Key::of(key()));
    let asked = Arc::clone(&key);
    let fetcher = Box::new(move |key: Key| -> BoxedFetch {
        let answer = fetcher(key.get());
        Box::pin(async move { FetchResult::of(key, answer.await) })
    });
    Data { answer: result::fetched(Box::new(move || asked()), fetcher), key: StoredValue::new(key), of: PhantomData }
}

/// How data is shown: by its value, anew when it has changed, or by [`Live`], made once and following it.
pub trait Viewing<T, How>: Send + Sync + 'static {
    /// The view of the data.
    fn view(self: &Arc<Self>, live: Live<T>) -> AnyView;
}

/// The view takes the value: it is made anew when the value has changed. For documents, which nothing is typed into.
pub struct ByValue;

/// The view takes what follows the data.
pub struct InPlace;

impl<T, R, F> Viewing<T, ByValue> for F
where
    T: PartialEq + Clone + Send + Sync + 'static,
    F: Fn(T) -> R + Send + Sync + 'static,
    R: IntoView + 'static,
{
    fn view(self: &Arc<Self>, live: Live<T>) -> AnyView {
        let view = Arc::clone(self);
        live.show(T::clone, move |value| view(value))
    }
}

impl<T, R, F> Viewing<T, InPlace> for F
where
    F: Fn(Live<T>) -> R + Send + Sync + 'static,
    R: IntoView + 'static,
{
    fn view(self: &Arc<Self>, live: Live<T>) -> AnyView {
        self(live).into_any()
    }
}

/// Reads what the page has loaded, and shows it.
struct Viewer {
    read: fn(&Payload) -> Result<Value, AppError>,
    view: Box<dyn Fn(RwSignal<Value>) -> AnyView + Send + Sync>,
    failed: Box<dyn Fn(AppError) -> AnyView + Send + Sync>,
}

/// Fetches again what is loaded around this place.
#[derive(Clone, Copy)]
struct Around(Callback<()>);

/// Fetches again what the [`Load`] around this place shows; nothing outside of one.
pub fn use_refetch() -> Callback<()> {
    use_context::<Around>().map_or_else(|| Callback::new(|()| ()), |around| around.0)
}

/// Shows data when it is there. Signed out leads to the sign-in page and back again.
///
/// The view is made once for each key of [`fetch`]. Fetched again under the same key, the data changes in place.
#[component]
pub fn Load<T, V, How>(
    /// The data, by [`fetch`].
    data: Data<T>,
    /// Shape of the skeleton.
    #[prop(optional)]
    shape: Shape,
    /// The view stays when another key is asked for: another part of the same list, another sum of the same order.
    #[prop(optional)]
    keep: bool,
    /// How it is shown: a closure of the value, or of [`Live`].
    view: V,
    /// Which of the two; the compiler finds it out.
    #[prop(optional)]
    how: PhantomData<How>,
) -> impl IntoView
where
    T: PartialEq + Clone + Send + Sync + DeserializeOwned + 'static,
    V: Viewing<T, How>,
    How: 'static,
{
    let PhantomData = how;
    let view = Arc::new(view);
    let view = Box::new(move |value| view.view(Live::of(value)));
    load(data.answer, data.key.get_value(), shape, keep, Payload::get::<T>, view)
}

/// Apart from [`Load`], so that it is compiled once and not for all that can be shown.
fn load(
    answer: Fetched,
    key: KeyOf,
    shape: Shape,
    keep: bool,
    read: fn(&Payload) -> Result<Value, AppError>,
    view: Box<dyn Fn(RwSignal<Value>) -> AnyView + Send + Sync>,
) -> AnyView {
    let retry = Callback::new(move |()| answer.refetch());
    let failed = Box::new(move |error: AppError| match error.code() {
        ErrorCode::Unauthenticated => view! { <ToSignIn/> }.into_any(),
        _ => view! { <ErrorState error=error.0 retry/> }.into_any(),
    });
    let viewer = Arc::new(Viewer { read, view, failed });
    let stale = RwSignal::new(None::<AppError>);
    view! {
        {move || stale.get().map(|error| view! { <Stale error retry/> })}
        <Transition fallback=move || view! { <Skeleton shape/> }>
            {
                // The owner here is that of the transition: nobody beside this place sees it.
                provide_context(Around(retry));
                let shown = shown(viewer, key, keep, stale);
                move || {
                    let shown = Arc::clone(&shown);
                    Suspend::new(async move { shown(answer.await) })
                }
            }
        </Transition>
    }
    .into_any()
}

/// On the server a view is made when it is written, and only then; see [`lazy`].
#[cfg(feature = "ssr")]
fn shown(viewer: Arc<Viewer>, _: KeyOf, _: bool, _: RwSignal<Option<AppError>>) -> Arc<dyn Fn(FetchResult) -> lazy::LazyView + Send + Sync> {
    Arc::new(move |result| {
        let viewer = Arc::clone(&viewer);
        lazy::LazyView::new(move || match result.answer.and_then(|payload| (viewer.read)(&payload)) {
            Ok(value) => (viewer.view)(RwSignal::new(value)),
            Err(error) => (viewer.failed)(error),
        })
    })
}

/// In the browser a view is kept; see [`shown`].
#[cfg(not(feature = "ssr"))]
fn shown(viewer: Arc<Viewer>, key: KeyOf, keep: bool, stale: RwSignal<Option<AppError>>) -> Arc<dyn Fn(FetchResult) -> shown::Shown + Send + Sync> {
    let parent = Owner::current().unwrap_or_default();
    Arc::new(move |result| shown::Shown { result, key: untrack(|| key()), viewer: Arc::clone(&viewer), keep, stale, parent: parent.clone() })
}

/// What is shown is old: it could not be fetched again.
#[component]
fn Stale(error: AppError, retry: Callback<()>) -> impl IntoView {
    let at = crate::time::now();
    let action = move || view! { <Button size=Size::Small on:click=move |_| retry.run(())>"Try again"</Button> };
    view! { <Banner boxed=true action>"Not refreshed at " <At at clock=true/> ". " {error.0.message.clone()}</Banner> }.into_any()
}

/// Leads to the sign-in page, which leads back here.
#[component]
fn ToSignIn() -> impl IntoView {
    let place = use_location();
    let path = place.pathname.get_untracked();
    let target = if path.starts_with("/sign-in") { path } else { format!("/sign-in?next={}", encode(&path)) };
    crate::html_only::redirect(&target);
}

/// A path as the value of a query.
fn encode(path: &str) -> String {
    leptos_router::location::Url::escape(path)
}
