//! Bringing a server into service: one line to run there, one fingerprint to compare.

use super::server_fns::{EnrolServer, read_enrolment};
use app_kit::prelude::*;
use model::{administration::servers::EnrolmentView, ids::ServerId};

/// The two steps of enrolment.
#[component]
pub fn Enrolment(id: ServerId, #[prop(into)] on_done: Callback<()>) -> impl IntoView {
    let data = fetch(|| (), move |()| read_enrolment(id));
    view! {
        <Panel title="Bring it into service" note="Two steps. After that mPanel alone can start one program there, and nothing else.">
            <Load data view=move |view: EnrolmentView| view! { <EnrolSteps view on_done again=Callback::new(move |()| data.refetch())/> }/>
        </Panel>
    }
}

#[component]
fn EnrolSteps(view: EnrolmentView, on_done: Callback<()>, again: Callback<()>) -> impl IntoView {
    let action = Call::<EnrolServer>::new();
    let id = view.id;
    view! {
        <ol class="grid gap-5 text-13">
            <li class="grid gap-2">
                <b>"1. Run this line on the server, as root"</b>
                <p class="text-2">"It lets this panel's key in for one program only, and fixes that program's checksum. Running it twice does no harm."</p>
                <Copyable text=view.command.clone() label="Copy the line" whole=true/>
            </li>
            <li class="grid gap-2">
                <b>"2. Compare the host key"</b>
                <p class="text-2">"On the server, "<code class="font-mono">"ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"</code>" must print the same."</p>
                {match view.fingerprint.clone() {
                    Some(fingerprint) => view! {
                        <p class="font-mono text-12 wrap-anywhere">{fingerprint.clone()}</p>
                        <Form action on_done=move |()| on_done.run(()) class=tw!("block")>
                            <Hidden name="id" value=id.to_string()/>
                            <Hidden name="fingerprint" value=fingerprint/>
                            <Submit>"It is the same: enrol"</Submit>
                        </Form>
                    }
                    .into_any(),
                    None => view! {
                        <Banner notice=Notice::Failing boxed=true>{view.problem.clone().unwrap_or_else(|| "The server does not answer.".to_owned())}</Banner>
                        <div><Button icon=Symbol::Refresh on:click=move |_| again.run(())>"Look again"</Button></div>
                    }
                    .into_any(),
                }}
            </li>
        </ol>
    }
}
