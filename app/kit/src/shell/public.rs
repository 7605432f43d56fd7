//! The public shell: logo, sign-in, nothing else.

use super::{Brand, Foot, Logo, SkipLink, focus_on_navigation, provide_kit};
use crate::{theme::ThemeToggle, toast::Toaster};
use leptos::prelude::*;

/// The public shell around its pages.
#[component]
pub fn PublicShell(
    /// Who sells.
    brand: Brand,
    /// What stands at the right instead of the way to the sign-in page, such as the buyer's address.
    #[prop(into, optional)]
    aside: Option<ViewFn>,
    /// Banners across the top.
    #[prop(into, optional)]
    banner: ViewFn,
    /// The page.
    children: Children,
) -> impl IntoView {
    provide_kit(false);
    focus_on_navigation();
    view! {
        <SkipLink/>
        <div class="flex flex-col min-h-dvh bg-canvas">
            {banner.run()}
            <header class="bg-surface border-b border-line">
                <div class="flex items-center max-w-[1080px] mx-auto px-pad h-14">
                    <a href="/" class="flex items-center gap-2 min-w-0 text-1 text-16 font-bold no-underline">
                        <span class="text-brand flex"><Logo/></span><span class="truncate">{brand.name.clone()}</span>
                    </a>
                    <div class="flex items-center gap-3 ml-auto text-13 text-2">
                        {match aside {
                            Some(aside) => aside.run(),
                            None => view! { <a href="/sign-in" rel="external" class="whitespace-nowrap">"Sign in"</a> }.into_any(),
                        }}
                        <ThemeToggle/>
                    </div>
                </div>
            </header>
            <main id="main" tabindex="-1" class="flex-auto w-full max-w-[1080px] mx-auto px-pad pt-8 pb-16 phone:pt-4 phone:pb-12 outline-none">{children()}</main>
            <Foot brand width=tw!("max-w-[1080px]")/>
        </div>
        <Toaster/>
    }
    .into_any()
}
