//! Previews of branches, from the form to their end.

use super::{
    pushes::{github, push},
    world::{DOMAIN, Shop, fault},
};
use crate::{
    cloudpods::{deploys, previews, websites},
    testing::Bench,
};
use chrono::TimeDelta;
use db::{PlatformTx, TenantTx};
use engine::{
    reconcile::run_due,
    saga::{Outcome, contract::worker, run_job},
};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        previews::{PreviewAccess, PreviewRow},
        site_programs::{VariableChange, VariableOp},
        websites::{SiteStatus, WebsiteRow, WebsiteView},
    },
    ids::{JobId, WebsiteId},
    page::PageRequest,
    permission::{WebsitesDelete, WebsitesRead, WebsitesWrite},
};
use tokio_util::sync::CancellationToken;

impl Shop {
    async fn create_preview(&self, branch: &str, copy_variables: bool) -> engine::Result<JobId> {
        previews::create(&self.bench.services.services, self.write().await, self.site, branch, copy_variables).await
    }

    /// A preview that its branch is deployed to.
    async fn preview_of(&self, branch: &str, copy_variables: bool) -> PreviewRow {
        let job = self.create_preview(branch, copy_variables).await.unwrap();
        assert_eq!(self.bench.finish(job).await, JobStatus::Done);
        // The job was at work when the deploy was asked for.
        self.bench.services.clock.advance(TimeDelta::seconds(70));
        self.finish_jobs().await;
        self.preview(branch).await
    }

    async fn preview(&self, branch: &str) -> PreviewRow {
        self.view().await.previews.into_iter().find(|one| one.branch == branch).unwrap_or_else(|| panic!("no preview of {branch}"))
    }

    async fn access(&self, id: WebsiteId) -> engine::Result<PreviewAccess> {
        previews::access(&self.bench.services.services, self.write().await, id).await
    }

    async fn delete_preview(&self, id: WebsiteId) -> engine::Result<JobId> {
        previews::delete(&self.bench.services.services, self.write().await, id).await
    }

    async fn own(&self) -> TenantTx<WebsitesRead> {
        self.bench.services.services.db.tenant(&self.owner, self.bench.tenant).await.unwrap()
    }

    async fn site_view(&self, id: WebsiteId) -> WebsiteView {
        websites::get_own(&self.bench.services.services, &mut self.own().await, id).await.unwrap()
    }

    async fn sites(&self) -> Vec<WebsiteRow> {
        websites::list_own(&self.bench.services.services, &mut self.own().await, self.pod.id).await.unwrap()
    }

    async fn status_of(&self, id: WebsiteId) -> SiteStatus {
        sqlx::query_scalar("select status from websites where id = $1").bind(id).fetch_one(&mut self.bench.services.db.owner().await).await.unwrap()
    }

    async fn set_variables(&self, names: &[&str]) {
        let changes: Vec<_> =
            names.iter().map(|name| VariableChange { op: VariableOp::Set, name: (*name).to_owned(), value: "opensesame".to_owned() }).collect();
        let job = websites::set_environment(&self.bench.services.services, self.write().await, self.site, &changes).await.unwrap();
        assert_eq!(self.bench.finish(job).await, JobStatus::Done);
    }

    /// Lets this much time pass, with all that is due then.
    async fn pass(&self, time: TimeDelta) {
        self.bench.services.clock.advance(time);
        self.finish_jobs().await;
    }

