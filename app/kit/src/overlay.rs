//! What opens over a page: a drawer to look or to prepare something without leaving, and a menu of further actions.

use crate::{
    button::{IconButton, Size, button_class},
    icon::{Icon, Symbol},
};
use leptos::{html, prelude::*};

/// A drawer at the right edge: modal, the focus goes in and comes back, Escape closes it. On a phone it takes the window.
#[component]
pub fn Drawer(
    /// Whether it stands open; it sets this to false when it closes.
    open: RwSignal<bool>,
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// One line below the title.
    #[prop(into, optional)]
    note: Signal<String>,
    /// What stands at its lower edge: the sum and the button.
    #[prop(optional, into)]
    foot: Option<ViewFn>,
    /// Stands in the page instead of over it, for a gallery.
    #[prop(optional)]
    in_page: bool,
    /// What it shows.
    children: ChildrenFn,
) -> impl IntoView {
    let place = NodeRef::<html::Dialog>::new();
    if !in_page {
        crate::dialog::follow(place, open);
    }
    let class = if in_page {
        tw!("static flex flex-col w-105 max-w-full p-0 bg-raised border-l border-line shadow-top text-1")
    } else {
        tw!(
            "fixed inset-y-0 right-0 left-auto m-0 w-105 max-w-full h-dvh max-h-none p-0 bg-raised border-l border-line shadow-top text-1",
            "backdrop:bg-scrim opening phone:w-full"
        )
    };
    view! {
        <dialog node_ref=place open=in_page on:close=move |_| crate::dialog::closed(place, open) aria-label=move || title.get() class=class>
            <div class="flex flex-col min-h-full">
                <div class="flex items-center justify-between gap-3 py-3 pl-5 pr-4 border-b border-line">
                    <div class="min-w-0">
                        <h2 class="text-14 font-bold wrap-anywhere">{move || title.get()}</h2>
                        <p class="empty:hidden text-12 text-3">{crate::shown(note)}</p>
                    </div>
                    <IconButton symbol=Symbol::X label="Close" on:click=move |_| open.set(false)/>
                </div>
                <div class="flex-1 p-5 min-h-0 overflow-y-auto text-13"><Show when=move || in_page || open.get()>{children()}</Show></div>
                {foot.map(|foot| view! { <div class="flex flex-wrap items-center justify-end gap-2 px-5 py-3 border-t border-line">{foot.run()}</div> })}
            </div>
        </dialog>
    }
    .into_any()
}

/// A button that opens a menu of [`MenuItem`]s. The browser opens, closes and places it: no script is needed for that.
#[component]
pub fn Menu(
    /// Name of the menu, unique in the page; part of an id.
    #[prop(into)]
    id: String,
    /// What it holds: "More actions".
    #[prop(into)]
    label: String,
    /// The items.
    children: Children,
) -> impl IntoView {
    let id = format!("menu-{id}");
    view! {
        <span class="menu-anchor inline-flex">
            <button type="button" popovertarget=id.clone() aria-haspopup="true" class=button_class(crate::button::Kind::Secondary, Size::Normal, false)>
                <span>{label.clone()}</span><Icon symbol=Symbol::Down class="size-3.5"/>
            </button>
            <div popover="" id=id role="group" aria-label=label class="menu w-58 p-1 border border-line-firm rounded-lg bg-raised shadow-pop text-13 text-1">{children()}</div>
        </span>
    }
    .into_any()
}

const ITEM: &str = tw!(
    "flex items-center gap-2 w-full min-h-8 phone:min-h-11 px-2 rounded-sm text-left no-underline cursor-pointer hover:bg-hover focus-visible:outline-in-2"
);

/// One entry of a [`Menu`]: a link with `href`, else a button; say what it does with `on:click`.
#[component]
pub fn MenuItem(
    /// Icon before the word.
    #[prop(optional, into)]
    icon: Option<Symbol>,
    /// Where it leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// Cannot be undone: red, and last.
    #[prop(optional)]
    danger: bool,
    /// What it does.
    children: Children,
) -> impl IntoView {
    let class = crate::classes([ITEM, if danger { tw!("text-failing-text") } else { tw!("text-1") }]);
    let inside = view! { {icon.map(|symbol| view! { <Icon symbol class="size-3.75"/> })}<span>{children()}</span> };
    match href {
        Some(href) => view! { <a href=href class=class>{inside}</a> }.into_any(),
        None => view! { <button type="button" class=class>{inside}</button> }.into_any(),
    }
}

/// A rule between the entries of a [`Menu`].
#[component]
pub fn MenuRule() -> impl IntoView {
    view! { <hr class="my-1 border-t border-line"/> }.into_any()
}
