//! The document: head, scripts with their nonce, and the application as its body.

use super::{Assets, UNLOADED};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// Held before hydration: the last submit and the last press of a button that needs the program. Replayed by `__mpanel_start`.
/// Back to where the program was before loads that page: the browser changes the address alone then, and the page here would be taken over
/// for another one.
const HOLD: &str = "(function(){var w=window;w.__mpanel_pending=null;\
addEventListener('submit',function(e){if(w.__mpanel_ready||!e.target.matches('form[data-hold]'))return;e.preventDefault();w.__mpanel_pending={form:e.target,by:e.submitter}},true);\
addEventListener('click',function(e){if(w.__mpanel_ready||!e.target.closest)return;\
var b=e.target.closest('button[type=button][data-hold]');if(b)w.__mpanel_pending={press:b}},true);\
var at=location.pathname+location.search;\
addEventListener('popstate',function(e){if(w.__mpanel_ready||at===location.pathname+location.search)return;location.reload()},true);\
w.__mpanel_start=function(){w.__mpanel_ready=true;var p=w.__mpanel_pending;w.__mpanel_pending=null;if(!p)return;if(p.press)p.press.click();else if(p.form.isConnected)p.form.requestSubmit(p.by&&p.by.isConnected?p.by:undefined)}})()";

/// Says that the program did not arrive or has broken off: the page can be read, and nothing on it can be pressed. A program that breaks off
/// says nothing itself: it is built without the words for it, to be small.
const SAY_UNLOADED: &str = concat!(
    "(function(){window.__mpanel_unloaded=function(){if(document.getElementById('unloaded'))return;var d=document.createElement('div'),a=document.createElement('a');\
d.id='unloaded';d.setAttribute('role','alert');d.className='",
    crate::tw!("fixed inset-x-0 bottom-0 z-top flex flex-wrap gap-x-3 px-pad py-3 border-t border-line-firm bg-raised text-1 text-13 shadow-pop"),
    "';d.textContent='This page didn\\'t finish loading. Its buttons won\\'t work.';\
a.href='';a.rel='external';a.textContent='Reload';d.append(a);document.body.append(d)};addEventListener('EVENT',window.__mpanel_unloaded);\
function broke(e){if(e instanceof WebAssembly.RuntimeError)window.__mpanel_unloaded()}\
addEventListener('error',function(e){broke(e.error)});addEventListener('unhandledrejection',function(e){broke(e.reason)})})()"
);

/// Does what fetches again, a second after it has failed, so many times: a browser breaks off what it fetches when the network under it changes.
/// Also the script that loads the parts calls it.
const AGAIN: &str = "window.__mpanel_again=function(go,more){return go().catch(function(e){if(!more)throw e;\
return new Promise(function(r){setTimeout(r,1000)}).then(function(){return window.__mpanel_again(go,more-1)})})}";

/// For the maker: the page loads again when the site is built anew, or the panel has started again.
const RELOAD: &str =
    "(function(){var seen;new EventSource('/dev/reload').onmessage=function(e){if(seen&&seen!==e.data)location.reload();seen=e.data}})()";

/// The whole document around the application. Scripts carry the nonce of the request (`leptos::nonce`). An `html_only` one runs no program; see
/// [`html_only`](crate::html_only). `reloads` is for the maker's loop.
pub fn document<V, F>(assets: &Assets, html_only: bool, reloads: bool, app: F) -> impl IntoView + use<V, F>
where
    F: FnOnce() -> V,
    V: IntoView + 'static,
{
    let find = |name: &str| assets.get(name).cloned();
    let (css, icon) = (find("mpanel.css"), find("favicon.svg"));
    let program = (!html_only).then(|| program(assets));
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <script nonce=use_nonce()>{crate::theme::EARLY}</script>
                {css.map(|css| view! { <link rel="stylesheet" href=css.path integrity=css.integrity/> })}
                {icon.map(|icon| view! { <link rel="icon" type="image/svg+xml" href=icon.path/> })}
                {program}
                {reloads.then(|| view! { <script nonce=use_nonce()>{RELOAD}</script> })}
                <MetaTags/>
            </head>
            <body>{app()}</body>
        </html>
    }
}

/// What starts the program, and what stands in for it until it runs.
fn program(assets: &Assets) -> AnyView {
    let find = |name: &str| assets.get(name).cloned();
    let (js, wasm) = (find("mpanel.js"), find("mpanel.wasm"));
    let start = match (&js, &wasm) {
        (Some(js), Some(wasm)) => format!(
            "window.__mpanel_again(function(){{var p=fetch({:?});p.catch(function(){{}});\
             return import({:?}).then(function(m){{return m.default({{module_or_path:p}}).then(function(){{return m}})}})}},2)\
             .then(function(m){{return m.hydrate()}}).then(window.__mpanel_start).catch(function(e){{console.error(e);window.__mpanel_unloaded()}})",
            wasm.path, js.path
        ),
        _ => String::new(),
    };
    view! {
        <script nonce=use_nonce()>{HOLD}</script>
        <script nonce=use_nonce()>{AGAIN}</script>
        <script nonce=use_nonce()>{SAY_UNLOADED.replace("EVENT", UNLOADED)}</script>
        {js.map(|js| view! { <link rel="modulepreload" href=js.path integrity=js.integrity nonce=use_nonce()/> })}
        <script type="module" nonce=use_nonce()>{start}</script>
    }
    .into_any()
}
