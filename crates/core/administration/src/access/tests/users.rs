use super::{api, code, fields, recorded};
use crate::{
    access::{
        disable_user, enable_user, end_user_session, end_user_sessions, invite_staff, list_users, remove_user_second_step, set_platform_role, user,
    },
    accounts::{activate, viewer},
};
use db::Caller;
use engine::{Error, testing::TestServices};
use model::{
    actor::Origin,
    audit_action::AuditAction,
    error::ErrorCode,
    ids::SessionId,
    page::PageRequest,
    permission::{DashboardRead, UsersAdmin, UsersManage, UsersRead},
};
use uuid::Uuid;

struct Staff {
    t: TestServices,
    root: Caller,
    admin: Caller,
    kim: Caller,
}

async fn staff() -> Staff {
    let t = TestServices::new().await;
    let (root, admin) = (t.db.user("root@panel.example", Some("SUPER_ADMIN")).await, t.db.user("admin@panel.example", Some("PLATFORM_ADMIN")).await);
    let kim = t.db.user("kim@acme.example", None).await;
    t.db.member(t.db.tenant("acme").await, &kim, "TENANT_OWNER").await;
    Staff { root, admin, kim, t }
}

impl Staff {
    async fn manage<T>(&self, by: &Caller, deed: impl AsyncFnOnce(db::PlatformTx<UsersManage>) -> Result<T, Error>) -> Result<T, Error> {
        deed(self.t.services.db.platform::<UsersManage>(by).await?).await
    }

    async fn role(&self, by: &Caller, whom: &Caller, role: &str) -> Result<(), Error> {
        set_platform_role(self.t.services.db.platform::<UsersAdmin>(by).await?, whom.user_id().unwrap(), role).await
    }

    /// A session of this login, made past the access checks.
    async fn session(&self, whom: &Caller) -> SessionId {
        let id = SessionId(Uuid::now_v7());
        sqlx::query(
            "insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at) values ($1, $2, $3, $4, $4, $4 + interval '1 day')",
        )
        .bind(id)
        .bind(engine::secrets::token_hash(&id.to_string()))
        .bind(whom.user_id())
        .bind(self.t.services.now())
        .execute(&mut self.t.db.owner().await)
        .await
        .unwrap();
        id
    }

