//! Toasts: only for what the page does not show already.

use crate::{
    button::IconButton,
    classes,
    icon::{Icon, Symbol},
    state::State,
};
use leptos::prelude::*;
use std::time::Duration;

#[derive(Clone)]
struct Toast {
    id: usize,
    state: State,
    title: String,
    text: String,
}

/// The way to show a toast; see [`use_toasts`].
#[derive(Clone, Copy)]
pub struct Toasts(RwSignal<Vec<Toast>>, RwSignal<usize>);

impl Toasts {
    /// Shows a toast. It goes by itself after eight seconds, except when something fails.
    pub fn show(self, state: State, title: impl Into<String>, text: impl Into<String>) {
        let id = self.1.get_untracked();
        self.1.set(id + 1);
        let toast = Toast { id, state, title: title.into(), text: text.into() };
        self.0.update(|toasts| toasts.push(toast));
        if state != State::Failing {
            set_timeout(move || self.drop(id), Duration::from_secs(8));
        }
    }

    fn drop(self, id: usize) {
        self.0.update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}

/// The toasts of this page. The shell provides them; call it while the component is made, not in an event.
pub fn use_toasts() -> Toasts {
    use_context().unwrap_or_else(|| Toasts(RwSignal::new(Vec::new()), RwSignal::new(0)))
}

/// Makes [`use_toasts`] work below this place.
pub fn provide_toasts() {
    provide_context(Toasts(RwSignal::new(Vec::new()), RwSignal::new(0)));
}

/// The place where toasts stand.
#[component]
pub(crate) fn Toaster() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div role="status" class="fixed right-4 bottom-4 z-toast grid gap-2 w-90 max-w-[calc(100vw-32px)] empty:hidden">
            {move || {
                let body = |Toast { id, state, title, text }| view! { <ToastBody state title text close=Callback::new(move |()| toasts.drop(id))/> };
                toasts.0.get().into_iter().map(body).collect_view()
            }}
        </div>
    }
    .into_any()
}

/// One toast.
#[component]
pub fn ToastBody(
    /// How it ended.
    state: State,
    /// What.
    title: String,
    /// More of it.
    text: String,
    /// Called by its button.
    close: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="flex items-start gap-3 py-2.75 pl-3 pr-2 border border-line-firm rounded-lg bg-raised shadow-pop text-13">
            <Icon symbol=state.symbol() class=classes([tw!("mt-0.5"), state.mark()])/>
            <div class="flex-1 min-w-0">
                <b>{title}</b>
                {(!text.is_empty()).then(|| view! { <p class="text-2">{text}</p> })}
            </div>
            <IconButton symbol=Symbol::X label="Close" on:click=move |_| close.run(())/>
        </div>
    }
    .into_any()
}
