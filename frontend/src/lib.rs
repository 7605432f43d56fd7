//! Hydrates the page in the browser; nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server has rendered. The document's script calls it, then replays what it held.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
