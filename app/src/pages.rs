//! Pages whose code the browser fetches when the first of their group is asked for. The frames are in the program itself.

use app_kit::prelude::*;
use model::error::{ApiError, ErrorCode};

/// The view of a route: `page!(group, Page)`. All pages of a group come in one file.
macro_rules! page {
    ($group:ident, $page:ident) => {{
        #[leptos::wasm_split::wasm_split($group, wasm_split_path = leptos::wasm_split, preload(fetch), fallible)]
        fn show() -> Result<AnyView, crate::pages::NotLoaded> {
            Ok($page().into_any())
        }
        struct Fetched;
        impl leptos_router::LazyRoute for Fetched {
            fn data() -> Self {
                Self
            }
            async fn view(_: Self) -> AnyView {
                match show().await {
                    Ok(page) => page,
                    Err(missing) => missing.shown().await,
                }
            }
            async fn preload() {
                // Asked for again by the view, which says so when it did not arrive.
                let _ = fetch().await;
            }
        }
        leptos_router::Lazy::<Fetched>::new()
    }};
}
pub(crate) use page;

/// The code of a page did not arrive: no connection, or the panel has been renewed since this program was loaded.
pub struct NotLoaded;

impl From<leptos::wasm_split::SplitLoaderError> for NotLoaded {
    fn from(_: leptos::wasm_split::SplitLoaderError) -> Self {
        Self
    }
}

impl NotLoaded {
    /// What stands in the place of the page. One that the server has made stays; the document says what is missing.
    pub async fn shown(self) -> AnyView {
        #[cfg(feature = "hydrate")]
        if Owner::current_shared_context().is_some_and(|context| context.during_hydration()) {
            app_kit::shell::say_unloaded();
            return std::future::pending().await;
        }
        let error =
            ApiError::new(ErrorCode::Unavailable, "The page did not arrive: there is no connection, or the panel has been renewed meanwhile.");
        view! { <ErrorState error/> }.into_any()
    }
}
