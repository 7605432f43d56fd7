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
    view! {
        <PageHead title="Your profile"/>
        <AccountTabs here="/account/sessions"/>
        <Load data=fetch(|| (), |()| list_own_sessions()) view={|rows: Live<Vec<SessionRow>>| view! { <Sessions rows/> }}/>
    }
    .into_any()
}

#[component]
fn Sessions(rows: Live<Vec<SessionRow>>) -> impl IntoView {
    let others = |rows: &Vec<SessionRow>| rows.iter().any(|row| !row.current);
    let aside = move || {
        rows.show(others, |others| {
            others.then(|| view! { <ActionButton call=EndOtherSessions {} label="Sign out all other sessions" size=Size::Small/> })
        })
    };
    let mut columns = session_columns(true);
    columns.push(Col::actions(
        |row: &SessionRow| (!row.current).then_some(row.id),
        |other| other.map(|session| view! { <ActionButton call=EndOwnSession { session } label="Sign out" size=Size::Small/> }),
    ));
    view! {
        <Panel title="Sessions" note="Devices signed in to your account. Sign out any you don't recognize, then change your password." aside flush=true>
            <Rows label="Sessions" columns key=|row| row.id.to_string() rows/>
        </Panel>
    }
}

/// What sessions show of themselves; `own` marks the one of this browser.
pub fn session_columns(own: bool) -> Vec<Col<SessionRow>> {
    type C = Col<SessionRow>;
    vec![
        C::title("Device", |row| (row.device.clone(), "")),
        C::of(Column::State, "Status", |row| row.current, |current| current.then(|| view! { <Badge state=State::Ok word="This device"/> })).when(own),
        C::text("Address", |row| row.ip.clone().unwrap_or_else(|| "Unknown".to_owned())),
        C::at("Signed in", |row| row.created_at),
        C::ago("Last seen", "Never", |row| Some(row.last_seen_at)),
    ]
}
