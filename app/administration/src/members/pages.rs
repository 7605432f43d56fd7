//! Members of a customer account, their roles, and pending invitations.

use super::server_fns::{InviteMember, RemoveMember, RevokeInvitation, SetMemberRole, list_members};
use app_kit::prelude::*;
use leptos_router::hooks::use_params_map;
use model::{
    administration::{
        access::{InvitationRow, MemberRow, MembersView, ROLES, role_name},
        accounts::UserStatus,
    },
    ids::InvitationId,
};

/// `/t/:slug/members`
#[component]
pub fn MembersPage() -> impl IntoView {
    let params = use_params_map();
    let slug = move || params.read().get("slug").unwrap_or_default();
    let data = fetch(slug, list_members);
    let again = Callback::new(move |()| data.refetch());
    view! {
        <PageHead title="Members" note=|| "Manage who has access to this account."/>
        <Load data view=move |view: MembersView| view! { <Members view slug=params.read_untracked().get("slug").unwrap_or_default() again/> }/>
    }
    .into_any()
}

#[component]
fn Members(view: MembersView, slug: String, again: Callback<()>) -> impl IntoView {
    let (roles, invitations) = (view.roles.clone(), view.invitations.clone());
    let may_invite = !roles.is_empty();
    let rows = {
        let (slug, roles) = (slug.clone(), roles.clone());
        view.members.into_iter().map(move |row| view! { <Member row slug=slug.clone() roles=roles.clone() again/> }).collect_view()
    };
    let of = slug.clone();
    view! {
        <Grid>
            <Stack>
                <Panel title="Members" flush=true>
                    <Table label="Members" head=vec![(Column::Name, "Member"), (Column::State, "Status"), (Column::Text, "Role"), (Column::Number, "Last sign-in"), (Column::Actions, "")]>
                        {rows}
                    </Table>
                </Panel>
                <Invitations invitations slug=of may_revoke=may_invite again/>
            </Stack>
            <Stack>
                {may_invite.then(|| view! { <Invite slug roles again/> })}
                <Panel title="Roles">
                    <KeyValues>
                        {ROLES.iter().filter(|role| role.scope == "tenant").map(|role| view! { <KeyValue label=role.name>{role.description}</KeyValue> }).collect_view()}
                    </KeyValues>
                </Panel>
            </Stack>
        </Grid>
    }
}

/// Options for the roles that the viewer may assign.
fn options(roles: &[String]) -> Vec<(String, String)> {
    roles.iter().rev().map(|code| (code.clone(), role_name(code).to_owned())).collect()
}

#[component]
fn Member(row: MemberRow, slug: String, roles: Vec<String>, again: Callback<()>) -> impl IntoView {
    let remove = Call::<RemoveMember>::new();
    let (ask, open) = (RwSignal::new(false), RwSignal::new(false));
    let (state, word) = match row.status {
        UserStatus::Active => (State::Ok, "Active"),
        UserStatus::Invited => (State::Waiting, "Not activated"),
        UserStatus::Disabled => (State::Stopped, "Disabled"),
    };
    let values = vec![("slug".to_owned(), slug), ("user".to_owned(), row.id.to_string())];
    let (whom, held, title, offered, removed) =
        (row.email.clone(), row.role.clone(), format!("Remove {}?", row.email), options(&roles), values.clone());
    view! {
        <Tr>
            <Td column=Column::Name label="Member">
                <span class="min-w-0"><b class="block truncate font-mid">{row.email.clone()}</b><span class="text-12 text-3">{row.name.clone()}</span></span>
            </Td>
            <Td column=Column::State label="Status"><Badge state word/></Td>
            <Td label="Role">{role_name(&row.role).to_owned()}</Td>
            <Td column=Column::Number label="Last sign-in">{match row.last_login_at { Some(at) => view! { <Ago at/> }.into_any(), None => "Never".into_any() }}</Td>
            <Td column=Column::Actions>
                <span class="inline-flex gap-2">
                    {row.can_change.then(|| view! { <Button size=Size::Small on:click=move |_| open.set(true)>"Change role"</Button> })}
                    {row.can_remove.then(|| view! { <Button size=Size::Small kind=Kind::DangerOutline on:click=move |_| ask.set(true)>"Remove"</Button> })}
                </span>
                {row.can_change.then(|| view! { <ChangeRole open whom values options=offered role=held again/> })}
                {row.can_remove.then(|| view! {
                    <Confirm open=ask title deed="Remove member" action=remove values=removed on_done=again>
                        <p>"This person loses access to the account. Anything they created stays."</p>
                    </Confirm>
                })}
            </Td>
        </Tr>
    }
}