    async fn lives(&self, session: SessionId) -> bool {
        viewer(&self.t.services, Origin::default(), &session.to_string()).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn logins_are_listed_filtered_and_found() {
    let s = staff().await;
    let list = async |state: Option<&str>, search: Option<&str>| {
        let mut tx = s.t.services.db.platform::<UsersRead>(&s.admin).await.unwrap();
        let request = PageRequest { cursor: None, state: state.map(str::to_owned), search: search.map(str::to_owned) };
        list_users(&mut tx, &request).await.map(|page| page.rows.into_iter().map(|row| row.email).collect::<Vec<_>>())
    };
    assert_eq!(list(None, None).await.unwrap(), ["kim@acme.example", "admin@panel.example", "root@panel.example"]);
    assert_eq!(list(Some("STAFF"), None).await.unwrap(), ["admin@panel.example", "root@panel.example"]);
    assert_eq!(list(Some("DISABLED"), None).await.unwrap(), [""; 0]);
    assert_eq!(list(None, Some(" KIM@")).await.unwrap(), ["kim@acme.example"]);
    assert_eq!(fields(list(Some("ODD"), None).await), ["state"]);
}

#[tokio::test]
async fn a_logins_page_shows_accounts_sessions_and_what_may_be_done() {
    let s = staff().await;
    let session = s.session(&s.kim).await;
    let look = async |by: &Caller, whom: &Caller| {
        user(&s.t.services, s.t.services.db.platform::<UsersRead>(by).await.unwrap(), whom.user_id().unwrap()).await.unwrap()
    };
    let view = look(&s.admin, &s.kim).await;
    assert_eq!((view.memberships[0].slug.as_str(), view.memberships[0].role.as_str()), ("acme", "TENANT_OWNER"));
    assert_eq!(view.sessions.iter().map(|row| row.id).collect::<Vec<_>>(), [session]);
    assert!(view.can_manage && view.roles.is_empty(), "a platform admin gives no roles");
    assert!(!look(&s.admin, &s.root).await.can_manage, "the super admin is above");
    assert!(!look(&s.root, &s.root).await.can_manage, "the own login has its own page");
    assert_eq!(look(&s.root, &s.admin).await.roles, ["SUPER_ADMIN", "PLATFORM_ADMIN", "PLATFORM_SUPPORT", "PLATFORM_BILLING"]);
}

#[tokio::test]
async fn staff_end_other_peoples_sessions_but_not_those_of_who_is_above() {
    let s = staff().await;
    let (one, two, roots) = (s.session(&s.kim).await, s.session(&s.kim).await, s.session(&s.root).await);
    let (kim, root) = (s.kim.user_id().unwrap(), s.root.user_id().unwrap());
    s.manage(&s.admin, async |tx| end_user_session(tx, kim, one).await).await.unwrap();
    assert!(!s.lives(one).await && s.lives(two).await);
    assert_eq!(code(s.manage(&s.admin, async |tx| end_user_session(tx, kim, roots).await).await), ErrorCode::NotFound);
    assert_eq!(code(s.manage(&s.admin, async |tx| end_user_sessions(tx, root).await).await), ErrorCode::Forbidden);
    assert_eq!(s.manage(&s.admin, async |tx| end_user_sessions(tx, kim).await).await.unwrap(), 1);
    assert!(!s.lives(two).await && s.lives(roots).await);
    assert_eq!((recorded(&s.t, AuditAction::SessionEnded).await, recorded(&s.t, AuditAction::SessionsEnded).await), (1, 1));
}

#[tokio::test]
async fn a_disabled_login_is_out_until_it_is_let_in_again() {
    let s = staff().await;
    let (session, kim, root) = (s.session(&s.kim).await, s.kim.user_id().unwrap(), s.root.user_id().unwrap());
    s.manage(&s.admin, async |tx| disable_user(tx, kim).await).await.unwrap();
    assert!(!s.lives(session).await);
    assert_eq!(code(s.manage(&s.admin, async |tx| disable_user(tx, root).await).await), ErrorCode::Forbidden);
    assert_eq!(code(s.manage(&s.root, async |tx| disable_user(tx, root).await).await), ErrorCode::Conflict);
    s.manage(&s.admin, async |tx| enable_user(tx, kim).await).await.unwrap();
    assert_eq!(code(s.manage(&s.admin, async |tx| enable_user(tx, kim).await).await), ErrorCode::Conflict);
    assert!(s.lives(s.session(&s.kim).await).await);
    assert_eq!(code(s.manage(&s.admin, async |tx| remove_user_second_step(tx, kim).await).await), ErrorCode::Conflict);
}

#[tokio::test]
async fn roles_of_the_platform_are_the_super_admins_to_give_and_one_stays() {
    let s = staff().await;
    assert_eq!(code(s.role(&s.admin, &s.kim, "PLATFORM_SUPPORT").await), ErrorCode::Forbidden);
    assert_eq!(fields(s.role(&s.root, &s.kim, "TENANT_OWNER").await), ["role"]);
    s.role(&s.root, &s.admin, "SUPER_ADMIN").await.unwrap();
    let (one, two) = tokio::join!(s.role(&s.root, &s.admin, ""), s.role(&s.admin, &s.root, "PLATFORM_SUPPORT"));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let left: i64 =
        sqlx::query_scalar("select count(*) from users where platform_role = 'SUPER_ADMIN'").fetch_one(&mut s.t.db.owner().await).await.unwrap();
    assert_eq!(left, 1);
    assert_eq!(recorded(&s.t, AuditAction::PlatformRoleChanged).await, 2);
}

#[tokio::test]
async fn new_staff_get_a_link_by_mail_and_their_role() {
    let s = staff().await;
    let invite = async |by: &Caller, email: &str, role: &str| {
        invite_staff(&s.t.services, s.t.services.db.platform::<UsersAdmin>(by).await?, email, role).await
    };
    assert_eq!(code(invite(&s.admin, "sam@panel.example", "PLATFORM_SUPPORT").await), ErrorCode::Forbidden);
    assert_eq!(fields(invite(&s.root, "sam@panel.example", "TENANT_USER").await), ["role"]);
    assert_eq!(fields(invite(&s.root, "admin@panel.example", "SUPER_ADMIN").await), ["email"]);
    invite(&s.root, "Sam@panel.example", "PLATFORM_SUPPORT").await.unwrap();
    let body: String =
        sqlx::query_scalar("select body_text from outgoing_mail where template = 'staff'").fetch_one(&mut s.t.db.owner().await).await.unwrap();
    let token = body.lines().find_map(|line| line.trim().strip_prefix("http://panel.example/activate?token=")).expect("a link");
    let signed = activate(&s.t.services, &super::visitor(), None, token, Some("Sam"), "correct horse battery").await.unwrap();
    assert_eq!(signed.viewer.platform_role.as_deref(), Some("PLATFORM_SUPPORT"));
    let (sam, _) = viewer(&s.t.services, Origin::default(), &signed.token).await.unwrap().unwrap();
    s.t.services.db.platform::<DashboardRead>(&sam).await.unwrap();
    assert_eq!(api(invite(&sam, "x@y.example", "PLATFORM_SUPPORT").await).code, ErrorCode::Forbidden);
}
