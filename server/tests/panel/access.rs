//! Who has access to which operation.

use crate::{
    client::{Answer, Visitor},
    requests::{Operation, object, operations},
    seed::{PASSWORD, Used, mailed_token, used},
};
use serde_json::json;

/// A token that has the right form and belongs to nobody.
const MADE_UP: &str = "mpanel=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// An id that nothing has.
pub const NOBODYS: &str = "0198f3a0-0000-7000-8000-000000000000";

async fn ask(visitor: &Visitor, operation: &Operation, body: &str) -> Answer {
    let method = operation.method.to_uppercase();
    let request = visitor.request(&method, &operation.address(body)).header("content-type", "application/json");
    visitor.send(if method == "GET" { request } else { request.body(body.to_owned()) }).await
}

#[tokio::test]
async fn without_a_valid_session_every_protected_operation_answers_401_whatever_is_sent() {
    let used = used(&["--no-work"]).await;
    let operations = operations(&used.stranger()).await;
    let closed: Vec<_> = operations.iter().filter(|operation| operation.scope != "public").collect();
    assert!(closed.len() > 25, "{}", closed.len());
    // What is public stands under its own name, and nowhere else.
    for operation in operations.iter().filter(|operation| operation.path != "/api/openapi.json") {
        assert_eq!(operation.scope == "public", operation.path.starts_with("/api/public/"), "{}", operation.path);
    }
    // One session is signed out, one is too old, one was not used for too long.
    used.bert().must("/api/public/session/sign_out", json!({})).await;
    assert_eq!(
        used.sql("update sessions set expires_at = now() - interval '1 second' where user_id in (select id from users where platform_role is null)")
            .await,
        1
    );
    assert_eq!(
        used.sql(
            "update sessions set last_seen_at = now() - interval '13 hours' where user_id in (select id from users where platform_role is not null)"
        )
        .await,
        1
    );
    let before = used.everything().await;
    let nobody = [used.stranger(), used.stranger().with(MADE_UP), used.stranger().with("mpanel=short"), used.bert(), used.anna(), used.admin()];
    for operation in &closed {
        let sample = operation.sample(&used, &used.seed.anna.slug, &used.seed.anna).to_string();
        for visitor in &nobody {
            for body in [sample.as_str(), "{", ""] {
                let answer = ask(visitor, operation, body).await;
                assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("unauthenticated")), "{} {body}: {answer:?}", operation.path);
            }
        }
    }
    for page in ["/admin", "/admin/audit", "/t/anyone", "/t/anyone/invoices"] {
        let answer = used.stranger().with(MADE_UP).get(page).await;
        assert_eq!((answer.status, answer.header("location")), (303, format!("/sign-in?next={page}").as_str()), "{answer:?}");
    }
    assert_eq!(used.everything().await, before, "nothing has changed");
}

#[tokio::test]
async fn the_platforms_operations_are_not_there_for_a_customer_nor_a_customers_for_another() {
    let used = used(&["--no-work"]).await;
    let operations = operations(&used.stranger()).await;
    let (anna, bert) = (&used.seed.anna, &used.seed.bert);
    // So that nothing is refused only because it asks for the password.
    used.anna().must("/api/account/confirm_password", json!({ "password": PASSWORD })).await;
    let before = used.everything().await;
    let words = [&bert.email, &bert.slug, &bert.tenant, &bert.pod_name, &bert.job, &bert.invoice, &bert.invitation];
    let tells_nothing = |operation: &Operation, answer: &Answer| {
        for word in words {
            assert!(!answer.text.contains(word.as_str()), "{} tells of {word}: {answer:?}", operation.path);
        }
    };
    let mut seen = [0, 0, 0];
    for operation in &operations {
        let call = async |slug: &str, things| ask(&used.anna(), operation, &operation.sample(&used, slug, things).to_string()).await;
        match operation.scope.as_str() {
            "platform" => {
                let answer = call(&anna.slug, bert).await;
                assert_eq!(answer.status, 404, "{}: {answer:?}", operation.path);
                tells_nothing(operation, &answer);
                seen[0] += 1;
            }
            "tenant" => {
                let answer = call(&bert.slug, bert).await;
                assert_eq!(answer.status, 404, "{}: {answer:?}", operation.path);
                tells_nothing(operation, &answer);
                assert_eq!(answer.text, call("nobody-has-this", bert).await.text, "a foreign account looks like none: {}", operation.path);
                if operation.reads() {
                    let own = call(&anna.slug, anna).await;
                    assert_eq!(own.status, 200, "{}: {own:?}", operation.path);
                    tells_nothing(operation, &own);
                    seen[2] += 1;
                }
                seen[1] += 1;
            }
            _ => {}
        }
    }
    assert!(seen[0] > 20 && seen[1] >= 6 && seen[2] >= 6, "{seen:?}");
    assert_eq!(used.anna().get("/admin").await.status, 404);
    assert_eq!(used.anna().get(&format!("/t/{}", bert.slug)).await.status, 404);
    assert_eq!(used.anna().get(&format!("/t/{}", anna.slug)).await.status, 200);
    assert_eq!(used.everything().await, before, "nothing has changed");
}

