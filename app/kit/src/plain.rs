//! Pages without the program: their forms are sent by the browser itself, to the page's own address, and what the operation has answered is
//! in the page that comes back. Signing in needs nothing but HTML so, and loads nothing else.

#[cfg(feature = "ssr")]
pub use handed::Handed;

/// Name of the field that says which operation a form calls.
pub const CALL: &str = "_call";

#[cfg(feature = "ssr")]
mod handed {
    use crate::error::AppError;
    use leptos::prelude::use_context;

    /// What a form has handed in, and what came of it. The server gives it to the page that answers.
    #[derive(Clone, Debug)]
    pub struct Handed {
        /// Address of the operation.
        pub call: String,
        /// The fields as they were filled in.
        pub fields: Vec<(String, String)>,
        /// The answer's text.
        pub answer: Result<String, AppError>,
    }

    impl Handed {
        pub(super) fn field(&self, name: &str) -> Option<String> {
            self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
        }
    }

    pub(super) fn handed() -> Option<Handed> {
        use_context()
    }
}

#[cfg(feature = "ssr")]
#[derive(Clone, Copy)]
struct Plain;

/// Makes the pages below this place plain ones.
#[cfg(feature = "ssr")]
pub fn provide_plain() {
    leptos::prelude::provide_context(Plain);
}

/// Whether this page runs no program; never in the browser.
#[cfg(feature = "ssr")]
pub(crate) fn is_plain() -> bool {
    leptos::prelude::use_context::<Plain>().is_some()
}

#[cfg(not(feature = "ssr"))]
pub(crate) const fn is_plain() -> bool {
    false
}

/// What the operation at this address has answered to the form that was handed in.
#[cfg(feature = "ssr")]
pub(crate) fn answered(path: &str) -> Option<Result<String, crate::error::AppError>> {
    handed::handed().filter(|handed| handed.call == path).map(|handed| handed.answer)
}

#[cfg(not(feature = "ssr"))]
pub(crate) const fn answered(_: &str) -> Option<Result<String, crate::error::AppError>> {
    None
}

/// What was filled in under this name, so that a form that was refused loses nothing.
#[cfg(feature = "ssr")]
pub fn filled_in(name: &str) -> Option<String> {
    handed::handed()?.field(name)
}

#[cfg(not(feature = "ssr"))]
pub(crate) const fn filled_in(_: &str) -> Option<String> {
    None
}

/// Goes to an address of this panel by loading it anew.
#[cfg(feature = "ssr")]
pub fn go(address: &str) {
    use axum::http::{HeaderValue, StatusCode, header::LOCATION};
    if let (Some(options), Ok(value)) = (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(address)) {
        options.set_status(StatusCode::SEE_OTHER);
        options.insert_header(LOCATION, value);
    }
}

/// Goes to an address of this panel by loading it anew.
#[cfg(not(feature = "ssr"))]
pub fn go(address: &str) {
    // Outside a page there is nowhere to go.
    if let Some(window) = leptos::web_sys::window() {
        let _ = window.location().set_href(address);
    }
}
