//! How a site is served: its password, its error pages and what is kept of its answers.

use super::world::{FIRST, SHOP, Yard, fault};
use crate::cloudpods::websites;
use db::TenantTx;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{Runtime, Stack},
        suspensions::SuspensionReason,
        websites::{ErrorPages, SiteProtection},
    },
    ids::{JobId, WebsiteId},
    permission::WebsitesWrite,
};

async fn protect(yard: &Yard, site: WebsiteId, user: &str, password: &str) -> engine::Result<JobId> {
    websites::set_protection(&yard.bench.services.services, yard.write().await, site, user, password).await
}

async fn done(yard: &Yard, job: engine::Result<JobId>) {
    assert_eq!(yard.bench.finish(job.unwrap()).await, JobStatus::Done);
}

/// Status of the front page to a visitor who says this name, with any password.
async fn page_for(yard: &Yard, domain: &str, user: &str) -> u16 {
    let services = &yard.bench.services;
    let request = services.services.http.get(format!("http://{}/", services.servers.sites())).header("host", domain);
    request.basic_auth(user, Some("any")).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_site_is_protected_its_password_changed_and_the_protection_taken_off_and_nobody_is_shown_the_password() {
    let (yard, shop) = Yard::with_shop().await;
    for (user, password, why) in [
        ("", "a good one", "user_name: Enter a user name, or leave both fields empty."),
        ("ana:eve", "a good one", "user_name: User name: only letters, digits, . _ and -."),
        ("_mpanel", "a good one", "user_name: User name: must start with a letter or a digit."),
        ("ana", "", "site_password: Enter a password."),
        ("ana", "short", "site_password: Enter 8 to 200 characters."),
        ("ana", "p\u{e4}sswort1", "site_password: Enter only printable ASCII characters."),
        ("", "", "Nothing has changed."),
    ] {
        assert_eq!(fault(protect(&yard, shop, user, password).await), why);
    }
    done(&yard, protect(&yard, shop, "ana", "a good one").await).await;
    assert_eq!((yard.page(SHOP).await, page_for(&yard, SHOP, "eve").await, page_for(&yard, SHOP, "ana").await), (401, 401, 200));
    assert_eq!(yard.page(FIRST).await, 200, "its neighbour is open");
    let hash = || yard.bench.services.servers.settings(SHOP).unwrap().protection.unwrap().password_hash;
    let first = hash();
    assert!(first.as_str().starts_with("$6$rounds=1000$"), "{first}");
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());

    // Another name keeps the password; another password is another one.
    done(&yard, protect(&yard, shop, "ben", "").await).await;
    assert_eq!((hash(), page_for(&yard, SHOP, "ben").await), (first.clone(), 200));
    done(&yard, protect(&yard, shop, "ben", "another one").await).await;
    assert_ne!(hash(), first);

    let view = yard.view(shop).await.unwrap();
    assert_eq!(view.config.protection, Some(SiteProtection { user: "ben".to_owned(), password_hash: String::new() }));
    assert!(!serde_json::to_string(&view).unwrap().contains("$6$"));
    let mut owner = yard.bench.services.db.owner().await;
    let told: Vec<String> = sqlx::query_scalar("select (after -> 'changed')::text from audit_events where action = 'SITE_UPDATED' order by seq")
        .fetch_all(&mut owner)
        .await
        .unwrap();
    assert_eq!(told, [r#"{"protection": "ana"}"#, r#"{"protection": "ben"}"#, r#"{"protection": "ben"}"#]);
    let plain = "select count(*) from (select config::text || coalesce(next_config::text, '') as words from websites
                  union all select coalesce(before::text, '') || coalesce(after::text, '') from audit_events
                  union all select payload::text from jobs) s where words like '%' || 'another one' || '%'";
    let found: i64 = sqlx::query_scalar(plain).fetch_one(&mut owner).await.unwrap();
    assert_eq!(found, 0, "the password itself is nowhere");

    done(&yard, protect(&yard, shop, "", "").await).await;
    assert_eq!((yard.page(SHOP).await, yard.view(shop).await.unwrap().config.protection), (200, None));
}

#[tokio::test]
async fn what_is_broken_behind_a_password_is_seen_and_taken_back() {
    let yard = Yard::open().await;
    done(&yard, yard.create("Tool", Stack::Php, "").await).await;
    let tool = yard.site("Tool").await;
    done(&yard, protect(&yard, tool.id, "ana", "a good one").await).await;
    done(&yard, yard.set_runtime(tool.id, Runtime::Php82).await).await;
    yard.bench.services.servers.break_runtime("php8.4");
    let job = yard.set_runtime(tool.id, Runtime::Php84).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone);
    let why: String =
        sqlx::query_scalar("select error from jobs where id = $1").bind(job).fetch_one(&mut yard.bench.services.db.owner().await).await.unwrap();
    assert!(why.contains("does not respond as it should: HTTP 500"), "{why}");
    assert_eq!((yard.site("Tool").await.runtime, page_for(&yard, &tool.domain, "ana").await), (Some(Runtime::Php82), 200));
}

