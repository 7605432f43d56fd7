//! Buttons, and links that look like them.

use crate::{
    classes,
    form::use_form,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;

/// How loud a button is. One primary button a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The one deed of the page.
    Primary,
    /// Every other deed.
    #[default]
    Secondary,
    /// Least: in bars, rows and beside a primary one.
    Quiet,
    /// Cannot be taken back; inside a confirmation.
    Danger,
    /// Leads to a confirmation of something that cannot be taken back.
    DangerOutline,
}

/// How tall a button is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// In rows, bars and panel heads.
    Small,
    /// Ordinary.
    #[default]
    Normal,
    /// Public pages: pay, sign in.
    Large,
}

const BASE: &str = tw!(
    "relative inline-flex items-center justify-center gap-1.5 border rounded text-13 leading-none no-underline whitespace-nowrap",
    "cursor-pointer select-none transition-colors duration-fast",
    "disabled:bg-hover disabled:border-line disabled:text-3 disabled:shadow-flat disabled:cursor-not-allowed",
    "aria-busy:cursor-progress"
);

impl Kind {
    const fn class(self) -> &'static str {
        match self {
            Kind::Primary => tw!("border-transparent bg-brand text-on-brand font-bold shadow-button hover:bg-brand-hover"),
            Kind::Secondary => tw!("border-control-line bg-surface text-1 font-mid shadow-small hover:bg-hover active:bg-press"),
            Kind::Quiet => tw!("border-transparent text-2 font-mid hover:bg-hover hover:text-1 active:bg-press"),
            Kind::Danger => tw!("border-transparent bg-failing text-on-failing font-bold hover:bg-failing-hover"),
            Kind::DangerOutline => tw!("border-failing-mark bg-surface text-failing-text font-mid hover:bg-failing-soft"),
        }
    }
}

impl Size {
    const fn class(self) -> &'static str {
        match self {
            Size::Small => tw!("h-control-sm px-2.5"),
            Size::Normal => tw!("h-control px-3.25"),
            Size::Large => tw!("h-control-lg px-5 text-14"),
        }
    }
}

/// The classes of a button, for the rare element that is neither [`Button`] nor [`LinkButton`].
pub(crate) fn button_class(kind: Kind, size: Size, block: bool) -> String {
    classes([BASE, kind.class(), size.class(), if block { tw!("w-full") } else { "" }])
}

/// The ring that turns while a button works; it lies over the word, so that the width stays.
#[component]
fn Ring() -> impl IntoView {
    view! { <span class="inline-block size-3.25 rounded-full border-2 border-current border-r-transparent turning" aria-hidden="true"></span> }
        .into_any()
}

/// A button. It says the deed, keeps its word and its width while it works, and is off only when the reason stands beside it.
#[component]
pub fn Button(
    /// How loud.
    #[prop(optional)]
    kind: Kind,
    /// How tall.
    #[prop(optional)]
    size: Size,
    /// Icon before the word.
    #[prop(optional, into)]
    icon: Option<Symbol>,
    /// Works right now: shows a ring and takes no second press.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Off.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// As wide as its place.
    #[prop(optional)]
    block: bool,
    /// The deed.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=button_class(kind, size, block)
            disabled=move || disabled.get()
            aria-busy=move || busy.get().then_some("true")
            aria-disabled=move || busy.get().then_some("true")
            data-hold=""
        >
            {move || if busy.get() {
                view! { <Ring/> }.into_any()
            } else {
                icon.map(|symbol| view! { <Icon symbol/> }).into_any()
            }}
            <span>{children()}</span>
        </button>
    }
    .into_any()
}

/// The button that sends the form around it; it works while the form's action works.
#[component]
pub fn Submit(
    /// How loud.
    #[prop(default = Kind::Primary)]
    kind: Kind,
    /// How tall.
    #[prop(optional)]
    size: Size,
    /// Icon before the word.
    #[prop(optional, into)]
    icon: Option<Symbol>,
    /// Off; the reason must stand beside it.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// As wide as its place.
    #[prop(optional)]
    block: bool,
    /// The deed, such as "Pay €290.40".
    children: Children,
) -> impl IntoView {
    let form = use_form();
    let busy = Signal::derive(move || form.is_some_and(|form| form.pending.get()));
    view! {
        <button
            type="submit"
            class=button_class(kind, size, block)
            disabled=move || disabled.get()
            aria-busy=move || busy.get().then_some("true")
            aria-disabled=move || busy.get().then_some("true")
        >
            {move || if busy.get() {
                view! { <Ring/> }.into_any()
            } else {
                icon.map(|symbol| view! { <Icon symbol/> }).into_any()
            }}
            <span>{children()}</span>
        </button>
    }
    .into_any()
}

/// A link that looks like a button: it goes somewhere, it changes nothing.
#[component]
pub fn LinkButton(
    /// Where to.
    #[prop(into)]
    href: String,
    /// How loud.
    #[prop(optional)]
    kind: Kind,
    /// How tall.
    #[prop(optional)]
    size: Size,
    /// Icon before the word.
    #[prop(optional, into)]
    icon: Option<Symbol>,
    /// Icon behind the word, for a way that leads on.
    #[prop(optional, into)]
    icon_end: Option<Symbol>,
    /// As wide as its place.
    #[prop(optional)]
    block: bool,
    /// Leaves the panel: a new tab, without a referrer, with a sign that says so.
    #[prop(optional)]
    external: bool,
    /// Where it leads.
    children: Children,
) -> impl IntoView {
    view! {
        <a
            href=href
            class=button_class(kind, size, block)
            target=external.then_some("_blank")
            rel=external.then_some("noopener noreferrer external")
        >
            {icon.map(|symbol| view! { <Icon symbol/> })}
            <span>{children()}</span>
            {external.then_some(Symbol::External).or(icon_end).map(|symbol| view! { <Icon symbol/> })}
        </a>
    }
    .into_any()
}

/// The classes of a button that is only an icon.
pub(crate) const ICON_BUTTON: &str = tw!(
    "inline-grid place-items-center size-control-sm phone:size-control border border-transparent rounded text-current cursor-pointer",
    "opacity-85 hover:opacity-100 hover:bg-veil transition-colors duration-fast"
);

/// A button that is only an icon. Allowed for search, menu, theme, close, copy and row actions; always with a name.
#[component]
pub fn IconButton(
    /// Which icon.
    symbol: Symbol,
    /// What it does; read aloud and shown on hover.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=ICON_BUTTON
            aria-label=move || label.get()
            title=move || label.get()
            data-hold=""
        >
            <Icon symbol/>
        </button>
    }
    .into_any()
}
