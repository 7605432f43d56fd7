//! Your sessions.

use super::{
    pages::AccountTabs,
    server_fns::{EndOtherSessions, EndOwnSession, list_own_sessions},
};
use app_kit::prelude::*;
use model::administration::access::SessionRow;

/// `/account/sessions`
#[component]
pub fn OwnSessionsPage() -> impl IntoView {
    let data = fetch(|| (), |()| list_own_sessions());
    let again = Callback::new(move |()| data.refetch());
    view! {
        <PageHead title="Your profile"/>
        <AccountTabs here="/account/sessions"/>
        <Load data view={move |rows: Vec<SessionRow>| view! { <Sessions rows again/> }}/>
    }
    .into_any()
}

#[component]
fn Sessions(rows: Vec<SessionRow>, again: Callback<()>) -> impl IntoView {
    let end_others = Call::<EndOtherSessions>::new();
    let others = rows.iter().any(|row| !row.current);
    let done = Callback::new(move |_: u64| again.run(()));
    let aside = move || {
        others.then(|| {
            view! { <Form action=end_others on_done=done class=tw!("block")><Submit kind=Kind::Secondary size=Size::Small>"Sign out all other sessions"</Submit></Form> }
        })
    };
    view! {
        <Panel title="Sessions" note="Devices signed in to your account. Sign out any you don't recognize, then change your password." aside flush=true>
            <Table label="Sessions" head=vec![(Column::Name, "Device"), (Column::State, "Status"), (Column::Text, "Address"), (Column::Number, "Signed in"), (Column::Number, "Last seen"), (Column::Actions, "")]>
                {rows.into_iter().map(|row| view! { <Session row again/> }).collect_view()}
            </Table>
        </Panel>
    }
}

#[component]
fn Session(row: SessionRow, again: Callback<()>) -> impl IntoView {
    let end = Call::<EndOwnSession>::new();
    let done = Callback::new(move |()| again.run(()));
    let (id, current) = (row.id.to_string(), row.current);
    view! {
        <Tr>
            <Td column=Column::Name label="Device"><b class="font-mid">{row.device.clone()}</b></Td>
            <Td column=Column::State label="Status">{current.then(|| view! { <Badge state=State::Ok word="This device"/> })}</Td>
            <Td label="Address">{row.ip.clone().unwrap_or_else(|| "Unknown".to_owned())}</Td>
            <Td column=Column::Number label="Signed in"><At at=row.created_at/></Td>
            <Td column=Column::Number label="Last seen"><Ago at=row.last_seen_at/></Td>
            <Td column=Column::Actions>
                {(!current).then(|| view! {
                    <Form action=end on_done=done class=tw!("block")>
                        <Hidden name="session" value=id.clone()/>
                        <Submit kind=Kind::Secondary size=Size::Small>"Sign out"</Submit>
                    </Form>
                })}
            </Td>
        </Tr>
    }
}