    /// What a visitor gets who says this name and password.
    async fn visit_as(&self, domain: &str, user: &str, password: &str) -> u16 {
        let address = format!("http://{}/", self.bench.services.servers.sites());
        let asked = self.bench.services.services.http.get(address).header("host", domain).basic_auth(user, Some(password)).send();
        asked.await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_branch_is_shown_behind_a_password_and_search_engines_leave_it_out() {
    let shop = Shop::open().await;
    shop.deploy().await;
    let preview = shop.preview_of("feature/checkout", false).await;
    assert_eq!((preview.status, preview.is_deployed, preview.created_by.as_str()), (SiteStatus::Active, true, "ana@example.test"));
    assert_eq!(preview.domain, format!("featurechecko--{}.sites.example", shop.pod.name));
    assert_eq!((shop.bench.visit(&preview.domain).await.0, shop.bench.visit(DOMAIN).await.0), (401, 200));
    let access = shop.access(preview.id).await.unwrap();
    assert_eq!((access.user.as_str(), access.password.len()), ("preview", 43));
    assert_eq!(shop.visit_as(&preview.domain, &access.user, &access.password).await, 200);
    assert_eq!(shop.bench.services.servers.release(&preview.domain).as_deref(), Some("r1"));
    assert_eq!(shop.live().as_deref(), Some("r1"), "the site's own");
    let settings = shop.bench.services.servers.settings(&preview.domain).unwrap();
    assert!(settings.headers.iter().any(|one| one.name.as_str() == "X-Robots-Tag" && one.value.as_str() == "noindex"), "{:?}", settings.headers);
    assert!(shop.bench.services.servers.settings(DOMAIN).unwrap().headers.is_empty());
    let shown: i64 =
        shop.bench.count("select count(*) from audit_events where action = 'PREVIEW_PASSWORD_SHOWN' and target_id = $1::text", preview.id.0).await;
    assert_eq!(shown, 1);

    let view = shop.site_view(preview.id).await;
    let of = view.preview.unwrap();
    assert_eq!((of.site, of.branch.as_str(), view.is_last), (shop.site, "feature/checkout", false));
    assert_eq!(shop.sites().await.len(), 1, "it is no site of its own in the list of the CloudPod");
    assert!(shop.site_view(shop.site).await.is_last);
}

#[tokio::test]
async fn a_preview_gets_variables_only_where_that_was_chosen_and_never_the_scheduled_jobs() {
    let shop = Shop::of(Stack::Node).await;
    shop.set_source(super::world::source(super::world::REMOTE)).await.unwrap();
    shop.set_variables(&["API_KEY", "MODE"]).await;
    let input = model::hosting::cron_jobs::CronJobInput {
        name: "Tidy".to_owned(),
        schedule: "0 3 * * *".to_owned(),
        command: "true".to_owned(),
        is_on: true,
        ..Default::default()
    };
    let job = websites::save_cron_job(&shop.bench.services.services, shop.write().await, shop.site, None, &input).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    let (without, with) = (shop.preview_of("next", false).await, shop.preview_of("with", true).await);
    let servers = &shop.bench.services.servers;
    assert!(servers.environment(&without.domain).is_empty() && servers.cron_jobs(&without.domain).is_empty());
    assert_eq!(servers.environment(&with.domain), servers.environment(DOMAIN));
    assert!(servers.cron_jobs(&with.domain).is_empty() && !servers.cron_jobs(DOMAIN).is_empty());
    // They are its own from then on.
    shop.set_variables(&["NEW"]).await;
    assert_eq!((servers.environment(&with.domain).len(), servers.environment(DOMAIN).len()), (2, 3));
    let said: serde_json::Value = sqlx::query_scalar("select after from audit_events where action = 'PREVIEW_REQUESTED' order by seq desc limit 1")
        .fetch_one(&mut shop.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(said["variables"], serde_json::json!(["API_KEY", "MODE"]));
}

#[tokio::test]
async fn a_preview_follows_pushes_of_its_branch_and_goes_with_it() {
    let shop = Shop::open().await;
    shop.deploy().await;
    let secret = shop.create_webhook().await.unwrap().secret;
    let preview = shop.preview_of("next", false).await;
    let live = || shop.bench.services.servers.release(&preview.domain);
    assert!(push(&shop, &secret, &github("next", "aaaaaaa1")).await.unwrap());
    assert!(shop.preview("next").await.is_push_waiting);
    shop.pass(TimeDelta::seconds(61)).await;
    assert_eq!((live().as_deref(), shop.live().as_deref()), (Some("r2"), Some("r1")));
    assert!(!push(&shop, &secret, &github("other", "aaaaaaa2")).await.unwrap());
    assert!(push(&shop, &secret, &github("main", "aaaaaaa3")).await.unwrap());
    shop.pass(TimeDelta::seconds(61)).await;
    assert_eq!((live().as_deref(), shop.live().as_deref()), (Some("r2"), Some("r2")));

    assert!(!push(&shop, &secret, &github("next", &"0".repeat(40))).await.unwrap());
    shop.pass(TimeDelta::seconds(10)).await;
    assert_eq!((shop.status_of(preview.id).await, shop.bench.visit(&preview.domain).await.0), (SiteStatus::Deleted, 404));
    assert_eq!((shop.view().await.previews.len(), shop.bench.visit(DOMAIN).await.0), (0, 200));
    let left = "select (select count(*) from site_previews where website_id = $1) + (select count(*) from site_domains where website_id = $1 and released_at is null)";
    assert_eq!(shop.bench.count(left, preview.id.0).await, 0);
}

#[tokio::test]
async fn bitbucket_tells_of_a_deleted_branch_in_its_own_way() {
    let gone = serde_json::json!({ "push": { "changes": [{ "new": null, "old": { "type": "branch", "name": "next" } }] } }).to_string();
    assert!(deploys::is_deleted(gone.as_bytes(), "next") && !deploys::is_deleted(gone.as_bytes(), "main"));
    let tag = serde_json::json!({ "push": { "changes": [{ "new": null, "old": { "type": "tag", "name": "next" } }] } }).to_string();
    assert!(!deploys::is_deleted(tag.as_bytes(), "next"));
    assert!(!deploys::is_deleted(github("next", "aaaaaaa1").as_bytes(), "next") && !deploys::is_deleted(b"{", "next"));
}

#[tokio::test]
async fn a_preview_is_deleted_two_weeks_after_its_last_push_or_deploy() {
    let shop = Shop::open().await;
    let secret = shop.create_webhook().await.unwrap().secret;
    let preview = shop.preview_of("next", false).await;
    shop.pass(TimeDelta::days(13)).await;
    assert!(push(&shop, &secret, &github("next", "aaaaaaa1")).await.unwrap());
    shop.pass(TimeDelta::days(13)).await;
    let job = deploys::start(&shop.bench.services.services, shop.write().await, preview.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    shop.pass(TimeDelta::days(13)).await;
    assert_eq!(shop.status_of(preview.id).await, SiteStatus::Active);
    shop.pass(TimeDelta::days(2)).await;
    assert_eq!((shop.status_of(preview.id).await, shop.bench.visit(&preview.domain).await.0), (SiteStatus::Deleted, 404));
    assert_eq!((shop.status_of(shop.site).await, shop.bench.visit(DOMAIN).await.0), (SiteStatus::Active, 200));
}

#[tokio::test]
async fn every_push_and_every_deploy_of_a_preview_renews_it_and_a_deleted_webhook_takes_its_pushes() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let secret = shop.create_webhook().await.unwrap().secret;
    let preview = shop.preview_of("next", false).await;
    let deploys_of = async || {
        let mut tx = shop.own().await;
        deploys::get_own(services, &mut tx, preview.id).await.unwrap().deploys
    };
    shop.pass(TimeDelta::days(13)).await;
    let commit = deploys_of().await[0].commit.clone().unwrap();
    assert!(!push(&shop, &secret, &github("next", &commit)).await.unwrap(), "it is deployed already");
    shop.pass(TimeDelta::days(13)).await;
    let job = deploys::start(services, shop.write().await, preview.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    shop.pass(TimeDelta::days(13)).await;
    let first = deploys_of().await.pop().unwrap();
    let job = shop.roll_back(first.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    shop.pass(TimeDelta::days(13)).await;
    assert_eq!(shop.status_of(preview.id).await, SiteStatus::Active);

    assert!(push(&shop, &secret, &github("next", "aaaaaaa1")).await.unwrap());
    deploys::delete_webhook(services, shop.write().await, shop.site).await.unwrap();
    assert!(!shop.preview("next").await.is_push_waiting);
}

#[tokio::test]
async fn an_expired_preview_waits_for_its_cloudpod_and_a_deletion_that_failed_is_tried_again_after_an_hour() {
    let shop = Shop::open().await;
    let preview = shop.preview_of("next", false).await;
    let servers = &shop.bench.services.servers;
    let failure = wire::message::Failure::new(wire::message::FailureKind::Refused, "no");
    shop.bench.services.clock.advance(TimeDelta::days(15));
    servers.fault_on("PodApply", adapters::node::simulated::Fault::Fail(failure));
    run_due(&shop.bench.services.services).await.unwrap();
    let job: JobId =
        sqlx::query_scalar("select id from jobs where kind = 'DELETE_SITE'").fetch_one(&mut shop.bench.services.db.owner().await).await.unwrap();
    let other = run_job(&worker(&shop.bench.services, Bench::registry()), job, &CancellationToken::new()).await.unwrap();
    assert!(!matches!(other, Outcome::Deferred(_)), "it was refused");
    run_due(&shop.bench.services.services).await.unwrap();
    let jobs = "select count(*) from jobs where kind = 'DELETE_SITE' and payload ->> 'site' = $1::text";
    assert_eq!(shop.bench.count(jobs, preview.id.0).await, 1);
    shop.pass(TimeDelta::minutes(80)).await;
    assert_eq!((shop.bench.count(jobs, preview.id.0).await, shop.status_of(preview.id).await), (2, SiteStatus::Deleted));
}

#[tokio::test]
async fn previews_end_with_their_site_its_repository_and_their_cloudpod_and_stop_with_their_site() {
    let shop = Shop::open().await;
    let services = &shop.bench.services.services;
    let preview = shop.preview_of("next", false).await;
    let job = websites::set_stopped(services, shop.write().await, shop.site, true).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!((shop.bench.visit(&preview.domain).await.0, shop.bench.visit(DOMAIN).await.0), (503, 503));
    assert_eq!(fault(deploys::start(services, shop.write().await, preview.id).await), "This site is stopped. Start it first.");
    let job = websites::set_stopped(services, shop.write().await, shop.site, false).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!((shop.bench.visit(&preview.domain).await.0, shop.bench.visit(DOMAIN).await.0), (401, 200));

    let tx: TenantTx<WebsitesDelete> = services.db.tenant(&shop.owner, shop.bench.tenant).await.unwrap();
    assert!(fault(websites::delete(services, tx, shop.site, DOMAIN).await).starts_with("This is the last site"), "a preview is none");
    deploys::disconnect(services, shop.write().await, shop.site).await.unwrap();
    shop.pass(TimeDelta::seconds(10)).await;
    assert_eq!(shop.status_of(preview.id).await, SiteStatus::Deleted);

    let new = websites::NewSite { title: "Docs".to_owned(), stack: Stack::Static, runtime: None, domain: String::new() };
    let job = websites::create(services, shop.write().await, shop.pod.id, new).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    shop.set_source(super::world::source(super::world::REMOTE)).await.unwrap();
    let preview = shop.preview_of("next", false).await;
    let tx: TenantTx<WebsitesDelete> = services.db.tenant(&shop.owner, shop.bench.tenant).await.unwrap();
    let job = websites::delete(services, tx, shop.site, DOMAIN).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    shop.pass(TimeDelta::seconds(10)).await;
    assert_eq!((shop.status_of(preview.id).await, shop.bench.visit(&preview.domain).await.0), (SiteStatus::Deleted, 404));

    let shop = Shop::open().await;
    let preview = shop.preview_of("next", false).await;
    let job = shop.bench.delete(shop.pod.id, &shop.pod.name).await.unwrap();
    shop.bench.finish(job).await;
    assert_eq!(shop.bench.visit(&preview.domain).await.0, 404);
    assert_eq!(shop.bench.count("select count(*) from site_previews where website_id = $1", preview.id.0).await, 0);
}

#[tokio::test]
async fn three_previews_at_a_time_each_of_a_branch_of_its_own_and_none_of_a_preview() {
    let shop = Shop::of(Stack::Php).await;
    assert_eq!(fault(shop.create_preview("next", false).await), "Set the repository of this site first.");
    shop.set_source(super::world::source(super::world::REMOTE)).await.unwrap();
    for (branch, why) in [
        ("main", "preview_branch: This is the branch"),
        ("-rf", "preview_branch: Enter"),
        ("a b", "preview_branch: Enter"),
        ("", "preview_branch: Enter"),
    ] {
        let told = fault(shop.create_preview(branch, false).await);
        assert!(told.starts_with(why), "{branch}: {told}");
    }
    let first = shop.preview_of("one", false).await;
    assert!(fault(shop.create_preview("one", false).await).starts_with("preview_branch: This branch has a preview already."));
    for branch in ["two", "three"] {
        shop.preview_of(branch, false).await;
    }
    assert!(fault(shop.create_preview("four", false).await).starts_with("A site can have 3 previews at a time."));
    let services = &shop.bench.services.services;
    let of_preview = previews::create(services, shop.write().await, first.id, "four", false).await;
    assert!(fault(of_preview).starts_with("A preview has no previews of its own."));

    // What is the site's is not changed at its preview.
    let input = super::world::source(super::world::REMOTE);
    assert!(
        fault(deploys::set_source(services, shop.write().await, first.id, input).await)
            .starts_with("A preview is deployed from its site's repository.")
    );
    assert_eq!(fault(websites::set_protection(services, shop.write().await, first.id, "", "").await), "A preview keeps its own password.");
    sqlx::query("insert into domains (id, tenant_id, name, token, status, created_at, verified_at) values (gen_random_uuid(), $1, 'bakery.example', repeat('a', 32), 'VERIFIED', now(), now())")
        .bind(shop.bench.tenant)
        .execute(&mut shop.bench.services.db.owner().await)
        .await
        .unwrap();
    let named = websites::add_name(services, shop.write().await, first.id, "next.bakery.example").await;
    assert_eq!(fault(named), "domain: A preview keeps its own name. Select its site.");

    let job = shop.delete_preview(first.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!(shop.status_of(first.id).await, SiteStatus::Deleted);
    assert_eq!(fault(shop.delete_preview(first.id).await), "Preview not found.");
    assert_eq!(fault(shop.delete_preview(shop.site).await), "This site is not a preview.");
    shop.preview_of("four", false).await;
}

#[tokio::test]
async fn previews_stand_beside_the_number_of_sites_that_a_cloudpod_can_have() {
    let shop = Shop::open().await;
    shop.preview_of("next", false).await;
    sqlx::query(
        "insert into websites (id, tenant_id, cloud_pod_id, name, title, stack, status, created_at)
         select gen_random_uuid(), tenant_id, cloud_pod_id, 'more' || n, 'More', 'STATIC', 'FAILED', created_at - interval '3 days'
           from websites, generate_series(1, 18) n where preview_of is null",
    )
    .execute(&mut shop.bench.services.db.owner().await)
    .await
    .unwrap();
    let services = &shop.bench.services.services;
    let new = |title: &str| websites::NewSite { title: title.to_owned(), stack: Stack::Static, runtime: None, domain: String::new() };
    let job = websites::create(services, shop.write().await, shop.pod.id, new("Docs")).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert!(
        fault(websites::create(services, shop.write().await, shop.pod.id, new("Blog")).await)
            .starts_with("The plan of this CloudPod allows 20 sites.")
    );
    shop.preview_of("other", false).await;
}

#[tokio::test]
async fn nobody_else_sees_makes_or_deletes_a_preview_and_a_rotated_master_key_opens_its_password() {
    let shop = Shop::open().await;
    let preview = shop.preview_of("next", false).await;
    let services = &shop.bench.services.services;
    let rival = shop.bench.services.db.user("eve@example.test", None).await;
    let other = shop.bench.services.db.tenant("globex").await;
    shop.bench.services.db.member(other, &rival, "TENANT_OWNER").await;
    let theirs = async || -> TenantTx<WebsitesWrite> { services.db.tenant(&rival, other).await.unwrap() };
    assert_eq!(fault(previews::create(services, theirs().await, shop.site, "x", false).await), "Site not found.");
    assert_eq!(fault(previews::access(services, theirs().await, preview.id).await), "Preview not found.");
    assert_eq!(fault(previews::delete(services, theirs().await, preview.id).await), "Preview not found.");
    let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&rival, other).await.unwrap();
    assert!(websites::list_all_own(services, &mut tx, &PageRequest::default()).await.unwrap().rows.is_empty());

    let before = shop.access(preview.id).await.unwrap().password;
    for (name, reseal) in &services.part::<engine::Modules>().sealed {
        let count = reseal(services).await.unwrap();
        assert!(*name != "passwords of previews" || count == 1, "{name}: {count}");
    }
    assert_eq!(shop.access(preview.id).await.unwrap().password, before);
}

#[tokio::test]
async fn all_sites_are_listed_by_state_customer_server_and_words() {
    let shop = Shop::open().await;
    let preview = shop.preview_of("next", false).await;
    let services = &shop.bench.services.services;
    let ask = async |state: &str, search: &str| -> Vec<WebsiteId> {
        let mut tx: PlatformTx<WebsitesRead> = services.db.platform(&shop.bench.admin).await.unwrap();
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let request = PageRequest { cursor: None, state: filled(state), search: filled(search) };
        websites::list_all(services, &mut tx, &request).await.unwrap().rows.into_iter().map(|row| row.site.id).collect()
    };
    let both = vec![preview.id, shop.site];
    assert_eq!(ask("", "").await, both);
    assert_eq!(ask("RUNNING", "").await, both);
    assert_eq!(ask("PREVIEW", "").await, [preview.id]);
    assert!(ask("STOPPED", "").await.is_empty() && ask("FAILED", "").await.is_empty());
    assert_eq!(ask("", "customer:acme").await, both);
    assert!(ask("", "customer:globex").await.is_empty() && ask("", "server:none").await.is_empty());
    assert_eq!(ask("", "shop.example").await, [shop.site]);
    let server: String = sqlx::query_scalar("select name from servers").fetch_one(&mut shop.bench.services.db.owner().await).await.unwrap();
    assert_eq!(ask("", &format!("server:{server} customer:acme next")).await, [preview.id]);
    let mut tx: PlatformTx<WebsitesRead> = services.db.platform(&shop.bench.admin).await.unwrap();
    let odd = PageRequest { state: Some("ODD".to_owned()), ..PageRequest::default() };
    assert_eq!(fault(websites::list_all(services, &mut tx, &odd).await), "state: Unknown status filter.");

    let mut tx = shop.own().await;
    let own = websites::list_all_own(services, &mut tx, &PageRequest::default()).await.unwrap().rows;
    assert_eq!(own.iter().map(|row| row.site.id).collect::<Vec<_>>(), both);
    assert!(own.iter().all(|row| row.server.is_none() && row.server_name.is_none()), "customers are told of no servers");
    tx.finish().await.unwrap();
    let job = websites::set_stopped(services, shop.write().await, shop.site, true).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Done);
    assert_eq!(ask("STOPPED", "").await, both, "a preview stops with its site");
    assert!(ask("RUNNING", "").await.is_empty());
}

#[tokio::test]
async fn staff_see_the_deploys_and_previews_of_a_site_and_jobs_of_a_site_bear_its_name() {
    let shop = Shop::open().await;
    let deploy = shop.deploy().await;
    shop.preview_of("next", false).await;
    let services = &shop.bench.services.services;
    let mut tx: PlatformTx<WebsitesRead> = services.db.platform(&shop.bench.admin).await.unwrap();
    let view = deploys::get(services, &mut tx, shop.site).await.unwrap();
    tx.finish().await.unwrap();
    assert_eq!((view.deploys.len(), view.previews.len(), view.source.unwrap().input.branch.as_str()), (1, 1, "main"));
    let named: String = sqlx::query_scalar("select title || ' ' || subject_name from jobs where id = $1")
        .bind(deploy.job)
        .fetch_one(&mut shop.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(named, format!("Deploy site {DOMAIN}"));
}
