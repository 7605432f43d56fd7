//! Members of a customer account, their roles, and pending invitations.

use super::server_fns::{InviteMember, RemoveMember, RevokeInvitation, SetMemberRole, list_members};
use crate::users::parts::status_label;
use app_kit::prelude::*;
use model::{
    administration::access::{InvitationRow, MemberRow, MembersView, ROLES, role_name},
    ids::{InvitationId, UserId},
};

/// `/t/:slug/members`
#[component]
pub fn MembersPage() -> impl IntoView {
    let Scope::Tenant(slug) = use_scope() else { return ().into_any() };
    let data = fetch_one("slug", "Account not found.", list_members);
    view! {
        <PageHead title="Members" note=|| "Manage who has access to this account."/>
        <Load data view={move |view: Live<MembersView>| view! { <Members view slug=slug.clone()/> }}/>
    }
    .into_any()
}

#[component]
fn Members(view: Live<MembersView>, slug: String) -> impl IntoView {
    let (invited, invites) = (slug.clone(), slug.clone());
    let invite = move |roles: Vec<String>| (!roles.is_empty()).then(|| view! { <Invite slug=invites.clone() roles/> });
    let invitations = move |none: bool| (!none).then(|| view! { <Invitations view slug=invited.clone()/> });
    view! {
        <Grid>
            <Stack>
                <Panel title="Members" flush=true><MemberRows view slug/></Panel>
                {view.show(|view| view.invitations.is_empty(), invitations)}
            </Stack>
            <Stack>
                {view.show(|view| view.roles.clone(), invite)}
                <Panel title="Roles">
                    <KeyValues>
                        {ROLES.iter().filter(|role| role.scope == "tenant").map(|role| view! { <KeyValue label=role.name>{role.description}</KeyValue> }).collect_view()}
                    </KeyValues>
                </Panel>
            </Stack>
        </Grid>
    }
}

/// Options for the roles that the viewer may assign, the least powerful first.
fn options(roles: &[String]) -> Vec<(String, String)> {
    roles.iter().rev().map(|code| (code.clone(), role_name(code).to_owned())).collect()
}

#[component]
fn MemberRows(view: Live<MembersView>, slug: String) -> impl IntoView {
    type C = Col<(MemberRow, Vec<String>)>;
    let columns = vec![
        C::title("Member", |(row, _)| (row.email.clone(), row.name.clone())),
        C::state("Status", |(row, _)| status_label(row.status)),
        C::text("Role", |(row, _)| role_name(&row.role).to_owned()),
        C::ago("Last sign-in", "Never", |(row, _)| row.last_login_at),
        C::actions(
            |(row, roles)| {
                let roles = row.can_change.then(|| roles.clone());
                (row.id, row.email.clone(), row.role.clone(), roles, row.can_remove)
            },
            move |(user, email, role, roles, can_remove)| {
                let ask = Ask::new(format!("Remove {email}?"), "This person loses access to the account. Anything they created stays.");
                let (change, remove) = (slug.clone(), slug.clone());
                view! {
                    <span class="inline-flex gap-2">
                        {roles.map(|roles| view! { <ChangeRole slug=change user email role roles/> })}
                        {can_remove.then(|| view! {
                            <ActionButton call=RemoveMember { slug: remove, user } label="Remove" kind=Kind::DangerOutline size=Size::Small ask=ask.label("Remove member")/>
                        })}
                    </span>
                }
            },
        ),
    ];
    let rows = view.map(|view| view.members.iter().map(|row| (row.clone(), view.roles.clone())).collect());
    view! { <Rows label="Members" columns key=|(row, _)| row.id.to_string() rows/> }
}

/// The button that changes a member's role, and its dialog.
#[component]
fn ChangeRole(slug: String, user: UserId, email: String, role: String, roles: Vec<String>) -> impl IntoView {
    let open = RwSignal::new(false);
    let done = Callback::new(move |()| open.set(false));
    let change = StoredValue::new((SetMemberRole { slug, user, role }, options(&roles)));
    view! {
        <Button size=Size::Small on:click=move |_| open.set(true)>"Change role"</Button>
        <Dialog open title=format!("Change role for {email}")>
            {change.with_value(|(change, options)| {
                let options = options.clone();
                view! {
                    <Form action=change.clone() on_done=done refetch=true class=tw!("contents")>
                        <DialogBody open submit=|| view! { <Submit>"Change role"</Submit> }>
                            <Select name="role" label="Role" options/>
                        </DialogBody>
                    </Form>
                }
            })}
        </Dialog>
    }
}

#[component]
fn Invite(slug: String, roles: Vec<String>) -> impl IntoView {
    let toasts = use_toasts();
    let done = Callback::new(move |_: InvitationId| toasts.show(State::Ok, "Invitation sent", "The link can be used once and expires in 7 days."));
    let least = roles.last().cloned().unwrap_or_default();
    view! {
        <Panel title="Invite member" note="We'll email a single-use link.">
            <Form action=InviteMember { slug, email: String::new(), role: least } on_done=done refetch=true reset=true>
                <Input name="email" label="Email" kind="email" autocomplete="off"/>
                <Select name="role" label="Role" options=options(&roles)/>
                <div><Submit icon=Symbol::Mail>"Send invitation"</Submit></div>
            </Form>
        </Panel>
    }
}

#[component]
fn Invitations(view: Live<MembersView>, slug: String) -> impl IntoView {
    type C = Col<(InvitationRow, bool)>;
    let columns = vec![
        C::title("Address", |(row, _)| (row.email.clone(), "")),
        C::text("Role", |(row, _)| role_name(&row.role).to_owned()),
        C::extra("Invited by", |(row, _)| row.invited_by.clone()),
        C::at("Expires", |(row, _)| row.expires_at),
        C::actions(
            |(row, may_revoke)| may_revoke.then_some(row.id),
            move |invitation| {
                invitation.map(|invitation| {
                    view! { <ActionButton call=RevokeInvitation { slug: slug.clone(), invitation } label="Revoke" size=Size::Small/> }
                })
            },
        ),
    ];
    let rows = view.map(|view| view.invitations.iter().map(|row| (row.clone(), !view.roles.is_empty())).collect());
    view! {
        <Panel title="Pending invitations" note="Not accepted yet." flush=true>
            <Rows label="Invitations" columns key=|(row, _)| row.id.to_string() rows/>
        </Panel>
    }
}
