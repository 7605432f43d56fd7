//! Every operation, tried by every role: the table of permissions is what the access checks enforce.

use crate::{
    client::Visitor,
    requests::{Operation, operations},
    seed::{Used, used},
};
use model::permission::all;

/// What an access check answers to somebody who is known there.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// The role does not have the permission.
    Forbidden,
    /// It does; the password is asked for again.
    Again,
    /// It does.
    Open,
}

async fn tried(visitor: &Visitor, used: &Used, operation: &Operation) -> Said {
    let sample = operation.sample(used, &used.seed.anna.slug, &used.seed.anna);
    let request =
        visitor.request(&operation.method.to_uppercase(), &operation.address(&sample.to_string())).header("content-type", "application/json");
    let answer = visitor.send(if operation.method == "get" { request } else { request.body(sample.to_string()) }).await;
    assert!(answer.status < 500 && answer.status != 401, "{}: {answer:?}", operation.path);
    if answer.status != 403 {
        return Said::Open;
    }
    match answer.json()["code"].as_str() {
        Some("forbidden") => Said::Forbidden,
        Some("step_up") => Said::Again,
        other => panic!("{}: {other:?}", operation.path),
    }
}

fn expected(role: &str, permission: &str) -> Said {
    let entry = all().find(|entry| entry.name == permission).unwrap_or_else(|| panic!("{permission} is not in the table"));
    match (entry.roles.contains(&role), entry.step_up) {
        (false, _) => Said::Forbidden,
        (true, true) => Said::Again,
        (true, false) => Said::Open,
    }
}

fn roles(of: fn(&str) -> bool) -> Vec<&'static str> {
    let mut roles: Vec<_> = all().flat_map(|entry| entry.roles).copied().filter(|role| of(role)).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

#[tokio::test]
async fn each_role_of_the_platform_may_use_the_operations_of_its_permissions_and_no_other() {
    let used = used(&["--no-work"]).await;
    let operations = operations(&used.stranger()).await;
    let roles = roles(|role| !role.starts_with("TENANT_"));
    assert!(roles.len() >= 4, "{roles:?}");
    for role in roles {
        sqlx::query("update users set platform_role = $1 where platform_role is not null").bind(role).execute(&mut used.owner().await).await.unwrap();
        for operation in operations.iter().filter(|operation| operation.scope == "platform") {
            let permission = operation.permission.as_deref().expect("a permission");
            assert_eq!(tried(&used.admin(), &used, operation).await, expected(role, permission), "{role} at {} ({permission})", operation.path);
        }
    }
}

#[tokio::test]
async fn each_role_in_an_account_may_use_the_operations_of_its_permissions_and_no_other() {
    let used = used(&["--no-work"]).await;
    let operations = operations(&used.stranger()).await;
    let roles = roles(|role| role.starts_with("TENANT_"));
    assert!(roles.len() >= 4, "{roles:?}");
    for role in roles {
        // Behind the rule that an account keeps an owner.
        let mut owner = used.owner().await;
        sqlx::query("set session_replication_role = replica").execute(&mut owner).await.unwrap();
        sqlx::query("update tenant_users set role = $1").bind(role).execute(&mut owner).await.unwrap();
        for operation in operations.iter().filter(|operation| operation.scope == "tenant") {
            let permission = operation.permission.as_deref().expect("a permission");
            assert_eq!(tried(&used.anna(), &used, operation).await, expected(role, permission), "{role} at {} ({permission})", operation.path);
        }
    }
}

#[tokio::test]
async fn pages_show_what_the_permissions_of_a_custom_role_open() {
    let used = used(&["--no-work"]).await;
    let mut owner = used.owner().await;
    for sql in [
        "insert into roles (code, scope, name) values ('BOOKKEEPER', 'tenant', 'Bookkeeper'), ('CARETAKER', 'platform', 'Caretaker')",
        "insert into role_permissions (role, permission) values ('BOOKKEEPER', 'billing:read'), ('CARETAKER', 'servers:read'), ('CARETAKER', 'users:read')",
        "set session_replication_role = replica",
        "update tenant_users set role = 'BOOKKEEPER'",
        "update users set platform_role = 'CARETAKER' where platform_role is not null",
    ] {
        sqlx::query(sql).execute(&mut owner).await.unwrap();
    }
    let slug = &used.seed.anna.slug;
    let page = used.anna().get(&format!("/t/{slug}/invoices")).await.text;
    assert!(page.contains(&format!("href=\"/t/{slug}/invoices\"")), "what the role opens");
    for closed in ["jobs", "members"] {
        assert!(!page.contains(&format!("href=\"/t/{slug}/{closed}\"")), "{closed} is closed");
    }
    let page = used.admin().get("/admin/servers").await.text;
    for (path, open) in [("servers", true), ("users", true), ("products", false), ("audit", false), ("jobs", false)] {
        assert_eq!(page.contains(&format!("href=\"/admin/{path}\"")), open, "{path}");
    }
    assert!(!used.admin().get("/admin/users").await.text.contains("/admin/users/new"), "no button for what only users:admin may");
}
