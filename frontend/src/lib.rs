//! Hydrates the page in the browser; nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server has rendered, at one go, once its code is here. The document's script waits for it, then replays what
/// it held.
#[wasm_bindgen]
pub async fn hydrate() {
    // Where panics have words; the document sees by itself that the program has ended.
    console_error_panic_hook::set_once();
    app::fetch_page().await;
    leptos::mount::hydrate_body(app::App);
}