/// The dialog that changes a member's role.
#[component]
fn ChangeRole(
    open: RwSignal<bool>,
    whom: String,
    values: Vec<(String, String)>,
    options: Vec<(String, String)>,
    role: String,
    again: Callback<()>,
) -> impl IntoView {
    let change = Call::<SetMemberRole>::new();
    let done = Callback::new(move |()| {
        open.set(false);
        again.run(());
    });
    let inside = StoredValue::new((values, options, role));
    view! {
        <Dialog open title=format!("Change role for {whom}")>
            <Form action=change on_done=done class=tw!("contents")>
                <div class="grid gap-3 px-5 pt-3 pb-5 text-13 text-2">
                    {inside.with_value(|(values, options, role)| view! {
                        {values.iter().map(|(name, value)| view! { <Hidden name=name.clone() value=value.clone()/> }).collect_view()}
                        <Select name="role" label="Role" options=options.clone() value=role.clone()/>
                    })}
                </div>
                <div class="flex flex-wrap justify-end gap-2 px-5 py-3 border-t border-line phone:*:flex-auto">
                    <Button on:click=move |_| open.set(false)>"Cancel"</Button>
                    <Submit>"Change role"</Submit>
                </div>
            </Form>
        </Dialog>
    }
}

#[component]
fn Invite(slug: String, roles: Vec<String>, again: Callback<()>) -> impl IntoView {
    let action = Call::<InviteMember>::new();
    let toasts = use_toasts();
    let done = Callback::new(move |_: InvitationId| {
        toasts.show(State::Ok, "Invitation sent", "The link can be used once and expires in 7 days.");
        again.run(());
    });
    view! {
        <Panel title="Invite member" note="We'll email a single-use link.">
            <Form action on_done=done>
                <Hidden name="slug" value=slug/>
                <Input name="email" label="Email" kind="email" autocomplete="off"/>
                <Select name="role" label="Role" options=options(&roles)/>
                <div><Submit icon=Symbol::Mail>"Send invitation"</Submit></div>
            </Form>
        </Panel>
    }
}

#[component]
fn Invitations(invitations: Vec<InvitationRow>, slug: String, may_revoke: bool, again: Callback<()>) -> impl IntoView {
    if invitations.is_empty() {
        return ().into_any();
    }
    let rows = invitations.into_iter().map(move |row| view! { <Invitation row slug=slug.clone() may_revoke again/> }).collect_view();
    view! {
        <Panel title="Pending invitations" note="Not accepted yet." flush=true>
            <Table label="Invitations" head=vec![(Column::Name, "Address"), (Column::Text, "Role"), (Column::Extra, "Invited by"), (Column::Number, "Expires"), (Column::Actions, "")]>
                {rows}
            </Table>
        </Panel>
    }
    .into_any()
}

#[component]
fn Invitation(row: InvitationRow, slug: String, may_revoke: bool, again: Callback<()>) -> impl IntoView {
    let revoke = Call::<RevokeInvitation>::new();
    let done = Callback::new(move |()| again.run(()));
    let id = row.id.to_string();
    view! {
        <Tr>
            <Td column=Column::Name label="Address"><b class="font-mid truncate">{row.email.clone()}</b></Td>
            <Td label="Role">{role_name(&row.role).to_owned()}</Td>
            <Td column=Column::Extra label="Invited by">{row.invited_by.clone()}</Td>
            <Td column=Column::Number label="Expires"><At at=row.expires_at/></Td>
            <Td column=Column::Actions>
                {may_revoke.then(|| view! {
                    <Form action=revoke on_done=done class=tw!("block")>
                        <Hidden name="slug" value=slug.clone()/><Hidden name="invitation" value=id.clone()/>
                        <Submit kind=Kind::Secondary size=Size::Small>"Revoke"</Submit>
                    </Form>
                })}
            </Td>
        </Tr>
    }
}
