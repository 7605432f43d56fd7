//! A site from its making to its end.

use super::world::{FIRST, SHOP, Yard, fault};
use crate::{
    cloudpods::{self, websites},
    suspensions,
    testing::LIMITS,
};
use adapters::node::simulated::Fault;
use db::TenantTx;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{Limits, Runtime, Stack},
        suspensions::SuspensionReason,
        websites::{FileSettings, HttpRules, PhpInput, PhpSettings, SiteStatus},
    },
    ids::JobId,
    permission::{WebsitesDelete, WebsitesRead, WebsitesWrite},
};
use wire::message::{Failure, FailureKind};

#[tokio::test]
async fn every_stack_gets_a_site_that_answers_by_its_own_name_beside_the_first() {
    let yard = Yard::open().await;
    for (title, stack) in [("Files", Stack::Static), ("Tool", Stack::Php), ("App", Stack::Node), ("Journal", Stack::Wordpress)] {
        let job = yard.create(title, stack, "").await.unwrap();
        assert_eq!(yard.site(title).await.status, SiteStatus::Requested);
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done, "{title}");
        let site = yard.site(title).await;
        assert_eq!((site.status, site.is_stopped, site.stack, site.runtime), (SiteStatus::Active, false, stack, stack.default_runtime()));
        assert_eq!(site.domain, format!("{}--blog.sites.example", title.to_lowercase()));
        let (status, page) = yard.bench.visit(&site.domain).await;
        assert!(status == 200 && page.contains(&format!("<title>{title}</title>")), "{status}: {page}");
        assert_eq!(yard.told(site.id).await, ["SITE_CREATED"]);
    }
    assert!(yard.bench.visit(FIRST).await.1.contains("<title>Ana &amp; Sons"), "the first is as it was");
    let own = "select count(*) from databases where cloud_pod_id = $1 and removed_at is null";
    assert_eq!(yard.bench.count(own, yard.pod.id.0).await, 2, "that of the first, and WordPress has one of its own");
    let drift = yard.compared().await.drift.unwrap();
    assert_eq!((drift.differences, drift.error), (Vec::new(), None), "the pod's plan has them all");
}

#[tokio::test]
async fn a_site_that_the_server_refuses_leaves_its_neighbours_as_they_were_and_can_be_deleted() {
    let yard = Yard::open().await;
    let refused = || Fault::Fail(Failure::new(FailureKind::Refused, "nginx refuses the virtual host"));
    yard.bench.services.servers.fault_on("PodApply", refused());
    let job = yard.create("Shop", Stack::Node, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone);
    let shop = yard.site("Shop").await;
    assert_eq!((shop.status, yard.page(SHOP).await, yard.page(FIRST).await), (SiteStatus::Failed, 404, 200));
    assert!(yard.told(shop.id).await.is_empty());
    assert!(yard.compared().await.drift.unwrap().differences.is_empty(), "what failed is no difference");
    assert_eq!(fault(yard.set_stopped(shop.id, true).await), "This site is being created or deleted, or could not be created.");

    let job = yard.delete(shop.id, SHOP).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.status(shop.id).await, SiteStatus::Deleted);
    let again = yard.create("Shop", Stack::Node, "").await.unwrap();
    assert_eq!(yard.bench.finish(again).await, JobStatus::Done);
    let again = yard.site("Shop").await;
    assert_eq!((again.domain.as_str(), yard.page("shop2--blog.sites.example").await), ("shop2--blog.sites.example", 200), "no folder is used twice");
}

