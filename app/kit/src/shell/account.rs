//! Who is signed in, and the way out.

use crate::{
    call::call_once,
    error::AppError,
    html_only::redirect,
    icon::{Icon, Symbol},
    state::State,
    toast::use_toasts,
};
use leptos::prelude::*;

/// Who is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Name, or the address when there is none.
    pub name: String,
    /// Email address.
    pub email: String,
}

impl Account {
    /// One or two capitals.
    pub(crate) fn initials(&self) -> String {
        self.name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect()
    }
}

/// The button that signs out, inside the account menu of a shell.
#[component]
pub fn SignOut(
    /// Address of its operation, which takes nothing.
    call: &'static str,
    /// Where it leads to when it has worked: a whole new page, so that nothing of the session stays in memory.
    to: &'static str,
) -> impl IntoView {
    let toasts = use_toasts();
    let done = Callback::new(move |answer: Result<String, AppError>| match answer {
        Ok(_) => redirect(to),
        Err(error) => toasts.show(State::Failing, "Sign-out failed", error.message().to_owned()),
    });
    view! {
        <button type="button" class=MENU_ITEM data-hold="" on:click=move |_| call_once(call, done)>
            <Icon symbol=Symbol::Exit class="text-3"/>"Sign out"
        </button>
    }
    .into_any()
}

/// A line of the account menu that leads to a page.
#[component]
pub fn MenuLink(
    /// Where to.
    #[prop(into)]
    href: String,
    /// Its icon.
    symbol: Symbol,
    /// Its word.
    children: Children,
) -> impl IntoView {
    view! { <a href=href class=MENU_ITEM><Icon symbol class="text-3"/>{children()}</a> }.into_any()
}

/// A line of the account menu.
pub(crate) const MENU_ITEM: &str = tw!(
    "flex items-center gap-2 w-full min-h-8 phone:min-h-11 px-2 border-0 bg-transparent rounded-sm text-1 text-13 text-left no-underline cursor-pointer hover:bg-hover"
);

/// The round button with the initials, and the menu under it. The menu is a native popover.
#[component]
pub(crate) fn AccountMenu(account: Account, menu: ViewFn, #[prop(optional)] dark: bool) -> impl IntoView {
    let disc = if dark { tw!("bg-rail-on text-rail-strong") } else { tw!("bg-brand-soft text-brand-text") };
    let label = format!("{}, account menu", account.name);
    view! {
        <button type="button" popovertarget="account" aria-label=label class="grid place-items-center size-9 border-0 p-0 bg-transparent rounded-full cursor-pointer">
            <span aria-hidden="true" class=crate::classes([tw!("grid place-items-center size-7 rounded-full text-11 font-bold"), disc])>{account.initials()}</span>
        </button>
        <div id="account" popover="auto" class="menu-place w-58 p-1 border border-line-firm rounded-lg bg-raised text-1 shadow-pop text-13">
            <p class="px-2 pt-1.5 pb-2 border-b border-line mb-1">
                <b class="block truncate">{account.name.clone()}</b>
                <span class="block truncate text-3 text-12">{account.email}</span>
            </p>
            {menu.run()}
        </div>
    }
    .into_any()
}
