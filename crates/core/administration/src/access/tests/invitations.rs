use super::{House, code, fields, house, recorded, roles, visitor};
use crate::{
    access::{INVITATION_LIFETIME, accept_as_new, change_role, invitation, invite, join, members, remove_member, revoke_invitation},
    accounts::SignedIn,
};
use db::Caller;
use engine::Error;
use model::{
    administration::access::InvitationWay,
    audit_action::AuditAction,
    error::ErrorCode,
    ids::InvitationId,
    permission::{AccountWrite, UsersDelete, UsersRead, UsersWrite},
};

const PASSWORD: &str = "correct horse battery";

impl House {
    async fn invites(&self, by: &Caller, email: &str, role: &str) -> Result<InvitationId, Error> {
        invite(&self.t.services, self.t.services.db.tenant::<UsersWrite>(by, self.tenant).await?, email, role).await
    }

    /// The token in the last mail.
    async fn token(&self) -> String {
        let body: String = sqlx::query_scalar("select body_text from outgoing_mail where template = 'invitation' order by id desc limit 1")
            .fetch_one(&mut self.t.db.owner().await)
            .await
            .unwrap();
        body.lines().find_map(|line| line.trim().strip_prefix("http://panel.example/join/")).expect("a link").to_owned()
    }

    async fn accept(&self, token: &str) -> Result<SignedIn, Error> {
        accept_as_new(&self.t.services, &visitor(), Some("browser"), token, " Lee ", PASSWORD).await
    }

    async fn joins(&self, who: &Caller, token: &str) -> Result<String, Error> {
        join(&self.t.services, self.t.services.db.own::<AccountWrite>(who).await?, token).await
    }

    async fn way(&self, who: &Caller, token: &str) -> Result<InvitationWay, Error> {
        Ok(invitation(&self.t.services, who, token).await?.way)
    }
}

#[tokio::test]
async fn somebody_new_is_invited_by_mail_chooses_a_password_and_is_a_member() {
    let h = house().await;
    h.invites(&h.admin, " Lee@Pier.example ", "TENANT_DEVELOPER").await.unwrap();
    let token = h.token().await;
    let shown = invitation(&h.t.services, &visitor(), &token).await.unwrap();
    assert_eq!((shown.tenant_name.as_str(), shown.email.as_str(), shown.role.as_str()), ("acme", "lee@pier.example", "TENANT_DEVELOPER"));
    assert_eq!((shown.invited_by.as_str(), shown.way), ("admin@acme.example", InvitationWay::New));
    assert_eq!(
        fields(accept_as_new(&h.t.services, &visitor(), None, &token, "a\nb", "short").await),
        ["name", "password"],
        "faults leave the invitation"
    );
    let signed = h.accept(&token).await.unwrap();
    assert_eq!((signed.viewer.email.as_str(), signed.viewer.name.as_str()), ("lee@pier.example", "Lee"));
    assert_eq!(signed.viewer.memberships[0].role, "TENANT_DEVELOPER");
    assert_eq!(code(h.accept(&token).await), ErrorCode::NotFound, "it works once");
    let recorded = (recorded(&h.t, AuditAction::TenantUserInvited).await, recorded(&h.t, AuditAction::TenantUserAdded).await);
    assert_eq!(recorded, (1, 1));
    let dump: String = sqlx::query_scalar("select string_agg(i::text, '') from invitations i").fetch_one(&mut h.t.db.owner().await).await.unwrap();
    assert!(!dump.contains(&token));
}

#[tokio::test]
async fn it_is_bound_to_the_address_that_was_invited() {
    let h = house().await;
    let lee = h.t.db.user("lee@pier.example", None).await;
    let eve = h.t.db.user("eve@evil.example", None).await;
    h.invites(&h.admin, "lee@pier.example", "TENANT_ADMIN").await.unwrap();
    let token = h.token().await;
    assert_eq!(h.way(&visitor(), &token).await.unwrap(), InvitationWay::SignIn);
    assert_eq!(h.way(&eve, &token).await.unwrap(), InvitationWay::Other);
    assert_eq!(code(h.joins(&eve, &token).await), ErrorCode::NotFound);
    assert_eq!(code(h.accept(&token).await), ErrorCode::Conflict, "an active login is not taken over by a link");
    assert_eq!(h.way(&lee, &token).await.unwrap(), InvitationWay::Join);
    assert_eq!(h.joins(&lee, &token).await.unwrap(), "acme");
    assert_eq!(code(h.joins(&lee, &token).await), ErrorCode::NotFound);
    assert!(roles(&h.t).await.contains(&("lee@pier.example".to_owned(), "TENANT_ADMIN".to_owned())));
    assert!(!roles(&h.t).await.iter().any(|(email, _)| email.starts_with("eve")));
}

