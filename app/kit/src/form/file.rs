//! A file that goes with a form.

use crate::{
    classes,
    form::{
        field::{Field, INPUT, Slot, invalid},
        values::claim,
    },
};
use leptos::{ev, prelude::*};

/// A file, sent in base64 with its name beside it: forms are sent as text, and a text would lose its encoding on the way.
#[component]
pub fn FileInput(
    /// Name of the argument that takes the file.
    #[prop(into)]
    name: String,
    /// Name of the argument that takes the file's name.
    #[prop(into)]
    file_name: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Endings of files that are offered, `.xml,.csv`.
    #[prop(into)]
    accept: String,
) -> impl IntoView {
    let slot = Slot::of(&name);
    claim(&file_name);
    let refused = invalid(&name);
    let (content, title) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    view! {
        <Field name=name.clone() label help=help>
            <input
                class=classes([INPUT, tw!("h-control px-2.75 py-1.5")])
                id=slot.id
                type="file"
                accept=accept
                aria-invalid=refused
                aria-describedby=slot.described
                data-field=slot.key
                on:change=move |event| read(&event, content, title)
            />
        </Field>
        <input type="hidden" name=name value=move || content.get()/>
        <input type="hidden" name=file_name value=move || title.get()/>
    }
    .into_any()
}

/// Reads the chosen file; the last one that was chosen stays.
#[cfg(feature = "hydrate")]
fn read(event: &ev::Event, content: RwSignal<String>, title: RwSignal<String>) {
    use wasm_bindgen::{JsCast, closure::Closure};

    let input: web_sys::HtmlInputElement = event_target(event);
    content.set(String::new());
    let Some(file) = input.files().and_then(|files| files.get(0)) else { return title.set(String::new()) };
    let Ok(reader) = web_sys::FileReader::new() else { return };
    title.set(file.name());
    let (name, loaded) = (file.name(), reader.clone());
    let done = Closure::once_into_js(move || {
        let url = loaded.result().ok().and_then(|result| result.as_string()).unwrap_or_default();
        // Another one may have been chosen meanwhile.
        if title.try_get_untracked().as_ref() == Some(&name) {
            content.set(url.split_once("base64,").map(|(_, content)| content.to_owned()).unwrap_or_default());
        }
    });
    reader.set_onload(Some(done.unchecked_ref()));
    _ = reader.read_as_data_url(&file);
}

#[cfg(not(feature = "hydrate"))]
fn read(_: &ev::Event, _: RwSignal<String>, _: RwSignal<String>) {}
