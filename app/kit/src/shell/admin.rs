//! The admin shell: a dark rail of sections, a column with the items of the section, then the page. On a phone a bar and a sheet.

mod nav;
mod sheet;

use super::{
    Logo, SkipLink,
    account::{Account, AccountMenu},
    focus_on_navigation, provide_kit, use_current_page,
};
use crate::{
    button::IconButton,
    icon::{Icon, Symbol},
    state::State,
    theme::ThemeToggle,
    toast::Toaster,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::{administration::accounts::Viewer, permission::Permission};
use nav::{Rail, SectionNav, TopCrumbs};
use sheet::Sheet;

/// A section: an icon and a word in the rail. A section appears with its first item.
#[derive(Clone, Debug, PartialEq)]
pub struct NavSection {
    /// Its word.
    pub word: &'static str,
    /// A shorter word for the rail, at most ten letters.
    pub short: &'static str,
    /// Its icon.
    pub symbol: Symbol,
    /// Its items; the first one is where the section leads.
    pub items: Vec<NavItem>,
}

/// An item: a word and an address, and a count only for what waits for somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct NavItem {
    /// Its word.
    pub word: &'static str,
    /// Its address; pages below it belong to it.
    pub href: &'static str,
    /// How much waits for a person, and in which state.
    pub waits: Option<(State, u64)>,
}

/// A module's item in the admin's navigation; its area collects it.
#[derive(Clone, Copy)]
pub struct NavEntry {
    word: &'static str,
    href: &'static str,
    open: fn(&Viewer) -> bool,
}

impl NavEntry {
    /// For viewers who hold `P`.
    pub const fn new<P: Permission>(word: &'static str, href: &'static str) -> Self {
        Self { word, href, open: Viewer::holds::<P> }
    }
}

impl NavSection {
    /// A section with those of the entries that the viewer can open; nothing when there is none.
    pub fn of(word: &'static str, short: &'static str, symbol: Symbol, entries: &[NavEntry], viewer: &Viewer) -> Option<Self> {
        let items: Vec<NavItem> = entries.iter().filter(|entry| (entry.open)(viewer)).map(|entry| NavItem::new(entry.word, entry.href)).collect();
        (!items.is_empty()).then_some(Self { word, short, symbol, items })
    }
}

impl NavItem {
    /// An item where nothing waits.
    pub const fn new(word: &'static str, href: &'static str) -> Self {
        Self { word, href, waits: None }
    }

    /// Whether this path is the item or below it.
    fn holds(&self, path: &str) -> bool {
        path == self.href || path.strip_prefix(self.href).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl NavSection {
    fn holds(&self, path: &str) -> bool {
        self.item(path).is_some()
    }

    /// The item of this path: the one with the longest address.
    fn item(&self, path: &str) -> Option<&NavItem> {
        self.items.iter().filter(|item| item.holds(path)).max_by_key(|item| item.href.len())
    }
}

/// The section of this path: the one whose item has the longest address.
fn section_of<'a>(sections: &'a [NavSection], path: &str) -> Option<&'a NavSection> {
    sections.iter().filter(|section| section.holds(path)).max_by_key(|section| section.item(path).map_or(0, |item| item.href.len()))
}

/// The admin shell around its pages.
#[component]
pub fn AdminShell(
    /// The sections, with only what is built.
    #[prop(into)]
    sections: Signal<Vec<NavSection>>,
    /// Who is signed in.
    account: Account,
    /// Lines of the account menu: [`SignOut`](super::SignOut).
    #[prop(into)]
    menu: ViewFn,
    /// Banners across the top, such as "simulated".
    #[prop(into, optional)]
    banner: ViewFn,
    /// What runs now, at the right of the top bar.
    #[prop(into, optional)]
    running: ViewFn,
    /// The page.
    children: Children,
) -> impl IntoView {
    provide_kit(true);
    focus_on_navigation();
    let path = use_location().pathname;
    let place = use_current_page();
    let sheet = RwSignal::new(false);
    // Only when the path changes: a press of the menu that came before hydration must stay.
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            sheet.set(false);
        }
        path
    });
    view! {
        <SkipLink/>
        <div class="grid grid-cols-[76px_184px_minmax(0,1fr)] narrow:grid-cols-[76px_minmax(0,1fr)] phone:block min-h-dvh">
            <Rail sections path sheet/>
            <SectionNav sections path/>
            <div class="flex flex-col min-w-0">
                {banner.run()}
                <header class=tw!(
                    "sticky top-0 z-top flex items-center gap-3 h-12 px-pad bg-surface border-b border-line",
                    "phone:h-13 phone:px-2 phone:gap-1 phone:bg-rail phone:border-b-0 phone:text-rail-text on-rail-phone"
                )>
                    <span class="hidden phone:inline-flex"><IconButton symbol=Symbol::Menu label="Menu" on:click=move |_| sheet.set(true)/></span>
                    <TopCrumbs sections path place/>
                    <div class="flex items-center gap-2 ml-auto phone:gap-0">
                        {running.run()}
                        <ThemeToggle/>
                        <AccountMenu account menu/>
                    </div>
                </header>
                <main id="main" tabindex="-1" class="flex-1 w-full max-w-[1480px] px-pad pt-6 pb-16 phone:pt-4 phone:pb-12 outline-none">{children()}</main>
            </div>
        </div>
        <Sheet open=sheet sections path/>
        <Toaster/>
    }
    .into_any()
}

/// The count of what waits: shape and number, with the word for a screen reader.
#[component]
fn CountBadge(state: State, count: u64) -> impl IntoView {
    view! {
        <span class=crate::classes([tw!("inline-flex items-center gap-0.75 text-12 font-mid num"), state.text()])>
            <Icon symbol=state.symbol() class=crate::classes([tw!("size-3"), state.mark()])/>
            {count}
            <span class="sr-only">" waiting"</span>
        </span>
    }
    .into_any()
}
