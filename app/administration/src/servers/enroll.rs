//! Enrolling a server: a command to run there and a fingerprint to verify.

use super::server_fns::{EnrollServer, read_enrollment};
use app_kit::prelude::*;
use model::{administration::servers::EnrollmentView, ids::ServerId};

/// The two steps of enrollment.
#[component]
pub fn Enrollment(id: ServerId) -> impl IntoView {
    // The page around it: an enrolled server shows other things.
    let on_done = use_refetch();
    let data = fetch(|| (), move |()| read_enrollment(id));
    view! {
        <Panel title="Enroll this server" note="Two steps. Afterwards mPanel can run only its agent, mpanel-node, on this server.">
            <Load data view=move |view: EnrollmentView| view! { <EnrollmentSteps view on_done again=Callback::new(move |()| data.refetch())/> }/>
        </Panel>
    }
}

#[component]
fn EnrollmentSteps(view: EnrollmentView, on_done: Callback<()>, again: Callback<()>) -> impl IntoView {
    let action = Call::<EnrollServer>::new();
    let id = view.id;
    view! {
        <ol class="grid gap-5 text-13">
            <li class="grid gap-2">
                <b>"1. Run this command on the server as root"</b>
                <p class="text-2">"Authorizes this panel's SSH key for mpanel-node only and pins the agent's checksum. Safe to run more than once."</p>
                <Copyable text=view.command.clone() label="Copy command" whole=true/>
            </li>
            <li class="grid gap-2">
                <b>"2. Verify the host key"</b>
                <p class="text-2">"Run "<code class="font-mono">"ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"</code>" on the server. The fingerprint must match:"</p>
                {match view.fingerprint.clone() {
                    Some(fingerprint) => view! {
                        <p class="font-mono text-12 wrap-anywhere">{fingerprint.clone()}</p>
                        <Form action on_done=move |()| on_done.run(()) class=tw!("block")>
                            <Hidden name="id" value=id.to_string()/>
                            <Hidden name="fingerprint" value=fingerprint/>
                            <Submit>"Fingerprints match, enroll"</Submit>
                        </Form>
                    }
                    .into_any(),
                    None => view! {
                        <Banner notice=Notice::Failing boxed=true>{view.problem.clone().unwrap_or_else(|| "The server is not responding.".to_owned())}</Banner>
                        <div><Button icon=Symbol::Refresh on:click=move |_| again.run(())>"Retry"</Button></div>
                    }
                    .into_any(),
                }}
            </li>
        </ol>
    }
}
