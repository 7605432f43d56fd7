//! What the sign-in pages share.

use app_kit::{
    html_only::redirect,
    prelude::*,
    shell::{Brand, SignLayout},
};
use leptos_router::hooks::use_query_map;
use model::administration::accounts::{Home, LinkPurpose, LinkView};

/// The brand that the frame gives to these pages.
pub fn brand() -> Option<Brand> {
    use_context()
}

/// The path to go to after signing in: only a path of this panel, never another site.
pub fn next_path() -> Option<String> {
    use_query_map().read_untracked().get("next").filter(|path| is_own_path(path))
}

/// Whether this is a plain path below the root of this panel.
fn is_own_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c))
}

/// Leads home when the form that was handed in has worked; a page of nothing then.
pub fn home(found: Option<Home>) -> Option<AnyView> {
    found.map(|home| {
        redirect(&home.path);
        ().into_any()
    })
}

/// A form behind a single-use link, or the reason why there is none.
#[component]
pub fn LinkForm<V>(
    /// What the link must be good for.
    purpose: LinkPurpose,
    /// Title of the page.
    title: &'static str,
    /// Token and what it opens.
    link: Data<(String, LinkView)>,
    /// What stands beside the form.
    #[prop(into)]
    aside: ViewFn,
    /// The form.
    view: V,
) -> impl IntoView
where
    V: Fn(String, LinkView) -> AnyView + Clone + Send + Sync + 'static,
{
    view! {
        <SignLayout brand=brand() title aside>
            <Load data=link view=move |(token, link): (String, LinkView)| {
                if link.purpose != purpose {
                    return view! { <p role="alert" class="text-14">"This link is not valid for this page. Open it from the email again."</p> }.into_any();
                }
                let email = link.email.clone();
                view! {
                    {email.map(|email| view! { <p class="mb-4 text-13 text-2">"For " <b class="text-1">{email}</b></p> })}
                    {view(token, link)}
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
    fn only_own_paths_are_gone_to_after_signing_in() {
        assert!(is_own_path("/admin/jobs/0192"));
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "admin", "/a?next=//b", "/a\r\nSet-Cookie:x"] {
            assert!(!is_own_path(foreign), "{foreign}");
        }
    }
}
