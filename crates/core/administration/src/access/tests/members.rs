use super::{House, code, fields, house, recorded, roles};
use crate::access::{change_role, leave, members, remove_member};
use db::{AccessError, Caller};
use engine::Error;
use model::{
    audit_action::AuditAction,
    error::ErrorCode,
    permission::{AccountManage, BillingRead, CloudpodsRead, UsersDelete, UsersRead, UsersWrite},
};

impl House {
    async fn set(&self, by: &Caller, whom: &Caller, role: &str) -> Result<(), Error> {
        change_role(self.t.services.db.tenant::<UsersWrite>(by, self.tenant).await?, whom.user_id().unwrap(), role).await
    }

    async fn remove(&self, by: &Caller, whom: &Caller) -> Result<(), Error> {
        remove_member(self.t.services.db.tenant::<UsersDelete>(by, self.tenant).await?, whom.user_id().unwrap()).await
    }

    async fn leaves(&self, who: &Caller) -> Result<(), Error> {
        let proof = self.t.services.db.own::<AccountManage>(who).await?;
        leave(&self.t.services, proof, self.tenant).await
    }
}

#[tokio::test]
async fn the_page_says_who_is_in_and_what_the_one_who_looks_may_do() {
    let h = house().await;
    let look = async |caller: &Caller| members(&h.t.services, h.t.services.db.tenant::<UsersRead>(caller, h.tenant).await?).await;
    let view = look(&h.owner).await.unwrap();
    assert_eq!(view.tenant_name, "acme");
    let shown: Vec<_> = view.members.iter().map(|row| (row.email.as_str(), row.can_change, row.can_remove)).collect();
    assert_eq!(shown, [("owner@acme.example", false, false), ("admin@acme.example", true, true), ("dev@acme.example", true, true)]);
    assert_eq!(view.roles, ["TENANT_OWNER", "TENANT_ADMIN", "TENANT_DEVELOPER", "TENANT_BILLING", "TENANT_USER"]);
    let view = look(&h.admin).await.unwrap();
    assert_eq!(view.roles, ["TENANT_ADMIN", "TENANT_DEVELOPER", "TENANT_BILLING", "TENANT_USER"]);
    assert!(!view.members[0].can_change && view.members[2].can_remove);
    assert!(matches!(look(&h.developer).await, Err(Error::Access(AccessError::Forbidden { .. }))));
}

#[tokio::test]
async fn nobody_gives_or_takes_a_role_above_the_own() {
    let h = house().await;
    assert_eq!(code(h.set(&h.admin, &h.developer, "TENANT_OWNER").await), ErrorCode::Forbidden);
    assert_eq!(code(h.set(&h.admin, &h.admin, "TENANT_OWNER").await), ErrorCode::Forbidden);
    assert_eq!(code(h.set(&h.admin, &h.owner, "TENANT_USER").await), ErrorCode::Forbidden);
    assert_eq!(code(h.remove(&h.admin, &h.owner).await), ErrorCode::Forbidden);
    assert_eq!(fields(h.set(&h.owner, &h.developer, "SUPER_ADMIN").await), ["role"]);
    assert_eq!(fields(h.set(&h.owner, &h.developer, "").await), ["role"]);
    h.set(&h.admin, &h.developer, "TENANT_BILLING").await.unwrap();
    h.set(&h.owner, &h.developer, "TENANT_OWNER").await.unwrap();
    assert_eq!(recorded(&h.t, AuditAction::TenantUserChanged).await, 2);
    let support = h.t.db.user("admin@platform.example", Some("PLATFORM_ADMIN")).await;
    assert_eq!(code(h.set(&support, &h.admin, "TENANT_OWNER").await), ErrorCode::Forbidden, "staff are no exception");
    let root = h.t.db.user("root@platform.example", Some("SUPER_ADMIN")).await;
    h.set(&root, &h.admin, "TENANT_OWNER").await.unwrap();
}

#[tokio::test]
async fn the_database_says_so_too_when_the_code_forgets_to_ask() {
    let h = house().await;
    let mut tx = h.t.services.db.tenant::<UsersWrite>(&h.admin, h.tenant).await.unwrap();
    let grab = sqlx::query("update tenant_users set role = 'TENANT_OWNER' where user_id = $1").bind(h.admin.user_id()).execute(tx.conn()).await;
    assert_eq!(grab.unwrap_err().as_database_error().unwrap().constraint(), Some("role_within"));
}

