//! The tenant's shell: a bar on top, not a rail, so that staff see at a glance whose portal they are in.

use super::{
    Brand, Foot, Logo, SkipLink,
    account::{Account, AccountMenu},
    focus_on_navigation, provide_kit,
};
use crate::{classes, theme::ThemeToggle, toast::Toaster};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The tenant's shell around its pages.
#[component]
pub fn TenantShell(
    /// Who sells.
    brand: Brand,
    /// Name of the tenant.
    #[prop(into)]
    tenant: String,
    /// Word and address of each item; the first one is the tenant's home.
    #[prop(into)]
    items: Vec<(&'static str, String)>,
    /// Who is signed in.
    account: Account,
    /// Lines of the account menu: [`SignOut`](super::SignOut).
    #[prop(into)]
    menu: ViewFn,
    /// Banners across the top.
    #[prop(into, optional)]
    banner: ViewFn,
    /// The page.
    children: Children,
) -> impl IntoView {
    provide_kit(false);
    focus_on_navigation();
    let path = use_location().pathname;
    let home = items.first().map_or_else(|| "/".to_owned(), |(_, href)| href.clone());
    let first = home.clone();
    let item = tw!("block px-2.25 py-1.5 phone:py-2.75 rounded text-13 no-underline whitespace-nowrap");
    view! {
        <SkipLink/>
        <div class="flex flex-col min-h-dvh">
            {banner.run()}
            <header class="sticky top-0 z-top bg-rail text-rail-text on-rail">
                <div class="flex items-center phone:flex-wrap gap-x-2 max-w-[1240px] mx-auto px-pad min-h-13">
                    <a href=home class="flex items-center gap-2.5 h-13 -ml-1 pr-2 text-rail-strong text-14 font-bold no-underline min-w-0">
                        <Logo/><span class="truncate">{tenant}</span>
                    </a>
                    <nav aria-label="Main navigation" class="ml-2 phone:order-last phone:w-full phone:ml-0 phone:pb-1.5 overflow-x-auto scroll-quiet">
                        <ul class="flex gap-0.5">
                            {move || {
                                let path = path.get();
                                items.iter().map(|(word, href)| {
                                    let below = path.strip_prefix(href.as_str()).is_some_and(|rest| rest.starts_with('/'));
                                    let current = path == *href || (below && *href != first);
                                    let colour = if current { tw!("bg-rail-on text-rail-strong font-mid") } else { tw!("text-rail-text hover:bg-rail-hover hover:text-rail-strong") };
                                    view! { <li><a href=href.clone() class=classes([item, colour]) aria-current=current.then_some("page")>{*word}</a></li> }
                                }).collect_view()
                            }}
                        </ul>
                    </nav>
                    <div class="flex items-center gap-1 ml-auto">
                        <ThemeToggle/>
                        <AccountMenu account menu dark=true/>
                    </div>
                </div>
            </header>
            <main id="main" tabindex="-1" class="flex-auto w-full max-w-[1240px] mx-auto px-pad pt-6 pb-16 phone:pt-4 phone:pb-12 outline-none">{children()}</main>
            <Foot brand width=tw!("max-w-[1240px]")/>
        </div>
        <Toaster/>
    }
    .into_any()
}
