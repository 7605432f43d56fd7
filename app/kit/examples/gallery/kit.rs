//! Every component in every state, light beside dark, for the maker.

use crate::{charts, controls, data, feedback, flows, live, overlays};
use app_kit::tw;
use leptos::prelude::*;

/// The gallery.
#[component]
pub fn KitPage() -> impl IntoView {
    app_kit::toast::provide_toasts();
    app_kit::time::provide_clock();
    view! {
        <main id="main" class="px-pad py-8">
            <h1 class="text-24 font-bold mb-5">"mPanel kit"</h1>
            <Pair title="Buttons" view=|| view! { <controls::Buttons/> }/>
            <Pair title="Fields" view=|| view! { <controls::Fields/> }/>
            <Pair title="Choices" view=|| view! { <controls::Choices/> }/>
            <Pair title="States" view=|| view! { <data::States/> }/>
            <Pair title="Table" view=|| view! { <data::Pods/> }/>
            <Pair title="Facts, values, figures" view=|| view! { <data::Values/> }/>
            <Pair title="Resource usage" view=|| view! { <data::Meters/> }/>
            <Pair title="Steps and log" view=|| view! { <live::Job/> }/>
            <Pair title="Charts" view=|| view! { <charts::Charts/> }/>
            <Pair title="Drawer and menu" view=|| view! { <overlays::Overlays/> }/>
            <Pair title="Differences" view=|| view! { <overlays::Differences/> }/>
            <Pair title="Secret, search, day, money" view=|| view! { <controls::Further/> }/>
            <Pair title="Banners" view=|| view! { <feedback::Banners/> }/>
            <Pair title="Empty, error, loading, toast" view=|| view! { <feedback::States/> }/>
            <Pair title="Flow" view=|| view! { <flows::Order/> }/>
        </main>
    }
}

/// One part, light and dark.
#[component]
fn Pair<V>(title: &'static str, view: fn() -> V) -> impl IntoView
where
    V: IntoView + 'static,
{
    let side = tw!("grid gap-4 content-start p-5 bg-surface text-1 min-w-0");
    view! {
        <section class="mt-8">
            <h2 class="text-16 font-bold mb-3">{title}</h2>
            <div class="grid grid-cols-2 narrow:grid-cols-1 border border-line-firm rounded-lg overflow-hidden">
                <div data-theme="light" class=side>{view()}</div>
                <div data-theme="dark" class=side>{view()}</div>
            </div>
        </section>
    }
}