#[tokio::test]
async fn a_stopped_site_shows_the_neutral_page_while_its_neighbour_goes_on() {
    let (yard, shop) = Yard::with_shop().await;
    let job = yard.set_stopped(shop, true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let (status, page) = yard.bench.visit(SHOP).await;
    assert!(status == 503 && page.contains("Temporarily unavailable"), "{status}: {page}");
    assert_eq!(yard.page(FIRST).await, 200);
    assert!(yard.site("Shop").await.is_stopped);
    assert_eq!(fault(yard.set_stopped(shop, true).await), "This site is stopped already.");
    let set = websites::set_files(&yard.bench.services.services, yard.write().await, shop, FileSettings::default()).await;
    assert_eq!(fault(set), "This site is stopped. Start it first.");
    assert!(yard.compared().await.drift.unwrap().differences.is_empty(), "stopped is what it should be");

    let job = yard.set_stopped(shop, false).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!((yard.page(SHOP).await, yard.site("Shop").await.is_stopped), (200, false));
    assert_eq!(yard.told(shop).await, ["SITE_CREATED", "SITE_UPDATED", "SITE_UPDATED"]);
}

#[tokio::test]
async fn what_was_stopped_by_itself_stays_stopped_through_a_suspension_of_its_pod() {
    let (yard, shop) = Yard::with_shop().await;
    let first = yard.sites().await[0].id;
    let services = &yard.bench.services.services;
    // The one that the pod is looked for by, too.
    for (stopped, other) in [(shop, FIRST), (first, SHOP)] {
        let job = yard.set_stopped(stopped, true).await.unwrap();
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
        suspensions::suspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff, "")
            .await
            .unwrap();
        yard.finish_jobs().await;
        assert_eq!((yard.page(FIRST).await, yard.page(SHOP).await), (503, 503));
        assert!(fault(yard.set_stopped(stopped, false).await).starts_with("This CloudPod is not running."));
        suspensions::unsuspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff).await.unwrap();
        yard.finish_jobs().await;
        let domain = yard.view(stopped).await.unwrap().site.domain;
        assert_eq!((yard.page(other).await, yard.page(&domain).await), (200, 503));
        let job = yard.set_stopped(stopped, false).await.unwrap();
        assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    }
}

#[tokio::test]
async fn a_pod_whose_sites_are_all_stopped_is_suspended_and_brought_back_like_any_other() {
    let yard = Yard::open().await;
    let (first, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    let job = yard.set_stopped(first, true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    suspensions::suspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff, "").await.unwrap();
    yard.finish_jobs().await;
    suspensions::unsuspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), yard.pod.id, SuspensionReason::Staff).await.unwrap();
    yard.finish_jobs().await;
    assert_eq!(yard.page(FIRST).await, 503);
    let job = yard.set_stopped(first, false).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.page(FIRST).await, 200);
}

#[tokio::test]
async fn a_deleted_site_leaves_nothing_and_the_last_one_cannot_be_deleted() {
    let yard = Yard::open().await;
    let job = yard.create("Journal", Stack::Wordpress, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let (site, first) = (yard.site("Journal").await, yard.sites().await[0].clone());
    assert_eq!(fault(yard.delete(site.id, "journal").await), format!("confirm_name: Type {} to delete this site.", site.domain));
    let job = yard.delete(site.id, &site.domain).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!((yard.page(&site.domain).await, yard.page(FIRST).await), (404, 200));
    assert!(yard.bench.services.servers.left_sites(yard.bench.server, &yard.pod.name).is_empty(), "its files are gone");
    let open = "select count(*) from websites w left join site_domains d on d.website_id = w.id left join databases b on b.id = w.database_id
                 where w.id = $1 and (d.released_at is null or b.removed_at is null)";
    assert_eq!(yard.bench.count(open, site.id.0).await, 0, "its name is free, and its database is gone");
    assert_eq!(yard.told(site.id).await, ["SITE_CREATED", "SITE_DELETED"]);
    assert!(yard.view(site.id).await.is_err());
    assert!(yard.view(first.id).await.unwrap().is_last);
    assert_eq!(fault(yard.delete(first.id, FIRST).await), "This is the last site of its CloudPod. Delete the CloudPod instead.");
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());
}

#[tokio::test]
async fn a_pod_is_known_by_its_oldest_site_once_the_one_with_its_main_domain_is_deleted() {
    let (yard, _) = Yard::with_shop().await;
    let first = yard.sites().await[0].id;
    let job = yard.delete(first, FIRST).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let pod = yard.compared().await;
    assert_eq!((pod.pod.domain.as_str(), pod.pod.stack, pod.site_title.as_str()), (SHOP, Stack::Static, "Shop"));
    assert!(pod.drift.unwrap().differences.is_empty());
    assert_eq!(pod.observed.unwrap().title.as_deref(), Some("Shop"));
    assert_eq!(yard.page(SHOP).await, 200);
}

#[tokio::test]
async fn a_start_that_the_server_refuses_leaves_the_site_stopped() {
    let (yard, shop) = Yard::with_shop().await;
    let job = yard.set_stopped(shop, true).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    yard.bench.services.servers.fault_on("PodApply", Fault::Fail(Failure::new(FailureKind::Refused, "its program does not start")));
    let job = yard.set_stopped(shop, false).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone);
    assert_eq!((yard.page(SHOP).await, yard.page(FIRST).await), (503, 200));
    assert!(yard.site("Shop").await.is_stopped);
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());
}

