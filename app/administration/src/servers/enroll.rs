//! Enrolling a server: a command to run there and a fingerprint to verify.

use super::server_fns::{EnrollServer, read_enrollment};
use app_kit::prelude::*;
use model::{administration::servers::EnrollmentView, ids::ServerId};

/// The two steps of enrollment.
#[component]
pub fn Enrollment(id: ServerId) -> impl IntoView {
    // The page around it: an enrolled server shows other things.
    let enrolled = use_refetch();
    view! {
        <Panel title="Enroll this server" note="Two steps. Afterwards mPanel can run only its agent, mpanel-node, on this server.">
            <Load data=fetch(|| (), move |()| read_enrollment(id)) view={move |view: Live<EnrollmentView>| view! { <EnrollmentSteps id view enrolled/> }}/>
        </Panel>
    }
}

#[component]
fn EnrollmentSteps(id: ServerId, view: Live<EnrollmentView>, enrolled: Callback<()>) -> impl IntoView {
    let again = use_refetch();
    let key = move |(fingerprint, problem): (Option<String>, Option<String>)| match fingerprint {
        Some(fingerprint) => view! {
            <p class="font-mono text-12 wrap-anywhere">{fingerprint.clone()}</p>
            <Form action=EnrollServer { id, fingerprint } on_done=enrolled class=tw!("block")><Submit>"Fingerprints match, enroll"</Submit></Form>
        }
        .into_any(),
        None => view! {
            <Banner notice=Notice::Failing boxed=true>{problem.unwrap_or_else(|| "The server is not responding.".to_owned())}</Banner>
            <div><Button icon=Symbol::Refresh on:click=move |_| again.run(())>"Retry"</Button></div>
        }
        .into_any(),
    };
    view! {
        <ol class="grid gap-5 text-13">
            <li class="grid gap-2">
                <b>"1. Run this command on the server as root"</b>
                <p class="text-2">"Authorizes this panel's SSH key for mpanel-node only and pins the agent's checksum. Safe to run more than once."</p>
                {view.show(|view| view.command.clone(), |text| view! { <Copyable text label="Copy command" whole=true/> })}
            </li>
            <li class="grid gap-2">
                <b>"2. Verify the host key"</b>
                <p class="text-2">"Run "<code class="font-mono">"ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"</code>" on the server. The fingerprint must match:"</p>
                {view.show(|view| (view.fingerprint.clone(), view.problem.clone()), key)}
            </li>
        </ol>
    }
}
