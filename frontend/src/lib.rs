//! Hydrates the page in the browser; nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server has rendered, once its code is here. The document's script waits for it, then replays what it held.
#[wasm_bindgen]
pub async fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        app::say_unloaded();
    }));
    leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), app::App).await.forget();
}