#[tokio::test]
async fn invalid_sites_are_refused() {
    let yard = Yard::open().await;
    assert!(fault(yard.create("  ", Stack::Static, "").await).starts_with("title: "));
    sqlx::query("update server_capabilities set ready = false where capability = 'NODE'")
        .execute(&mut yard.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(fault(yard.create("App", Stack::Node, "").await), "stack: The server of this CloudPod does not run Node sites.");
    sqlx::query(
        "insert into websites (id, tenant_id, cloud_pod_id, name, stack, status, created_at)
         select gen_random_uuid(), $1, $2, 'n' || n, 'STATIC', 'FAILED', now() from generate_series(1, 19) n",
    )
    .bind(yard.bench.tenant)
    .bind(yard.pod.id)
    .execute(&mut yard.bench.services.db.owner().await)
    .await
    .unwrap();
    assert_eq!(
        fault(yard.create("One more", Stack::Static, "").await),
        "The plan of this CloudPod allows 20 sites. Delete one first, or change the plan."
    );
}

#[tokio::test]
async fn a_pod_gets_as_many_sites_as_its_plan_allows_and_no_plan_with_fewer_than_it_has() {
    let (yard, _) = Yard::with_shop().await;
    let services = &yard.bench.services.services;
    let allow = async |sites: i32| {
        let mut tx = services.db.system("test").await.unwrap();
        cloudpods::set_limits(services, tx.conn(), yard.bench.subscription, "wordpress", Limits { sites, ..LIMITS }).await.unwrap();
        tx.commit_progress().await.unwrap();
    };
    let refused = async |sites: i32| {
        let mut tx = services.db.system("test").await.unwrap();
        let found = cloudpods::usage_above(tx.conn(), yard.bench.subscription, Limits { sites, ..LIMITS }).await.unwrap();
        tx.commit_progress().await.unwrap();
        found
    };
    allow(2).await;
    let full = "The plan of this CloudPod allows 2 sites. Delete one first, or change the plan.";
    assert_eq!(fault(yard.create("One more", Stack::Static, "").await), full);
    assert_eq!(refused(1).await, [format!("{} has 2 sites; the plan has 1.", yard.pod.name)]);
    assert!(refused(2).await.is_empty());
    let is_applied = "select count(*) from cloud_pod_quotas where cloud_pod_id = $1 and is_applied";
    assert_eq!(yard.bench.count(is_applied, yard.pod.id.0).await, 1, "its server has nothing to do with the number");

    allow(3).await;
    let job = yard.create("One more", Stack::Static, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!((yard.sites().await.len(), yard.compared().await.limits.sites), (3, 3));
}

#[tokio::test]
async fn a_change_is_refused_while_another_is_in_progress() {
    let (yard, shop) = Yard::with_shop().await;
    let job: JobId = yard.set_stopped(shop, true).await.unwrap();
    let busy = "A job of this CloudPod is in progress. Wait until it has ended.";
    assert_eq!(fault(yard.create("App", Stack::Node, "").await), busy);
    assert_eq!(fault(yard.delete(shop, SHOP).await), busy);
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
}

#[tokio::test]
async fn nobody_else_sees_or_changes_a_site_and_a_member_who_may_only_read_changes_none() {
    let (yard, shop) = Yard::with_shop().await;
    let services = &yard.bench.services.services;
    let mut read: TenantTx<WebsitesRead> = services.db.tenant(&yard.rival, yard.other).await.unwrap();
    assert_eq!(fault(websites::get_own(services, &mut read, shop).await), "Site not found.");
    assert_eq!(fault(websites::list_own(services, &mut read, yard.pod.id).await), "CloudPod not found.");
    read.finish().await.unwrap();
    let write = async || -> TenantTx<WebsitesWrite> { services.db.tenant(&yard.rival, yard.other).await.unwrap() };
    let delete: TenantTx<WebsitesDelete> = services.db.tenant(&yard.rival, yard.other).await.unwrap();
    for refused in [
        fault(websites::set_stopped(services, write().await, shop, true).await),
        fault(websites::set_runtime(services, write().await, shop, Runtime::Php82).await),
        fault(websites::set_files(services, write().await, shop, FileSettings::default()).await),
        fault(websites::set_php(services, write().await, shop, &PhpInput::default()).await),
        fault(websites::add_name(services, write().await, shop, FIRST).await),
        fault(websites::set_main(services, write().await, shop, SHOP).await),
        fault(websites::delete(services, delete, shop, SHOP).await),
    ] {
        assert_eq!(refused, "Site not found.");
    }
    let new = websites::NewSite { title: "Mine".to_owned(), stack: Stack::Static, runtime: None, domain: String::new() };
    assert_eq!(fault(websites::create(services, write().await, yard.pod.id, new).await), "CloudPod not found.");
    let reader = yard.bench.services.db.user("rita@example.test", None).await;
    yard.bench.services.db.member(yard.bench.tenant, &reader, "TENANT_USER").await;
    assert!(services.db.tenant::<WebsitesRead>(&reader, yard.bench.tenant).await.is_ok());
    assert!(services.db.tenant::<WebsitesWrite>(&reader, yard.bench.tenant).await.is_err());
    assert!(services.db.tenant::<WebsitesDelete>(&reader, yard.bench.tenant).await.is_err());
}

#[tokio::test]
async fn a_site_is_switched_to_another_version_and_back_when_it_does_not_respond_on_it() {
    let yard = Yard::open().await;
    let job = yard.create("Tool", Stack::Php, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let tool = yard.site("Tool").await;
    assert_eq!(tool.runtime, Some(Runtime::Php84));
    assert_eq!(fault(yard.set_runtime(tool.id, Runtime::Node24).await), "runtime: This stack runs on other versions. Select one of its own.");
    assert_eq!(fault(yard.set_runtime(tool.id, Runtime::Php84).await), "runtime: This site runs on PHP 8.4 already.");

    let job = yard.set_runtime(tool.id, Runtime::Php82).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!((yard.site("Tool").await.runtime, yard.page(&tool.domain).await), (Some(Runtime::Php82), 200));
    assert_eq!(yard.sites().await[0].runtime, Some(Runtime::Php84), "its neighbour stays on its own");
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());

    yard.bench.services.servers.break_runtime("php8.4");
    let job = yard.set_runtime(tool.id, Runtime::Php84).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Undone);
    assert_eq!((yard.site("Tool").await.runtime, yard.page(&tool.domain).await), (Some(Runtime::Php82), 200), "the old version serves");
    let why: String =
        sqlx::query_scalar("select error from jobs where id = $1").bind(job).fetch_one(&mut yard.bench.services.db.owner().await).await.unwrap();
    assert!(why.contains("does not respond as it should: HTTP 500"), "{why}");
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());
    // What was out of order before need not be better on another version.
    yard.bench.services.servers.break_runtime("php8.2");
    let job = yard.set_runtime(tool.id, Runtime::Php84).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.page(&tool.domain).await, 200);
}

