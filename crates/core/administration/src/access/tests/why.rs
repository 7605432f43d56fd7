use super::{House, fields, house, recorded};
use crate::access::{note_refusal, why};
use db::Caller;
use model::{
    administration::access::{AccessExplanation, ROLES},
    audit_action::AuditAction,
    permission::{UsersRead, all},
};

impl House {
    async fn asks(&self, staff: &Caller, whom: &Caller, permission: &str, place: &str) -> Result<AccessExplanation, engine::Error> {
        let tx = self.t.services.db.platform::<UsersRead>(staff).await?;
        why(&self.t.services, tx, whom.user_id().unwrap(), permission, place).await
    }
}

#[tokio::test]
async fn the_answer_names_the_role_or_what_is_missing() {
    let h = house().await;
    let root = h.t.db.user("root@panel.example", Some("SUPER_ADMIN")).await;
    let support = h.t.db.user("sam@panel.example", Some("PLATFORM_SUPPORT")).await;
    h.t.db.tenant("pier").await;
    for (whom, permission, place, allowed, words) in [
        (&h.developer, "cloudpods:read", "acme", true, "Yes: dev@acme.example is Developer of acme; this role has cloudpods:read."),
        (
            &h.developer,
            "billing:read",
            "acme",
            false,
            "No: dev@acme.example is Developer of acme; this role does not have billing:read. Roles that do: Owner, Admin, Billing.",
        ),
        (&h.developer, "cloudpods:read", "pier", false, "No: dev@acme.example is not a member of pier and has no platform role."),
        (&h.developer, "dashboard:read", "", false, "No: dev@acme.example has no platform role."),
        (
            &h.owner,
            "users:delete",
            "acme",
            true,
            "Yes: owner@acme.example is Owner of acme; this role has users:delete. Requires password confirmation.",
        ),
        (&support, "cloudpods:read", "acme", true, "Yes: sam@panel.example is Support on the platform; this role has cloudpods:read everywhere."),
        (
            &support,
            "servers:manage",
            "",
            false,
            "No: sam@panel.example is Support of the platform; this role does not have servers:manage. Roles that do: Super admin, Platform admin.",
        ),
    ] {
        let answer = h.asks(&root, whom, permission, place).await.unwrap();
        assert_eq!((answer.allowed, answer.words.as_str()), (allowed, words));
    }
    sqlx::query("insert into security_policies values ('STAFF_SECOND_STEP', true, now())").execute(&mut h.t.db.owner().await).await.unwrap();
    sqlx::query("insert into totp_secrets (user_id, sealed, created_at, confirmed_at) values ($1, '', now(), now())")
        .bind(root.user_id())
        .execute(&mut h.t.db.owner().await)
        .await
        .unwrap();
    let answer = h.asks(&root, &support, "cloudpods:read", "acme").await.unwrap();
    assert_eq!(answer.words, "No: sam@panel.example is Support on the platform but has to set up 2FA first.");
    sqlx::query("update users set status = 'DISABLED' where email = 'dev@acme.example'").execute(&mut h.t.db.owner().await).await.unwrap();
    let answer = h.asks(&root, &h.developer, "cloudpods:read", "acme").await.unwrap();
    assert_eq!(answer.words, "No: the user dev@acme.example can't sign in; its status is disabled.");
    assert_eq!(fields(h.asks(&root, &h.owner, "cloudpods:fly", "acme").await), ["permission"]);
    assert_eq!(fields(h.asks(&root, &h.owner, "cloudpods:read", "nobody").await), ["place"]);
}

#[tokio::test]
async fn a_refusal_is_written_down_once_in_a_while_and_not_a_thousand_times() {
    let h = house().await;
    for _ in 0..5 {
        note_refusal(&h.t.services, &h.developer, "billing:read", "acme").await.unwrap();
    }
    assert_eq!(recorded(&h.t, AuditAction::AccessRefused).await, 1);
    note_refusal(&h.t.services, &h.developer, "users:read", "acme").await.unwrap();
    note_refusal(&h.t.services, &h.admin, "billing:read", "acme").await.unwrap();
    assert_eq!(recorded(&h.t, AuditAction::AccessRefused).await, 3);
    h.t.clock.advance(chrono::Duration::minutes(11));
    note_refusal(&h.t.services, &h.developer, "billing:read", "acme").await.unwrap();
    assert_eq!(recorded(&h.t, AuditAction::AccessRefused).await, 4);
}

#[test]
fn every_role_of_the_list_is_known_and_holds_something_and_no_other_role_holds_anything() {
    for role in ROLES {
        assert!(all().any(|entry| entry.roles.contains(&role.code)), "{} holds nothing", role.code);
    }
    for entry in all() {
        for role in entry.roles {
            assert!(ROLES.iter().any(|known| known.code == *role), "{role} of {} is no role", entry.name);
        }
    }
}
