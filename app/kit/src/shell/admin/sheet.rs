//! The sheet of all sections, for phones and tablets.

use super::{CountBadge, Logo, NavSection};
use crate::{
    button::IconButton,
    dialog::{closed, follow},
    icon::{Icon, Symbol},
};
use leptos::{html, prelude::*};

/// All sections and items, from the left edge.
#[component]
pub(super) fn Sheet(open: RwSignal<bool>, sections: Signal<Vec<NavSection>>, path: Memo<String>) -> impl IntoView {
    let place = NodeRef::<html::Dialog>::new();
    follow(place, open);
    view! {
        <dialog node_ref=place on:close=move |_| closed(place, open) aria-label="All sections" class="fixed inset-y-0 left-0 right-auto m-0 w-80 max-w-[100vw] h-dvh max-h-none overflow-y-auto px-3 pt-3 pb-8 border-0 border-r border-line bg-raised text-1 text-14 shadow-top backdrop:bg-scrim opening">
            <div class="flex items-center justify-between mb-3">
                <span class="flex items-center gap-2 font-bold"><span class="text-brand"><Logo/></span>"mPanel"</span>
                <IconButton symbol=Symbol::X label="Close" on:click=move |_| open.set(false)/>
            </div>
            {move || {
                let path = path.get();
                sections.get().into_iter().map(|section| {
                    let here = section.item(&path).map(|item| item.href);
                    view! {
                        <section class="mb-2">
                            <h2 class="flex items-center gap-3 min-h-9 px-2 text-13 text-3 font-mid"><Icon symbol=section.symbol/>{section.word}</h2>
                            <ul>
                                {section.items.iter().map(|item| {
                                    let current = here == Some(item.href);
                                    let colour = if current { tw!("bg-brand-soft text-1 font-mid") } else { tw!("text-2 hover:bg-hover") };
                                    view! {
                                        <li><a href=item.href class=crate::classes([tw!("flex items-center justify-between min-h-11 pr-2 pl-9 rounded no-underline"), colour]) aria-current=current.then_some("page")>
                                            <span>{item.word}</span>
                                            {item.waits.map(|(state, count)| view! { <CountBadge state count/> })}
                                        </a></li>
                                    }
                                }).collect_view()}
                            </ul>
                        </section>
                    }
                }).collect_view()
            }}
        </dialog>
    }
    .into_any()
}
