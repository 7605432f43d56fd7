//! What of a registered domain its customer changes: name servers, holder, lock, and the code by which it leaves.

use super::{
    holder::{HolderFields, lines},
    server_fns::{CancelDomainTransfer, RevealDomainCode, SetDomainHolder, SetDomainLock, SetDomainNameServers},
};
use app_kit::prelude::*;
use model::hosting::registrations::RegistrationView;

#[component]
pub(super) fn Servers(view: RegistrationView, slug: Option<String>) -> impl IntoView {
    let id = view.row.id;
    let is_own = !view.own_name_servers.is_empty() && view.name_servers == view.own_name_servers;
    let names = view.name_servers.join("\n");
    let list = if view.name_servers.is_empty() {
        view! { <p class="text-13 text-2">"No name servers set."</p> }.into_any()
    } else {
        view! { <ul class="text-13 font-mono grid gap-1">{view.name_servers.iter().map(|name| view! { <li>{name.clone()}</li> }).collect_view()}</ul> }.into_any()
    };
    let form = slug.map(|slug| {
        let own = (!view.own_name_servers.is_empty() && !is_own).then(|| {
            let ask = Ask::new("Use our name servers?", "Create the domain's DNS zone here first, so that its sites and email keep working.");
            let call = SetDomainNameServers { slug: slug.clone(), id, name_servers: String::new() };
            view! { <div class="mt-3"><ActionButton call label="Use our name servers" ask=ask.label("Use our name servers")/></div> }
        });
        view! {
            {own}
            <div class="mt-4"><Form action=SetDomainNameServers { slug, id, name_servers: names } refetch=true>
                <Textarea name="name_servers" label="Name servers" rows=3 help="Two or more, one per line."/>
                <div><Submit>"Save name servers"</Submit></div>
            </Form></div>
        }
    });
    view! { <Panel title="Name servers" note=if is_own { "Ours: the domain's DNS is managed here." } else { "" }>{list}{form}</Panel> }.into_any()
}

#[component]
pub(super) fn HolderPanel(view: RegistrationView, slug: Option<String>) -> impl IntoView {
    let id = view.row.id;
    let body = match slug {
        Some(slug) => view! {
            <Form action=SetDomainHolder { slug, id, holder: view.holder } refetch=true>
                <HolderFields prefix="holder"/>
                <div><Submit>"Save holder"</Submit></div>
            </Form>
        }
        .into_any(),
        None => lines(&view.holder).into_iter().map(|line| view! { <p class="text-13">{line}</p> }).collect_view().into_any(),
    };
    view! { <Panel title="Holder">{body}</Panel> }.into_any()
}

/// A transfer to us that is under way can be cancelled.
#[component]
pub(super) fn CancelTransfer(view: RegistrationView, slug: String) -> impl IntoView {
    let id = view.row.id;
    let is_cancelling = view.transfer.is_some_and(|transfer| transfer.is_cancelling);
    let action = (!is_cancelling).then(|| {
        let ask = Ask::new(
            "Cancel the transfer?",
            "The domain stays with its current registrar, and what you paid is refunded to your card or becomes account credit. If the transfer was approved meanwhile, the domain is yours and nothing is refunded.",
        );
        view! { <ActionButton call=CancelDomainTransfer { slug, id } label="Cancel transfer" ask=ask.label("Cancel transfer").dismiss("Keep transfer")/> }
    });
    let text = if is_cancelling {
        "The transfer is being cancelled. Reload this page to see the registry's answer."
    } else {
        "The transfer can be cancelled until the current registrar has approved it."
    };
    view! { <Panel title="Incoming transfer"><p class="text-13 text-2 mb-3">{text}</p>{action}</Panel> }.into_any()
}

/// The lock, and the code by which the domain can go to another registrar.
#[component]
pub(super) fn Leaving(view: RegistrationView, slug: Option<String>, code: Option<String>) -> impl IntoView {
    let (id, is_locked) = (view.row.id, view.is_locked);
    let shown = RwSignal::new(None::<String>);
    let lock = slug.map(|slug| {
        let label = if is_locked { "Turn lock off" } else { "Turn lock on" };
        view! { <ActionButton call=SetDomainLock { slug, id, is_locked: !is_locked } label/> }
    });
    let reveal = code.filter(|_| !is_locked).map(|slug| {
        let done = Callback::new(move |code: String| shown.set(Some(code)));
        let ask = Ask::new("Show an authorization code?", "Whoever has it can transfer the domain away. A new code is made; the former one ends.");
        view! { <ActionButton call=RevealDomainCode { slug, id } label="Show authorization code" ask=ask.label("Show code") on_done=done/> }
    });
    if lock.is_none() && reveal.is_none() {
        return ().into_any();
    }
    let text = if is_locked {
        "The domain is locked: it can't be transferred to another registrar. Turn the lock off to get its authorization code."
    } else {
        "The domain is not locked: whoever has its authorization code can transfer it."
    };
    view! {
        <Panel title="Transfer to another registrar">
            <p class="text-13 text-2 mb-3">{text}</p>
            <div class="flex flex-wrap gap-2">{lock}{reveal}</div>
            {move || shown.get().map(|code| view! { <div class="mt-3 max-w-[420px]"><Secret text=code label="authorization code"/></div> })}
        </Panel>
    }
    .into_any()
}
