//! Pages without the program: their forms are sent by the browser itself, to the page's own address, and what the operation has answered is
//! in the page that comes back. Signing in needs nothing but HTML so, and loads nothing else.

#[cfg(feature = "ssr")]
pub use submitted_form::SubmittedForm;

/// Name of the field that says which operation a form calls.
pub const CALL: &str = "_call";

#[cfg(feature = "ssr")]
mod submitted_form {
    use crate::error::AppError;
    use leptos::prelude::use_context;

    /// What a form has handed in, and what came of it. The server gives it to the page that answers.
    #[derive(Clone, Debug)]
    pub struct SubmittedForm {
        /// Address of the operation.
        pub call: String,
        /// The fields as they were filled in.
        pub fields: Vec<(String, String)>,
        /// The answer's text.
        pub answer: Result<String, AppError>,
    }

    impl SubmittedForm {
        pub(super) fn field(&self, name: &str) -> Option<String> {
            self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
        }
    }

    pub(super) fn submitted_form() -> Option<SubmittedForm> {
        use_context()
    }
}

#[cfg(feature = "ssr")]
#[derive(Clone, Copy)]
struct HtmlOnly;

/// The pages below this place run no program.
#[cfg(feature = "ssr")]
pub fn provide_html_only() {
    leptos::prelude::provide_context(HtmlOnly);
}

/// Whether this page runs no program; never in the browser.
#[cfg(feature = "ssr")]
pub(crate) fn is_html_only() -> bool {
    leptos::prelude::use_context::<HtmlOnly>().is_some()
}

#[cfg(not(feature = "ssr"))]
pub(crate) const fn is_html_only() -> bool {
    false
}

/// What the operation at this address has answered to the form that was handed in.
#[cfg(feature = "ssr")]
pub(crate) fn submitted_result(path: &str) -> Option<Result<String, crate::error::AppError>> {
    submitted_form::submitted_form().filter(|form| form.call == path).map(|form| form.answer)
}

#[cfg(not(feature = "ssr"))]
pub(crate) const fn submitted_result(_: &str) -> Option<Result<String, crate::error::AppError>> {
    None
}

/// What was filled in under this name, so that a form that was refused loses nothing.
#[cfg(feature = "ssr")]
pub fn submitted_value(name: &str) -> Option<String> {
    submitted_form::submitted_form()?.field(name)
}

#[cfg(not(feature = "ssr"))]
pub(crate) const fn submitted_value(_: &str) -> Option<String> {
    None
}

/// Goes to an address of this panel by loading it anew.
#[cfg(feature = "ssr")]
pub fn redirect(address: &str) {
    use axum::http::{HeaderValue, StatusCode, header::LOCATION};
    if let (Some(options), Ok(value)) = (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(address)) {
        options.set_status(StatusCode::SEE_OTHER);
        options.insert_header(LOCATION, value);
    }
}

/// Goes to an address of this panel by loading it anew.
#[cfg(not(feature = "ssr"))]
pub fn redirect(address: &str) {
    // Outside a page there is nowhere to go.
    if let Some(window) = leptos::web_sys::window() {
        let _ = window.location().set_href(address);
    }
}