#[tokio::test]
async fn of_two_who_accept_at_once_one_gets_in() {
    let h = house().await;
    h.invites(&h.admin, "lee@pier.example", "TENANT_USER").await.unwrap();
    let token = h.token().await;
    let (one, two) = tokio::join!(h.accept(&token), h.accept(&token));
    assert!(one.is_ok() != two.is_ok());
    assert_eq!(roles(&h.t).await.len(), 4);
}

#[tokio::test]
async fn it_ends_by_itself_when_taken_back_and_when_sent_anew() {
    let h = house().await;
    let first = h.invites(&h.admin, "lee@pier.example", "TENANT_USER").await.unwrap();
    let old = h.token().await;
    let second = h.invites(&h.owner, "lee@pier.example", "TENANT_BILLING").await.unwrap();
    let new = h.token().await;
    assert_eq!(code(h.way(&visitor(), &old).await), ErrorCode::NotFound);
    assert!(h.way(&visitor(), &new).await.is_ok());
    let revoke = async |id| revoke_invitation(&h.t.services, h.t.services.db.tenant::<UsersWrite>(&h.admin, h.tenant).await?, id).await;
    assert_eq!(code(revoke(first).await), ErrorCode::NotFound);
    revoke(second).await.unwrap();
    assert_eq!(code(h.accept(&new).await), ErrorCode::NotFound);
    h.invites(&h.admin, "lee@pier.example", "TENANT_USER").await.unwrap();
    let last = h.token().await;
    let open = members(&h.t.services, h.t.services.db.tenant::<UsersRead>(&h.owner, h.tenant).await.unwrap()).await.unwrap().invitations;
    assert_eq!(
        open.iter().map(|row| (row.email.as_str(), row.invited_by.as_str())).collect::<Vec<_>>(),
        [("lee@pier.example", "admin@acme.example")]
    );
    h.t.clock.advance(INVITATION_LIFETIME);
    assert_eq!(code(h.accept(&last).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn it_counts_while_who_sent_it_could_still_send_it() {
    let h = house().await;
    h.invites(&h.admin, "lee@pier.example", "TENANT_ADMIN").await.unwrap();
    let token = h.token().await;
    let set = async |role| {
        change_role(h.t.services.db.tenant::<UsersWrite>(&h.owner, h.tenant).await.unwrap(), h.admin.user_id().unwrap(), role).await.unwrap();
    };
    set("TENANT_DEVELOPER").await;
    assert_eq!(code(h.accept(&token).await), ErrorCode::NotFound);
    set("TENANT_ADMIN").await;
    assert!(h.way(&visitor(), &token).await.is_ok());
    let tx = h.t.services.db.tenant::<UsersDelete>(&h.owner, h.tenant).await.unwrap();
    remove_member(tx, h.admin.user_id().unwrap()).await.unwrap();
    assert_eq!(code(h.accept(&token).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn nobody_invites_above_the_own_role_and_an_account_does_not_mail_the_world() {
    let h = house().await;
    assert_eq!(code(h.invites(&h.admin, "lee@pier.example", "TENANT_OWNER").await), ErrorCode::Forbidden);
    assert_eq!(code(h.invites(&h.developer, "lee@pier.example", "TENANT_USER").await), ErrorCode::Forbidden);
    assert_eq!(fields(h.invites(&h.admin, "lee", "TENANT_USER").await), ["email"]);
    assert_eq!(fields(h.invites(&h.admin, "lee@pier.example", "SUPER_ADMIN").await), ["role"]);
    assert_eq!(fields(h.invites(&h.admin, "dev@acme.example", "TENANT_USER").await), ["email"]);
    h.invites(&h.owner, "lee@pier.example", "TENANT_OWNER").await.unwrap();
    for n in 1..50 {
        h.invites(&h.admin, &format!("user{n}@pier.example"), "TENANT_USER").await.unwrap();
    }
    assert_eq!(code(h.invites(&h.admin, "one-more@pier.example", "TENANT_USER").await), ErrorCode::TooMany);
}