#[tokio::test]
async fn a_version_without_security_updates_is_marked_and_not_offered() {
    let yard = Yard::open().await;
    // PHP 8.2 gets its last ones on the last day of 2026, PHP 8.4 on that of 2028.
    let job = yard.create("Journal", Stack::Wordpress, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let (first, journal) = (yard.sites().await[0].id, yard.site("Journal").await.id);
    let job = yard.set_runtime(journal, Runtime::Php82).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let time = |text: &str| text.parse::<model::Time>().unwrap();
    let to = async |then: model::Time| yard.bench.services.clock.advance(then - yard.bench.services.services.now());
    let shown = async |id| {
        let view = yard.view(id).await.unwrap();
        (view.site.is_end_of_life, view.offered)
    };
    to(time("2028-12-31T23:00:00Z")).await;
    assert_eq!(shown(first).await, (false, vec![]), "PHP 8.2 is not offered");
    assert_eq!(shown(journal).await, (true, vec![Runtime::Php84]));
    to(time("2029-01-01T00:00:01Z")).await;
    assert_eq!((shown(first).await, shown(journal).await), ((true, vec![]), (true, vec![])));
}

#[tokio::test]
async fn a_static_site_is_set_to_another_folder_other_index_files_and_a_front_page_for_what_is_not_there() {
    let (yard, shop) = Yard::with_shop().await;
    let services = &yard.bench.services.services;
    let set = async |files: FileSettings| websites::set_files(services, yard.write().await, shop, files).await;
    let files = |root: &str, index: &str, spa_fallback| FileSettings { document_root: root.to_owned(), index_files: index.to_owned(), spa_fallback };
    for wrong in ["..", "a/../../etc", ".git", "a b"] {
        assert!(fault(set(files(wrong, "", false)).await).starts_with("document_root: "), "{wrong}");
    }
    assert!(fault(set(files("", "a/b.html", false)).await).starts_with("index_files: "));
    assert_eq!(fault(set(files("", "a b c d e f", false)).await), "index_files: Enter at most 5 files.");
    assert_eq!(fault(set(files("", "", false)).await), "Nothing has changed.");
    let job = set(files("/dist/", "start.html", true)).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let told = yard.bench.services.servers.settings(SHOP).unwrap();
    assert_eq!((told.document_root.unwrap().as_str(), told.index_files[0].as_str(), told.spa_fallback), ("dist", "start.html", true));
    assert_eq!(yard.view(shop).await.unwrap().config.files, files("dist", "start.html", true));
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());
    let first = yard.sites().await[0].id;
    assert!(fault(websites::set_files(services, yard.write().await, first, files("", "x.html", false)).await).starts_with("index_files: "));
}

