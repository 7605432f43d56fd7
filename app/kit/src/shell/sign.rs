//! The layout of sign-in, activation, reset and set-up: the form at the left, the brand at the right.

use super::{Brand, Logo, SkipLink, provide_kit};
use crate::{
    head::{Description, WindowTitle},
    theme::ThemeToggle,
    toast::Toaster,
};
use leptos::prelude::*;

/// One short form on a page of its own.
#[component]
pub fn SignLayout(
    /// Who sells; nothing on the admin's pages, which keep the mPanel mark.
    brand: Option<Brand>,
    /// The name of the page; becomes the `h1`.
    #[prop(into)]
    title: Signal<String>,
    /// One line below.
    #[prop(into, optional)]
    note: Signal<String>,
    /// What stands on the dark half: facts that are measured, never praise.
    #[prop(into, optional)]
    aside: ViewFn,
    /// The form.
    children: Children,
) -> impl IntoView {
    provide_kit(false);
    let (name, imprint) = brand.map_or_else(|| ("mPanel".to_owned(), String::new()), |brand| (brand.name, brand.imprint));
    let describe = format!("{} at {name}.", title.get_untracked());
    view! {
        <WindowTitle title/>
        <Description text=describe/>
        <SkipLink/>
        <div class="grid grid-cols-2 narrow:grid-cols-1 min-h-dvh">
            <div class="flex flex-col bg-surface py-6 px-[clamp(20px,7vw,112px)]">
                <header><a href="/" class="inline-flex items-center gap-2 text-1 text-16 font-bold no-underline">
                    <span class="text-brand flex"><Logo/></span><span class="truncate">{name}</span>
                </a></header>
                <main id="main" tabindex="-1" class="w-full max-w-94 my-auto py-10 outline-none">
                    <h1 class="text-24 leading-8 font-bold tracking-tight">{move || title.get()}</h1>
                    <p class="empty:hidden text-2 text-14 mt-0.5">{crate::shown(note)}</p>
                    <div class="mt-5">{children()}</div>
                </main>
                <footer class="flex items-center justify-between gap-3 text-3 text-12"><span>{imprint}</span><ThemeToggle/></footer>
            </div>
            <aside aria-label="About this panel" class="watermark relative overflow-hidden flex flex-col justify-end bg-rail text-rail-text py-16 px-[clamp(24px,5vw,88px)] on-rail narrow:hidden">
                <div class="relative text-13 max-w-[52ch]">{aside.run()}</div>
            </aside>
        </div>
        <Toaster/>
    }
    .into_any()
}
