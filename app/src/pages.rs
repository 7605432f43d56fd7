//! Pages, and the frames they stand in, whose code the browser fetches when the first of their group is asked for.

use app_kit::prelude::*;
use leptos_router::ChooseView;
use model::error::{ApiError, ErrorCode};
use std::{future::Future, pin::Pin};

/// The view of a route: `page!(group, Page)`. All pages of a group come in one file.
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

type Coming<T> = Pin<Box<dyn Future<Output = Result<T, NotLoaded>>>>;

/// A page or a frame whose code is fetched. One kind for all pages: what the router does with a route is compiled for each kind.
#[derive(Clone)]
pub struct Page {
    pub show: fn() -> Coming<AnyView>,
    pub fetch: fn() -> Coming<()>,
}

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        (self.show)().await.unwrap_or_else(NotLoaded::shown)
    }

    async fn preload(&self) {
        if (self.fetch)().await.is_err() {
            not_fetched().await;
        }
    }
}

/// The code of a page did not arrive: no connection, or the panel has been renewed since this program was loaded.
pub struct NotLoaded;

impl From<leptos::wasm_split::SplitLoaderError> for NotLoaded {
    fn from(_: leptos::wasm_split::SplitLoaderError) -> Self {
        Self
    }
}

impl NotLoaded {
    /// What stands in the place of the page.
    fn shown(self) -> AnyView {
        let error = ApiError::new(ErrorCode::Unavailable, "Couldn't load this page. Check your connection, or reload if mPanel was just updated.");
        view! { <ErrorState error/> }.into_any()
    }
}

/// The view asks for the code again, and says so when it does not arrive. The page that the server has made stays as it is, unused; the
/// document says what is missing.
async fn not_fetched() {
    #[cfg(feature = "hydrate")]
    if Owner::current().is_none() {
        app_kit::shell::report_load_failure();
        std::future::pending::<()>().await;
    }
}