#[tokio::test]
async fn every_field_that_names_an_object_of_another_customer_is_a_404_at_every_operation() {
    let used = used(&["--no-work"]).await;
    let operations = operations(&used.stranger()).await;
    let (anna, bert) = (&used.seed.anna, &used.seed.bert);
    // A type of id without a fixture ends the test here, at whichever operation it is.
    let named = operations.iter().map(|operation| (operation, operation.ids()));
    named.clone().flat_map(|(_, ids)| ids).for_each(|id| drop(object(&used, &id.kind, anna)));
    used.anna().must("/api/account/confirm_password", json!({ "password": PASSWORD })).await;
    let before = used.everything().await;
    let mut tried = Vec::new();
    for (operation, ids) in named.filter(|(operation, _)| operation.scope != "platform") {
        for id in ids {
            let mut input = operation.good_sample(&used, &anna.slug, anna);
            let (own, foreign) = (object(&used, &id.kind, anna), object(&used, &id.kind, bert));
            assert_ne!(own, foreign, "{} {}: customers have no {} of their own", operation.path, id.at, id.kind);
            *input.pointer_mut(&id.at).expect("the field") = json!(foreign);
            let answer = ask(&used.anna(), operation, &input.to_string()).await;
            assert_eq!(answer.status, 404, "{} {input}: {answer:?}", operation.path);
            *input.pointer_mut(&id.at).expect("the field") = json!(NOBODYS);
            assert_eq!(answer.text, ask(&used.anna(), operation, &input.to_string()).await.text, "it looks like none: {} {}", operation.path, id.at);
            tried.push((operation, id));
        }
    }
    assert!(tried.len() >= 11, "{}", tried.len());
    assert_eq!(used.everything().await, before, "nothing has changed");
    // The same request with the own objects gets further: it was the object and nothing else that was not found. An operation that names several is
    // asked once.
    tried.dedup_by_key(|(operation, _)| operation.path.clone());
    for (operation, id) in tried {
        let signed = used.stranger().call("/api/public/session/sign_in", &json!({ "email": anna.email, "password": PASSWORD })).await;
        let visitor = used.stranger().with(&signed.cookie().expect("a session"));
        visitor.must("/api/account/confirm_password", json!({ "password": PASSWORD })).await;
        let answer = ask(&visitor, operation, &operation.good_sample(&used, &anna.slug, anna).to_string()).await;
        assert!([200, 409, 422].contains(&answer.status), "{} {}: {answer:?}", operation.path, id.at);
    }
}

#[tokio::test]
async fn a_member_whose_role_does_not_allow_it_is_told_so() {
    let used = used(&["--no-work"]).await;
    let slug = &used.seed.bert.slug;
    let made = used.sql(
        "insert into tenant_users (tenant_id, user_id, role)
         select t.id, u.id, 'TENANT_USER' from tenants t join users u on u.email = 'anna@northpier.example'
          where not exists (select from tenant_users m where m.tenant_id = t.id and m.user_id = u.id)",
    );
    assert_eq!(made.await, 1, "a guest in another account");
    let invoices = used.anna().call("/api/tenant/billing/invoices/list", &json!({ "slug": slug, "request": {} })).await;
    assert_eq!((invoices.status, invoices.json()["code"].as_str()), (403, Some("forbidden")), "{invoices:?}");
    let pods = used.anna().call("/api/tenant/hosting/cloudpods/list", &json!({ "slug": slug, "request": {} })).await;
    assert_eq!(pods.status, 200, "{pods:?}");
}

#[tokio::test]
async fn get_changes_nothing_wherever_it_goes() {
    let used = used(&["--no-work"]).await;
    used.stranger().must("/api/public/session/forgot", json!({ "email": used.seed.anna.email })).await;
    let token = mailed_token(&used.admin(), &used.seed.anna.email, "/reset").await;
    let before = used.everything().await;
    for operation in operations(&used.stranger()).await.iter().filter(|operation| operation.method != "get") {
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            let answer = used.admin().send(used.admin().request(method, &operation.path)).await;
            assert!([404, 405].contains(&answer.status), "{method} {}: {answer:?}", operation.path);
        }
    }
    let pages = pages(&used, &token);
    assert!(pages.len() > 30, "{pages:?}");
    for page in &pages {
        let visitor = if page.starts_with("/t/") { used.anna() } else { used.admin() };
        let answer = visitor.get(page).await;
        assert!(answer.status == 200 || (answer.status == 404 && page.contains(NOBODYS)), "{page}: {} {}", answer.status, answer.text);
    }
    assert_eq!(used.everything().await, before, "nothing has changed");
    let link = used.stranger().call("/api/public/session/link", &json!({ "token": token })).await;
    assert_eq!(link.status, 200, "looking at a link does not use it: {link:?}");
}

/// Every page of the route table, with things that are there.
pub fn pages(used: &Used, link: &str) -> Vec<String> {
    let table = std::fs::read_to_string("../app/src/routes.rs").expect("the route table");
    let (mut parent, mut pages) = (String::new(), Vec::new());
    for line in table.lines().map(str::trim) {
        let Some(path) = line.split_once("path=path!(\"").and_then(|(_, rest)| rest.split_once('"')).map(|(path, _)| path) else { continue };
        if line.starts_with("<ParentRoute") {
            parent = path.to_owned();
            continue;
        }
        let anna = &used.seed.anna;
        let things = [
            ("customers", &anna.tenant),
            ("servers", &used.seed.server),
            ("jobs", &anna.job),
            ("outbox", &used.seed.mail),
            ("cloudpods", &anna.pod),
            ("invoices", &anna.invoice),
        ];
        let id = things.iter().find(|(room, _)| path.starts_with(room)).map_or(NOBODYS, |(_, id)| id);
        let whole =
            format!("{parent}/{path}").replace(":slug", &anna.slug).replace(":id", id).replace(":code", "wordpress").replace(":token", NOBODYS);
        let whole = format!("/{}", whole.trim_matches('/'));
        let links = ["/activate", "/reset", "/set-up"].contains(&whole.as_str());
        pages.push(if links { format!("{whole}?token={link}") } else { whole });
    }
    pages
}
