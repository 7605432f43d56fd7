//! Shared by the sign-in pages.

use super::server_fns::read_link;
use app_kit::{
    html_only::redirect,
    prelude::*,
    shell::{Brand, SignLayout},
};
use leptos_router::hooks::use_query_map;
use model::administration::accounts::{LandingPage, LinkPurpose, LinkView};

/// The brand that the layout provides to these pages.
pub fn brand() -> Option<Brand> {
    use_context()
}

/// Where to go after signing in: only paths of this panel, never another site.
pub fn next_path() -> Option<String> {
    use_query_map().read_untracked().get("next").filter(|path| is_own_path(path))
}

/// Whether this is a plain absolute path of this panel.
fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c))
}

/// Redirects after a successful form, with an empty page.
pub fn home(found: Option<LandingPage>) -> Option<AnyView> {
    found.map(|home| {
        redirect(&home.path);
        ().into_any()
    })
}

/// The token of this page's link.
pub fn link_token() -> String {
    use_query_map().read_untracked().get("token").unwrap_or_default()
}

/// A form behind a single-use link, or the reason why the link is not valid.
#[component]
pub fn LinkForm(
    /// Purpose that the link must have.
    purpose: LinkPurpose,
    /// Title of the page.
    title: &'static str,
    /// Text beside the form.
    #[prop(into)]
    aside: ViewFn,
    /// The form.
    #[prop(into)]
    form: ViewFn,
) -> impl IntoView {
    let token = link_token();
    let link = fetch(move || token.clone(), read_link);
    view! {
        <SignLayout brand=brand() title aside>
            <Load data=link view=move |link: LinkView| {
                if link.purpose != purpose {
                    return view! { <p role="alert" class="text-14">"This link is not valid for this page. Open it from the email again."</p> }.into_any();
                }
                view! {
                    {link.email.map(|email| view! { <p class="mb-4 text-13 text-2">"For " <b class="text-1">{email}</b></p> })}
                    {form.run()}
                }
                .into_any()
            }/>
        </SignLayout>
    }
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn redirects_after_sign_in_stay_on_this_panel() {
        assert!(is_own_path("/admin/jobs/0192"));
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "admin", "/a?next=//b", "/a\r\nSet-Cookie:x"] {
            assert!(!is_own_path(foreign), "{foreign}");
        }
    }
}