#[tokio::test]
async fn a_protected_site_is_stopped_suspended_and_brought_back_like_any_other() {
    let yard = Yard::open().await;
    let (first, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    done(&yard, protect(&yard, first, "ana", "a good one").await).await;
    done(&yard, yard.set_stopped(first, true).await).await;
    assert_eq!(yard.page(FIRST).await, 503);
    done(&yard, yard.set_stopped(first, false).await).await;
    crate::suspensions::suspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff, "")
        .await
        .unwrap();
    yard.finish_jobs().await;
    assert_eq!(yard.page(FIRST).await, 503, "nobody is asked for a password");
    let admin = services.db.platform(&yard.bench.admin).await.unwrap();
    crate::suspensions::unsuspend(services, admin, yard.pod.id, SuspensionReason::Staff).await.unwrap();
    yard.finish_jobs().await;
    assert_eq!((yard.page(FIRST).await, page_for(&yard, FIRST, "ana").await), (401, 200));
}

#[tokio::test]
async fn error_pages_are_plain_paths_of_stacks_that_have_files() {
    let (yard, shop) = Yard::with_shop().await;
    let (first, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    let pages = |not_found: &str, failed: &str| ErrorPages { not_found: not_found.to_owned(), failed: failed.to_owned() };
    let set = async |site, typed: ErrorPages| websites::set_error_pages(services, yard.write().await, site, &typed).await;
    for wrong in ["404.html", "/../etc/passwd", "/a b", "/$uri", "https://example.com/404", "/.git/config"] {
        assert!(fault(set(first, pages(wrong, "")).await).starts_with("not_found: Enter a path that begins with /"), "{wrong}");
        assert!(fault(set(first, pages("", wrong)).await).starts_with("failed: "), "{wrong}");
    }
    assert_eq!(fault(set(shop, pages("", "/50x.html")).await), "failed: Static sites have no page for server errors. Leave this field empty.");
    done(&yard, set(shop, pages(" /404.html ", "")).await).await;
    done(&yard, set(first, pages("/404.html", "/errors/50x.html")).await).await;
    let told = |name: &str| yard.bench.services.servers.settings(name).unwrap().error_pages;
    assert_eq!((told(SHOP).not_found.unwrap().as_str(), told(SHOP).failed), ("/404.html", None));
    assert_eq!((told(FIRST).not_found.unwrap().as_str(), told(FIRST).failed.unwrap().as_str()), ("/404.html", "/errors/50x.html"));
    assert_eq!(yard.view(first).await.unwrap().config.error_pages, pages("/404.html", "/errors/50x.html"));
    done(&yard, set(first, pages("", "")).await).await;
    assert!(told(FIRST).is_empty());
    done(&yard, yard.create("App", Stack::Node, "").await).await;
    let app = yard.site("App").await.id;
    assert_eq!(fault(set(app, pages("/404.html", "")).await), "This stack has its own error pages.");
}

#[tokio::test]
async fn the_micro_cache_is_one_of_a_list_of_stacks_with_php_and_is_purged_where_it_is_on() {
    let (yard, shop) = Yard::with_shop().await;
    let (first, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    let set = async |site, seconds| websites::set_micro_cache(services, yard.write().await, site, seconds).await;
    let purge = async |site| websites::purge_cache(services, yard.write().await, site).await;
    for wrong in [0, 2, 59, 3600] {
        assert_eq!(fault(set(first, Some(wrong)).await), "micro_cache_seconds: Select 1, 10 or 60 seconds, or off.");
    }
    assert_eq!(fault(set(shop, Some(10)).await), "This stack has no PHP.");
    assert_eq!(fault(purge(first).await), "This site's micro-cache is off.");
    done(&yard, set(first, Some(10)).await).await;
    assert_eq!(yard.bench.services.servers.settings(FIRST).unwrap().micro_cache_seconds, Some(10));
    assert_eq!(yard.view(first).await.unwrap().config.micro_cache_seconds, Some(10));
    assert_eq!(purge(first).await.unwrap(), 0, "a simulated server keeps nothing");
    assert_eq!(yard.told(first).await.last().map(String::as_str), Some("SITE_CACHE_PURGED"));

    yard.bench.services.servers.set_down(yard.bench.server, true);
    assert!(fault(purge(first).await).contains("Server unreachable"));
    yard.bench.services.servers.set_down(yard.bench.server, false);
    done(&yard, set(first, None).await).await;
    assert_eq!(yard.bench.services.servers.settings(FIRST).unwrap().micro_cache_seconds, None);
}

#[tokio::test]
async fn nobody_else_sets_how_a_site_is_served_or_purges_its_cache() {
    let yard = Yard::open().await;
    let (first, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    let write = async || -> TenantTx<WebsitesWrite> { services.db.tenant(&yard.rival, yard.other).await.unwrap() };
    for refused in [
        fault(websites::set_protection(services, write().await, first, "eve", "a good one").await),
        fault(websites::set_error_pages(services, write().await, first, &ErrorPages::default()).await),
        fault(websites::set_micro_cache(services, write().await, first, Some(10)).await),
        fault(websites::purge_cache(services, write().await, first).await),
    ] {
        assert_eq!(refused, "Site not found.");
    }
}
