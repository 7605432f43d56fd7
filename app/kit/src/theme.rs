//! Light, dark, or as the system says; kept in the browser, set before the first paint. A script of the document does it, so that it works on
//! every page and at once.

use crate::{
    button::ICON_BUTTON,
    icon::{Icon, Symbol},
};
use leptos::prelude::*;

/// Runs in the head, before anything is painted.
#[cfg(feature = "ssr")]
pub(crate) const EARLY: &str = "(function(){var d=document.documentElement.dataset,k='mpanel-theme';\
try{var t=localStorage.getItem(k);if(t==='light'||t==='dark')d.theme=t}catch(e){}\
addEventListener('click',function(e){if(!e.target.closest||!e.target.closest('[data-theme-toggle]'))return;\
var t={light:'dark',dark:''}[d.theme];if(t===undefined)t='light';if(t)d.theme=t;else delete d.theme;\
try{if(t)localStorage.setItem(k,t);else localStorage.removeItem(k)}catch(e){}})})()";

/// One button that goes through system, light and dark; the style sheet shows the one that holds.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    view! {
        <button type="button" class=ICON_BUTTON data-theme-toggle="">
            <span class="theme-system"><Icon symbol=Symbol::Screen/><span class="sr-only">"Theme: system. Switch to light"</span></span>
            <span class="theme-light"><Icon symbol=Symbol::Sun/><span class="sr-only">"Theme: light. Switch to dark"</span></span>
            <span class="theme-dark"><Icon symbol=Symbol::Moon/><span class="sr-only">"Theme: dark. Switch to system"</span></span>
        </button>
    }
    .into_any()
}