#[tokio::test]
async fn php_of_a_site_is_set_within_limits_and_that_of_others_stays() {
    let (yard, shop) = Yard::with_shop().await;
    let job = yard.create("Tool", Stack::Php, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let (first, services) = (yard.sites().await[0].id, &yard.bench.services.services);
    let set = async |php: PhpInput| websites::set_php(services, yard.write().await, first, &php).await;
    let typed = |memory: &str, upload: &str, seconds: &str| PhpInput {
        memory_limit_mb: memory.to_owned(),
        max_upload_mb: upload.to_owned(),
        max_execution_seconds: seconds.to_owned(),
        display_errors: true,
    };
    assert_eq!(fault(set(typed("31", "", "")).await), "memory_limit_mb: Enter a whole number from 32 to 2048.");
    assert_eq!(fault(set(typed("", "1025", "")).await), "max_upload_mb: Enter a whole number from 1 to 1024.");
    assert_eq!(fault(set(typed("", "", "601")).await), "max_execution_seconds: Enter a whole number from 5 to 600.");
    assert!(fault(set(typed("", "", "-1")).await).starts_with("max_execution_seconds: "));
    let php = PhpSettings { memory_limit_mb: Some(96), max_upload_mb: Some(128), max_execution_seconds: Some(300), display_errors: true };
    let job = set(typed("96", "128", "300")).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let told = yard.bench.services.servers.settings(FIRST).unwrap().php;
    assert_eq!((told.memory_limit_mb, told.max_upload_mb, told.max_execution_seconds, told.display_errors), (Some(96), Some(128), Some(300), true));
    assert_eq!(yard.view(first).await.unwrap().config.php, php);
    assert!(yard.bench.services.servers.settings("tool--blog.sites.example").unwrap().is_default());
    assert_eq!(fault(websites::set_php(services, yard.write().await, shop, &typed("96", "", "")).await), "This stack has no PHP.");
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());
}

#[tokio::test]
async fn redirects_and_headers_of_a_site_are_set_as_they_are_typed_and_refused_by_their_line() {
    let (yard, shop) = Yard::with_shop().await;
    let services = &yard.bench.services.services;
    let typed = |redirects: &str, headers: &str| HttpRules { redirects: redirects.to_owned(), headers: headers.to_owned() };
    let set = async |typed: HttpRules| websites::set_http_rules(services, yard.write().await, shop, &typed).await;
    for (redirects, headers, why) in [
        ("/a /b\n\n/old", "", "redirects: Line 3: enter a path, a target and a status, such as /old /new 301."),
        ("/a /b 200", "", "redirects: Enter status 301, 302, 307 or 308."),
        ("/a $host", "", "redirects: Line 1: enter at most 1000 characters of plain ASCII without spaces, quotes and $; write others as %20."),
        ("/a /b\n/a /c", "", "redirects: Enter each path once."),
        ("/* /b", "", "redirects: Enter a folder that ends with / and is not / itself."),
        ("", "Set-Cookie: a", "headers: Line 1: this header can't be set."),
        ("", "X-Frame-Options", "headers: Line 1: enter a name and a value"),
    ] {
        assert!(fault(set(typed(redirects, headers)).await).starts_with(why), "{redirects} {headers}");
    }
    let long: Vec<String> = (0..17).map(|at| format!("/{at} /{}", "a".repeat(990))).collect();
    assert_eq!(fault(set(typed(&long.join("\n"), "")).await), "redirects: Enter at most 16384 characters in all.");
    let job = set(typed(" /old   /new\r\n/blog/* https://example.com/ 308 ", "x-frame-options:  DENY")).await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let told = yard.bench.services.servers.settings(SHOP).unwrap();
    assert_eq!(
        told.redirects.iter().map(|one| (one.from.as_str(), one.below, one.to.as_str(), one.status)).collect::<Vec<_>>(),
        [("/old", false, "/new", 301), ("/blog/", true, "https://example.com/", 308)]
    );
    assert_eq!((told.headers[0].name.as_str(), told.headers[0].value.as_str()), ("X-Frame-Options", "DENY"));
    assert_eq!(yard.view(shop).await.unwrap().config.http_rules, typed("/old /new 301\n/blog/* https://example.com/ 308", "X-Frame-Options: DENY"));
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());
}
