//! What PostgreSQL's own catalogue says about our tables, functions and roles.

use model::permission;
use mpanel_db::testing::TestDb;
use sqlx::PgConnection;
use std::collections::BTreeSet;

async fn names(conn: &mut PgConnection, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(conn).await.expect("the catalogue answers")
}

#[tokio::test]
async fn every_table_with_a_tenant_has_forced_row_level_security() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    let tables = "
        select c.relname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1";
    let all = names(&mut owner, tables).await;
    assert!(all.len() >= 12, "{all:?}");
    let open = "
        select c.relname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
          and not (c.relrowsecurity and c.relforcerowsecurity
                   and exists (select from pg_policy p where p.polrelid = c.oid and 'mpanel_tenant'::regrole = any(p.polroles)))";
    assert_eq!(names(&mut owner, open).await, Vec::<String>::new());
}

#[tokio::test]
async fn foreign_keys_between_tenant_tables_carry_the_tenant() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    // A key without the tenant is fine only beside one that has it, for rows that may belong to nobody.
    let bare = "
        with tenant_table as (
          select attrelid as oid, attnum from pg_attribute where attname = 'tenant_id' and not attisdropped)
        select f.conrelid::regclass || '.' || f.conname from pg_constraint f
        join tenant_table s on s.oid = f.conrelid join tenant_table d on d.oid = f.confrelid
        where f.contype = 'f' and not s.attnum = any(f.conkey)
          and not exists (select from pg_constraint g where g.contype = 'f' and g.conrelid = f.conrelid
                           and g.confrelid = f.confrelid and s.attnum = any(g.conkey) and g.conkey @> f.conkey)";
    assert_eq!(names(&mut owner, bare).await, Vec::<String>::new());
    let carried = "
        select conname::text from pg_constraint f
        join pg_attribute a on a.attrelid = f.conrelid and a.attname = 'tenant_id' and a.attnum = any(f.conkey)
        where f.contype = 'f' and f.confrelid <> 'tenants'::regclass";
    assert!(names(&mut owner, carried).await.len() >= 8);
}

#[tokio::test]
async fn the_applications_roles_own_nothing_and_are_nobody_special() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    let owned = "
        select o.what from (
          select relname::text as what, relowner as owner from pg_class
          union all select proname::text, proowner from pg_proc
          union all select nspname::text, nspowner from pg_namespace
          union all select datname::text, datdba from pg_database
          union all select typname::text, typowner from pg_type) o
        join pg_roles r on r.oid = o.owner where r.rolname like 'mpanel\\_%'";
    assert_eq!(names(&mut owner, owned).await, Vec::<String>::new());
    let special = "
        select rolname::text from pg_roles where rolname like 'mpanel\\_%'
           and (rolsuper or rolinherit or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)";
    assert_eq!(names(&mut owner, special).await, Vec::<String>::new());
    let logins = "select rolname::text from pg_roles where rolname like 'mpanel\\_%' and rolcanlogin order by 1";
    assert_eq!(names(&mut owner, logins).await, ["mpanel_ops", "mpanel_web"]);
    let memberships = "
        select r.rolname || ' in ' || g.rolname from pg_auth_members m
        join pg_roles r on r.oid = m.member join pg_roles g on g.oid = m.roleid
        where r.rolname like 'mpanel\\_%' order by 1";
    let expected = ["mpanel_ops in mpanel_platform", "mpanel_web in mpanel_public", "mpanel_web in mpanel_tenant"];
    assert_eq!(names(&mut owner, memberships).await, expected);
}

#[tokio::test]
async fn nobody_may_change_the_record() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    let may = "
        select r.rolname || ' may ' || p.verb || ' ' || k.name from pg_roles r
        cross join (values ('insert'), ('update'), ('delete'), ('truncate'), ('references'), ('trigger')) p (verb)
        cross join (values ('audit_events'), ('audit_heads')) k (name)
        where r.rolname like 'mpanel\\_%' and has_table_privilege(r.oid, k.name, p.verb)";
    assert_eq!(names(&mut owner, may).await, Vec::<String>::new());
}

#[tokio::test]
async fn no_role_may_delete_money_people_or_pods() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    let may = "
        select r.rolname || ' ' || k.name from pg_roles r
        cross join unnest(array['users', 'tenants', 'subscriptions', 'checkout_sessions', 'invoices', 'invoice_lines',
                                'invoice_counters', 'payment_events', 'payments', 'refunds', 'disputes', 'payment_methods', 'ledger_entries', 'ledger_allocations',
                                'cloud_pods', 'jobs', 'outgoing_mail', 'products']) k (name)
        where r.rolname like 'mpanel\\_%' and (has_table_privilege(r.oid, k.name, 'delete') or has_table_privilege(r.oid, k.name, 'truncate'))";
    assert_eq!(names(&mut owner, may).await, Vec::<String>::new());
}

#[tokio::test]
async fn functions_that_run_as_the_owner_are_closed_to_the_public_and_pin_their_search_path() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    let definers = "select proname::text from pg_proc where prosecdef and pronamespace = 'public'::regnamespace";
    assert!(names(&mut owner, definers).await.len() >= 13);
    let open = "
        select p.proname::text from pg_proc p
        where p.prosecdef and p.pronamespace = 'public'::regnamespace
          and (p.proconfig is null or not 'search_path=public, pg_temp' = any(p.proconfig)
               or p.proacl is null
               or exists (select from aclexplode(p.proacl) a where a.grantee = 0))";
    assert_eq!(names(&mut owner, open).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_built_in_roles_hold_what_the_code_lists() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    let stored: BTreeSet<String> = names(&mut owner, "select role || ' ' || permission from role_permissions").await.into_iter().collect();
    let listed: BTreeSet<String> = permission::all().flat_map(|entry| entry.roles.iter().map(move |role| format!("{role} {}", entry.name))).collect();
    assert_eq!(stored, listed);
    let words: BTreeSet<String> = names(&mut owner, "select code from permissions").await.into_iter().collect();
    assert_eq!(words, permission::all().map(|entry| entry.name.to_owned()).collect());
}

#[tokio::test]
async fn a_second_migration_repairs_the_built_in_roles_and_changes_nothing_else() {
    let t = TestDb::new().await;
    let mut owner = t.owner().await;
    sqlx::query("insert into role_permissions values ('TENANT_USER', 'servers:manage')").execute(&mut owner).await.expect("tampered");
    sqlx::query("delete from role_permissions where role = 'TENANT_OWNER'").execute(&mut owner).await.expect("tampered");
    let (one, two) = tokio::join!(mpanel_db::Db::migrate(&t.owner_url), mpanel_db::Db::migrate(&t.owner_url));
    one.expect("migrates again");
    two.expect("migrates at the same time");
    let count: i64 = sqlx::query_scalar("select count(*) from role_permissions").fetch_one(&mut owner).await.expect("counted");
    let listed: usize = permission::all().map(|entry| entry.roles.len()).sum();
    assert_eq!(count, listed as i64);
}