#[tokio::test]
async fn a_removed_member_loses_access_and_the_login_stays() {
    let h = house().await;
    h.t.services.db.tenant::<CloudpodsRead>(&h.developer, h.tenant).await.unwrap();
    h.remove(&h.admin, &h.developer).await.unwrap();
    assert!(matches!(h.t.services.db.tenant::<CloudpodsRead>(&h.developer, h.tenant).await, Err(AccessError::NotFound)));
    assert_eq!(code(h.remove(&h.admin, &h.developer).await), ErrorCode::NotFound);
    assert_eq!(recorded(&h.t, AuditAction::TenantUserRemoved).await, 1);
}

#[tokio::test]
async fn removing_asks_for_the_password_again() {
    let h = house().await;
    let Caller { actor, origin, .. } = h.admin.clone();
    let unproved = Caller::new(actor, origin);
    assert!(matches!(h.remove(&unproved, &h.developer).await, Err(Error::Access(AccessError::StepUp { .. }))));
    assert!(matches!(h.leaves(&unproved).await, Err(Error::Access(AccessError::StepUp { .. }))));
    assert_eq!(roles(&h.t).await.len(), 3);
}

#[tokio::test]
async fn an_account_keeps_an_owner() {
    let h = house().await;
    assert_eq!(code(h.leaves(&h.owner).await), ErrorCode::Conflict);
    assert_eq!(code(h.set(&h.owner, &h.owner, "TENANT_ADMIN").await), ErrorCode::Conflict);
    assert_eq!(code(h.remove(&h.owner, &h.owner).await), ErrorCode::Conflict);
    h.set(&h.owner, &h.admin, "TENANT_OWNER").await.unwrap();
    sqlx::query("update users set status = 'DISABLED' where email = 'admin@acme.example'").execute(&mut h.t.db.owner().await).await.unwrap();
    assert_eq!(code(h.leaves(&h.owner).await), ErrorCode::Conflict, "an owner who cannot sign in is none");
    sqlx::query("update users set status = 'ACTIVE'").execute(&mut h.t.db.owner().await).await.unwrap();
    h.leaves(&h.owner).await.unwrap();
    assert_eq!(roles(&h.t).await[0], ("admin@acme.example".to_owned(), "TENANT_OWNER".to_owned()));
}

#[tokio::test]
async fn of_two_owners_who_leave_at_the_same_moment_one_stays() {
    let h = house().await;
    h.set(&h.owner, &h.admin, "TENANT_OWNER").await.unwrap();
    for _ in 0..5 {
        let (one, two) = tokio::join!(h.leaves(&h.owner), h.set(&h.admin, &h.admin, "TENANT_USER"));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let owners = roles(&h.t).await.into_iter().filter(|(_, role)| role == "TENANT_OWNER").count();
        assert_eq!(owners, 1);
        let back = "insert into tenant_users (tenant_id, user_id, role) values ($1, $2, 'TENANT_OWNER')
                    on conflict (tenant_id, user_id) do update set role = 'TENANT_OWNER'";
        for caller in [&h.owner, &h.admin] {
            sqlx::query(back).bind(h.tenant).bind(caller.user_id()).execute(&mut h.t.db.owner().await).await.unwrap();
        }
    }
}

#[tokio::test]
async fn anybody_may_leave_and_nobody_is_a_member_of_what_was_never_theirs() {
    let h = house().await;
    h.leaves(&h.developer).await.unwrap();
    assert_eq!(code(h.leaves(&h.developer).await), ErrorCode::NotFound);
    assert_eq!(roles(&h.t).await.len(), 2);
}

#[tokio::test]
async fn a_member_of_two_accounts_sees_each_through_its_own_role() {
    let h = house().await;
    let db = &h.t.services.db;
    let other = h.t.db.tenant("pier").await;
    h.t.db.member(other, &h.developer, "TENANT_BILLING").await;
    assert!(db.tenant::<CloudpodsRead>(&h.developer, h.tenant).await.is_ok());
    assert!(matches!(db.tenant::<BillingRead>(&h.developer, h.tenant).await, Err(AccessError::Forbidden { .. })));
    assert!(db.tenant::<BillingRead>(&h.developer, other).await.is_ok());
    assert!(matches!(db.tenant::<CloudpodsRead>(&h.developer, other).await, Err(AccessError::Forbidden { .. })));
}
