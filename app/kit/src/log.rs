//! The live log of a job, and the box that every log stands in.

use crate::{
    classes,
    form::field::INPUT,
    icon::{Icon, Symbol},
    live::Link,
    time::clock_words,
};
use leptos::prelude::*;
use model::administration::provisioning::{EventLevel, EventView};

/// Lines of a log. It follows its end while it is scrolled to its end; no script scrolls it.
#[component]
pub fn LiveLog(
    /// The lines, oldest first.
    #[prop(into)]
    events: Signal<Vec<EventView>>,
    /// How the link is; nothing when the job has ended.
    #[prop(into, optional)]
    link: Signal<Option<Link>>,
    /// One line below, such as "Step 6 of 10 running for 19 s.".
    #[prop(into, optional)]
    status: Signal<String>,
) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let found = Memo::new(move |_| events.with(|events| matching(events, &wanted.get())));
    let count = move || (!wanted.get().is_empty()).then(|| format!("{} of {} lines", found.with(Vec::len), events.with(Vec::len)));
    view! {
        <section class="border border-line rounded-lg overflow-hidden bg-surface min-w-0">
            <div class="flex flex-wrap items-center gap-x-3 gap-y-1 min-h-11.5 px-panel py-1.5 border-b border-line">
                <h2 class="text-14 font-bold">"Live log"</h2>
                <LinkState link/>
                <div class="flex items-center gap-2 ml-auto phone:w-full">
                    <span class="text-12 text-3 num whitespace-nowrap" role="status">{count}</span>
                    <input
                        class=classes([INPUT, tw!("h-control-sm px-2.5 w-44 phone:w-full")])
                        type="search" aria-label="Find in the log" placeholder="Find in the log"
                        on:input=move |event| wanted.set(event_target_value(&event))
                    />
                </div>
            </div>
            <LogOutput>
                <For each=move || found.get() key=|event| event.id let:event>
                    <LogLine event/>
                </For>
                {move || (found.with(Vec::is_empty) && !events.with(Vec::is_empty)).then(|| view! { <li class="px-panel text-3">"No line matches."</li> })}
                {move || events.with(Vec::is_empty).then(|| view! { <li class="px-panel text-3">"No log output yet."</li> })}
            </LogOutput>
            <p class="empty:hidden px-panel py-2 border-t border-line text-12 text-2 num">{crate::shown(status)}</p>
        </section>
    }
    .into_any()
}

/// How a live link is, in a word; nothing where there is none.
#[component]
pub fn LinkState(
    /// The link.
    #[prop(into)]
    link: Signal<Option<Link>>,
) -> impl IntoView {
    let state = move || match link.get() {
        Some(Link::Up) => Some((Symbol::Down, "Live", tw!("text-working-text"))),
        Some(Link::Connecting) => Some((Symbol::Clock, "Connecting", tw!("text-3"))),
        Some(Link::Lost { .. }) => Some((Symbol::Alert, "Disconnected. Reconnecting…", tw!("text-warning-text"))),
        Some(Link::Refused) => Some((Symbol::Alert, "Live updates unavailable. Reload the page", tw!("text-warning-text"))),
        None => None,
    };
    move || {
        state().map(|(symbol, word, colour)| {
            view! { <span class=classes([tw!("inline-flex items-center gap-1 text-12"), colour])><Icon symbol class="size-3.25"/>{word}</span> }
        })
    }
}

/// The box that a log stands in, a list item for each line. It follows its end while it is scrolled to its end; no script scrolls it.
#[component]
pub fn LogOutput(
    /// Its lines, the oldest first.
    children: Children,
) -> impl IntoView {
    view! {
        <div role="log" aria-live="off" aria-label="Log output" tabindex="0" class="log flex flex-col-reverse h-90 phone:h-75 overflow-auto bg-well py-2 font-mono text-12 leading-5 focus-visible:outline-in-2">
            <ol class="mb-auto">{children()}</ol>
        </div>
    }
    .into_any()
}

/// The lines that hold the text, whatever its case; all of them while nothing is looked for.
fn matching(events: &[EventView], wanted: &str) -> Vec<EventView> {
    let wanted = wanted.trim().to_lowercase();
    events.iter().filter(|event| event.message.to_lowercase().contains(&wanted)).cloned().collect()
}

#[component]
fn LogLine(event: EventView) -> impl IntoView {
    let (word, row, text) = match event.level {
        EventLevel::Step => ("step", "", tw!("text-1 font-bold")),
        EventLevel::Info => ("info", "", tw!("text-1")),
        EventLevel::Warn => ("warn", tw!("bg-warning-soft"), tw!("text-warning-text")),
        EventLevel::Error => ("error", tw!("bg-failing-soft"), tw!("text-failing-text")),
    };
    let level = match event.level {
        EventLevel::Step => tw!("text-1"),
        EventLevel::Info => tw!("text-3"),
        _ => text,
    };
    let clock = clock_words(event.at);
    let millis = format!(".{:03}", event.at.timestamp_subsec_millis());
    view! {
        <li class=classes([tw!("grid grid-cols-[104px_46px_minmax(0,1fr)] phone:grid-cols-[68px_minmax(0,1fr)] px-panel hover:bg-hover"), row])>
            <time class="text-3 num" datetime=event.at.to_rfc3339()>{clock}<span class="phone:hidden">{millis}</span></time>
            <span class=classes([tw!("phone:sr-only"), level])>{word}</span>
            <span class=classes([tw!("whitespace-pre-wrap wrap-anywhere"), text])>{event.message}</span>
        </li>
    }
    .into_any()
}
