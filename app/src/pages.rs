//! Pages and layouts whose code the browser fetches on demand, one chunk per group.

use app_kit::prelude::*;
use leptos_router::ChooseView;
use model::error::{ApiError, ErrorCode};
use std::{future::Future, pin::Pin};

/// The view of a route: `page!(group, Page)`. All pages of a group are in one file.
macro_rules! page {
    ($group:ident, $page:ident) => {{
        #[leptos::wasm_split::wasm_split($group, wasm_split_path = leptos::wasm_split, preload(fetch), fallible)]
        fn show() -> Result<AnyView, crate::pages::NotLoaded> {
            Ok($page().into_any())
        }
        crate::pages::Page { show: || Box::pin(show()), fetch: || Box::pin(async { Ok(fetch().await?) }) }
    }};
}
pub(crate) use page;

type PageFuture<T> = Pin<Box<dyn Future<Output = Result<T, NotLoaded>>>>;

/// A page or layout whose code is fetched on demand. One type for all pages, because the router's code is compiled for each type.
#[derive(Clone)]
pub struct Page {
    pub show: fn() -> PageFuture<AnyView>,
    pub fetch: fn() -> PageFuture<()>,
}

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        (self.show)().await.unwrap_or_else(NotLoaded::view)
    }

    async fn preload(&self) {
        if (self.fetch)().await.is_err() {
            report_fetch_failure().await;
        }
    }
}

/// The code of a page could not be fetched: no connection, or mPanel was updated since this document was loaded.
pub struct NotLoaded;

impl From<leptos::wasm_split::SplitLoaderError> for NotLoaded {
    fn from(_: leptos::wasm_split::SplitLoaderError) -> Self {
        Self
    }
}

impl NotLoaded {
    /// Shown in place of the page.
    fn view(self) -> AnyView {
        let error = ApiError::new(ErrorCode::Unavailable, "Couldn't load this page. Check your connection, or reload if mPanel was just updated.");
        view! { <ErrorState error/> }.into_any()
    }
}

/// The view fetches the code again and reports a failure. The page rendered by the server stays as it is, without hydration; the
/// document says what is missing.
async fn report_fetch_failure() {
    #[cfg(feature = "hydrate")]
    if Owner::current().is_none() {
        app_kit::shell::report_load_failure();
        std::future::pending::<()>().await;
    }
}
