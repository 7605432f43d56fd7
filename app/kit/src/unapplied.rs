//! Changes that a page has collected and nobody has applied yet.

use crate::{button::Button, panel::Panel};
use leptos::prelude::*;
use model::counted;

/// The collected changes, with what discards and what applies them; nothing while there is none. On a phone its buttons stay at the lower edge of the
/// window.
#[component]
pub fn Unapplied(
    /// How many there are.
    #[prop(into)]
    count: Signal<usize>,
    /// What holds until they are applied.
    #[prop(into)]
    note: String,
    /// Forgets them.
    #[prop(into)]
    discard: Callback<()>,
    /// What applying them would do, if that is shown, and the button that does it. Made once, when there is the first change.
    #[prop(into)]
    parts: Callback<(), (AnyView, AnyView)>,
) -> impl IntoView {
    let is_any = Memo::new(move |_| count.get() > 0);
    let words = move || counted(count.get(), "unapplied change");
    move || {
        is_any.get().then(|| {
            let (plan, apply) = untrack(|| parts.run(()));
            view! {
                <Panel title=Signal::derive(words) note=note.clone()>
                    <div class="grid gap-3">
                        {plan}
                        <div class="action-bar flex flex-wrap items-center gap-2">
                            <p class="hidden phone:block flex-1 min-w-0 text-13 font-bold">{words}</p>
                            <Button on:click=move |_| discard.run(())>"Discard"</Button>
                            {apply}
                        </div>
                    </div>
                </Panel>
            }
            .into_any()
        })
    }
}
