//! Banners: what holds for the whole page.

use crate::{
    classes,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;

/// What a banner says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notice {
    /// Something to know: the live link is lost, figures are as of a time.
    #[default]
    Info,
    /// A simulated server is on this page.
    Simulated,
    /// Planned work, with both times and the effect.
    Maintenance,
    /// Something is broken for the whole page.
    Failing,
}

impl Notice {
    const fn class(self) -> &'static str {
        match self {
            Notice::Info => tw!("bg-canvas text-2 border-line"),
            Notice::Simulated => tw!("bg-unknown-soft text-unknown-text border-unknown-mark border-dashed"),
            Notice::Maintenance => tw!("bg-warning-soft text-warning-text border-warning-line"),
            Notice::Failing => tw!("bg-failing-soft text-failing-text border-failing-line"),
        }
    }

    const fn symbol(self) -> Symbol {
        match self {
            Notice::Info => Symbol::Info,
            Notice::Simulated => Symbol::StateUnknown,
            Notice::Maintenance => Symbol::Clock,
            Notice::Failing => Symbol::Alert,
        }
    }
}

/// A banner: across the window, or with `boxed` inside the page.
#[component]
pub fn Banner(
    /// What it says.
    #[prop(optional)]
    notice: Notice,
    /// A frame of its own, inside the page.
    #[prop(optional)]
    boxed: bool,
    /// Leads on.
    #[prop(optional, into)]
    action: ViewFn,
    /// One or two sentences.
    children: Children,
) -> impl IntoView {
    let edge = if boxed { tw!("border rounded-lg mb-4 px-panel") } else { tw!("border-b px-pad") };
    view! {
        <div class=classes([tw!("flex flex-wrap items-center gap-x-3 gap-y-2 py-2.25 text-13"), edge, notice.class()]) role="status">
            <Icon symbol=notice.symbol()/>
            <p class="min-w-0 flex-1">{children()}</p>
            <div class="empty:hidden flex flex-wrap items-center gap-2">{action.run()}</div>
        </div>
    }
    .into_any()
}
