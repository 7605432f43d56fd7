//! Rail, items and breadcrumb of the admin shell.

use super::{CountBadge, Logo, NavSection, section_of};
use crate::{
    classes,
    icon::{Icon, Symbol},
    shell::CurrentPage,
};
use leptos::prelude::*;

const RAIL_ITEM: &str = tw!(
    "grid justify-items-center gap-1 w-full pt-2 pb-1.75 border-0 rounded text-11 leading-tight no-underline cursor-pointer transition-colors duration-fast"
);

/// The sections.
#[component]
pub(super) fn Rail(sections: Signal<Vec<NavSection>>, path: Memo<String>, sheet: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="bg-rail phone:hidden">
            <nav aria-label="Main navigation" class="sticky top-0 h-dvh flex flex-col px-2 py-3 text-rail-text z-top on-rail">
                <a href="/admin" aria-label="mPanel dashboard" class="grid place-items-center h-8 mb-4 rounded text-rail-strong"><Logo/></a>
                <ul class="grid gap-0.5">
                    {move || {
                        let path = path.get();
                        let sections = sections.get();
                        let here = section_of(&sections, &path).map(|section| section.word);
                        sections.into_iter().map(|section| {
                            let current = here == Some(section.word);
                            let colour = if current {
                                tw!("bg-rail-on text-rail-strong font-mid")
                            } else {
                                tw!("bg-transparent text-rail-text hover:bg-rail-hover hover:text-rail-strong")
                            };
                            let href = section.items.first().map_or("/admin", |item| item.href);
                            view! {
                                <li><a href=href class=classes([RAIL_ITEM, colour]) aria-current=current.then_some("true")>
                                    <Icon symbol=section.symbol/><span>{section.short}</span>
                                </a></li>
                            }
                        }).collect_view()
                    }}
                </ul>
                <button
                    type="button"
                    data-hold=""
                    class=classes([RAIL_ITEM, tw!("mt-auto hidden narrow:grid bg-transparent text-rail-text hover:bg-rail-hover hover:text-rail-strong")])
                    on:click=move |_| sheet.set(true)
                >
                    <Icon symbol=Symbol::Menu/><span>"All"</span>
                </button>
            </nav>
        </div>
    }
    .into_any()
}

/// The items of the section that is open.
#[component]
pub(super) fn SectionNav(sections: Signal<Vec<NavSection>>, path: Memo<String>) -> impl IntoView {
    let link = tw!("flex items-center justify-between gap-2 min-h-7.5 px-2 py-1 rounded no-underline");
    view! {
        <div class="bg-canvas border-r border-line narrow:hidden">
            <div class="sticky top-0 h-dvh overflow-y-auto px-2 pt-4 pb-4 text-13">
                {move || {
                    let path = path.get();
                    sections.with(|sections| section_of(sections, &path).cloned()).map(|section| {
                        let here = section.item(&path).map(|item| item.href);
                        view! {
                            <nav aria-label=format!("{} pages", section.word)>
                                <p class="px-2 pb-3 text-14 font-bold">{section.word}</p>
                                <ul class="grid gap-px">
                                    {section.items.iter().map(|item| {
                                        let current = here == Some(item.href);
                                        let colour = if current { tw!("bg-surface text-1 font-mid shadow-room") } else { tw!("text-2 hover:bg-press hover:text-1") };
                                        view! {
                                            <li><a href=item.href class=classes([link, colour]) aria-current=current.then_some("page")>
                                                <span>{item.word}</span>
                                                {item.waits.map(|(state, count)| view! { <CountBadge state count/> })}
                                            </a></li>
                                        }
                                    }).collect_view()}
                                </ul>
                            </nav>
                        }
                    })
                }}
            </div>
        </div>
    }
    .into_any()
}

/// Section, page, object. On a phone the last two.
#[component]
pub(super) fn TopCrumbs(sections: Signal<Vec<NavSection>>, path: Memo<String>, place: CurrentPage) -> impl IntoView {
    let mark = || view! { <Icon symbol=Symbol::Right class="size-3 mx-1.5 opacity-70"/> };
    view! {
        <nav aria-label="Breadcrumb" class="min-w-0 flex-1 text-13">
            <ol class="flex items-center text-3 phone:text-rail-text min-w-0">
                {move || {
                    let path = path.get();
                    sections.with(|sections| {
                        let section = section_of(sections, &path)?;
                        let item = section.item(&path)?;
                        let below = item.href != path;
                        Some((section.word, section.items.first().map(|item| item.href), item.word, item.href, below))
                    }).map(|(section, section_href, item, item_href, below)| view! {
                        <li class=if below { tw!("flex items-center phone:hidden") } else { tw!("flex items-center") }>
                            <a class="text-2 phone:text-rail-text no-underline hover:underline" href=section_href>{section}</a>{mark()}
                        </li>
                        <li class="flex items-center min-w-0">
                            {if below {
                                view! { <a class="text-2 phone:text-rail-text no-underline hover:underline whitespace-nowrap" href=item_href>{item}</a> }.into_any()
                            } else {
                                view! { <span class="text-1 phone:text-rail-strong font-mid truncate" aria-current="page">{item}</span> }.into_any()
                            }}
                        </li>
                        {below.then(|| view! {
                            <li class="min-w-0 flex items-center text-1 phone:text-rail-strong font-mid" aria-current="page">
                                {move || place.name.get().map(|name| view! { {mark()}<span class="truncate">{name}</span> })}
                            </li>
                        })}
                    })
                }}
            </ol>
        </nav>
    }
    .into_any()
}
