//! The design system: every part of every page, once, in every state.
//!
//! Server-rendered first, hydrated after; nothing here needs a script to be readable. Class names are Tailwind utilities over
//! the tokens of `style/`; every class literal stands after `class=` or inside [`tw!`], so that the build can refuse one that
//! yields no CSS.

#[cfg(not(any(erase_components, doc)))]
compile_error!("RUSTFLAGS in the environment replaces the flags of .cargo/config.toml: unset it, or add `--cfg erase_components` to it");

/// Marks a class literal for the style build and yields it unchanged; several literals are joined by a blank.
#[macro_export]
macro_rules! tw {
    ($first:literal $(, $rest:literal)* $(,)?) => { concat!($first $(, " ", $rest)*) };
}

pub mod action;
pub mod banner;
pub mod button;
pub mod call;
pub mod chart;
pub mod copy;
pub mod data;
pub mod dialog;
pub mod error;
pub mod feedback;
pub mod form;
pub mod head;
pub mod html_only;
pub mod icon;
pub mod live;
pub mod load;
pub mod log;
pub mod overlay;
pub mod panel;
pub mod scope;
pub mod shell;
pub mod state;
pub mod step_up;
pub mod stepper;
pub mod steps;
pub mod tabs;
#[cfg(all(test, feature = "ssr"))]
mod tests;
pub mod theme;
pub mod time;
pub mod toast;
pub mod unapplied;

/// Everything a page needs.
pub mod prelude {
    pub use crate::{
        action::*,
        banner::*,
        button::*,
        call::Call,
        chart::*,
        copy::*,
        data::{column::*, diff::*, facts::*, list::*, listing::*, meter::*, money::*, size::*, stats::*, table::*},
        dialog::*,
        error::AppError,
        feedback::*,
        form::{choice::*, field::*, file::*, filter::*, search_select::SearchSelect, upload::*, *},
        head::*,
        icon::{Icon, Symbol},
        live::*,
        load::*,
        log::*,
        overlay::*,
        panel::*,
        scope::*,
        state::{Badge, State, Tag, head_badge, pod_badge, pod_label},
        step_up::*,
        stepper::*,
        steps::*,
        tabs::*,
        time::*,
        toast::*,
        tw,
        unapplied::*,
    };
    pub use leptos::prelude::*;
}

/// Words that may be missing: nothing instead of empty text, so that `empty:hidden` holds.
pub(crate) fn shown(words: leptos::prelude::Signal<String>) -> impl Fn() -> Option<String> + Send + Clone + 'static {
    use leptos::prelude::Get;
    move || Some(words.get()).filter(|words| !words.is_empty())
}

/// Joins classes by blanks, leaving out the empty ones.
pub(crate) fn classes<const N: usize>(parts: [&str; N]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
