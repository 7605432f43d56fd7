//! What belongs to a release beside its code.

use super::world::{DOMAIN, REMOTE, Shop, fault, source};
use crate::cloudpods::{deploys, websites};
use db::TenantTx;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::{Runtime, Stack},
        deploys::{RestoredChange, RollbackPreview, SourceInput},
        site_programs::{VariableChange, VariableOp},
        websites::{SiteConfig, WebsiteView},
    },
    ids::{DeployId, JobId},
    permission::WebsitesRead,
};

fn set(name: &str, value: &str) -> VariableChange {
    VariableChange { op: VariableOp::Set, name: name.to_owned(), value: value.to_owned() }
}

fn delete(name: &str) -> VariableChange {
    VariableChange { op: VariableOp::Delete, name: name.to_owned(), value: String::new() }
}

impl Shop {
    async fn node() -> Self {
        let shop = Self::of(Stack::Node).await;
        shop.set_source(SourceInput { start_file: "main.js".to_owned(), ..source(REMOTE) }).await.unwrap();
        shop
    }

    async fn done(&self, job: engine::Result<JobId>) {
        assert_eq!(self.bench.finish(job.unwrap()).await, JobStatus::Done);
    }

    async fn change_variables(&self, changes: &[VariableChange]) {
        self.bench.services.clock.advance(chrono::Duration::minutes(1));
        self.done(websites::set_environment(&self.bench.services.services, self.write().await, self.site, changes).await).await;
    }

    async fn set_headers(&self, headers: &str) {
        let typed = model::hosting::websites::HttpRules { headers: headers.to_owned(), ..Default::default() };
        self.done(websites::set_http_rules(&self.bench.services.services, self.write().await, self.site, &typed).await).await;
    }

    async fn read(&self) -> TenantTx<WebsitesRead> {
        self.bench.services.services.db.tenant(&self.owner, self.bench.tenant).await.unwrap()
    }

    async fn website(&self) -> WebsiteView {
        websites::get_own(&self.bench.services.services, &mut self.read().await, self.site).await.unwrap()
    }

    async fn config(&self) -> SiteConfig {
        self.website().await.config
    }

    async fn rollback_preview(&self, id: DeployId) -> RollbackPreview {
        deploys::preview_rollback(&mut self.read().await, id).await.unwrap()
    }

    /// Variables that the server has been given, with what tells their values apart.
    fn variables(&self) -> Vec<String> {
        self.bench.services.servers.environment(DOMAIN)
    }

    fn headers(&self) -> Vec<String> {
        let settings = self.bench.services.servers.settings(DOMAIN).unwrap();
        settings.headers.iter().map(|one| format!("{}: {}", one.name, one.value)).collect()
    }
}

#[tokio::test]
async fn a_rollback_brings_back_settings_variables_and_version_and_a_roll_forward_what_was_changed_since() {
    let shop = Shop::node().await;
    let services = &shop.bench.services.services;
    shop.change_variables(&[set("API_KEY", "one"), set("OLD", "1")]).await;
    shop.set_headers("X-Frame-Options: DENY").await;
    let before = shop.website().await.site.runtime.unwrap();
    let first = shop.deploy().await;
    let leaked = shop.variables();
    // Replaced while the first release is live: what it went live with does not come back.
    shop.change_variables(&[set("API_KEY", "replaced")]).await;
    let (then, headers_then) = (shop.variables(), shop.headers());
    assert_ne!(leaked, then);

    shop.deploy().await;
    // Changed while the second release is live: no deploy has seen it.
    let other = Stack::Node.runtimes().iter().copied().find(|one| *one != before).unwrap();
    shop.done(websites::set_runtime(services, shop.write().await, shop.site, other).await).await;
    shop.change_variables(&[set("API_KEY", "two"), delete("OLD"), set("NEW", "1")]).await;
    shop.set_headers("X-Frame-Options: SAMEORIGIN").await;
    let (later, headers_later) = (shop.variables(), shop.headers());
    assert!(then != later && headers_then != headers_later);

    let preview = shop.rollback_preview(first.id).await;
    assert!(preview.is_known);
    let runtime = |title: Runtime| title.title();
    assert_eq!(preview.settings, [format!("Runtime: {} instead of {}", runtime(before), runtime(other)), "Redirects and headers".to_owned()]);
    let changes: Vec<_> = preview.variables.iter().map(|one| (one.name.as_str(), one.change)).collect();
    assert_eq!(changes, [("API_KEY", RestoredChange::Replaced), ("NEW", RestoredChange::Removed), ("OLD", RestoredChange::Added)]);

    shop.done(shop.roll_back(first.id).await).await;
    assert_eq!((shop.live().as_deref(), shop.variables(), shop.headers()), (Some("r1"), then, headers_then));
    assert_eq!(shop.website().await.site.runtime, Some(before));
    assert_eq!(shop.config().await.environment.variables.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["API_KEY", "OLD"]);
    let changed: serde_json::Value = sqlx::query_scalar("select after -> 'changed' from audit_events where action = 'SITE_ROLLED_BACK'")
        .fetch_one(&mut shop.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!((&changed["variables"], &changed["runtime"]), (&serde_json::json!(["API_KEY", "OLD"]), &serde_json::json!(before)));

    let second = shop.view().await.deploys.into_iter().find(|row| row.number == 2).unwrap();
    shop.done(shop.roll_back(second.id).await).await;
    assert_eq!((shop.live().as_deref(), shop.variables(), shop.headers()), (Some("r2"), later, headers_later));
    assert_eq!(shop.website().await.site.runtime, Some(other));
    assert!(shop.config().await.runtime.is_none(), "it is the site's version, not one to be switched to");
}

#[tokio::test]
async fn the_code_alone_comes_back_where_that_is_chosen_and_of_releases_of_before_that_was_kept() {
    let shop = Shop::node().await;
    let first = shop.deploy().await;
    shop.deploy().await;
    shop.change_variables(&[set("API_KEY", "two")]).await;
    let services = &shop.bench.services.services;
    shop.done(deploys::roll_back(services, shop.write().await, first.id, true).await).await;
    assert_eq!((shop.live().as_deref(), shop.variables().len()), (Some("r1"), 1));

    sqlx::query("update deploys set settings = null").execute(&mut shop.bench.services.db.owner().await).await.unwrap();
    let second = shop.view().await.deploys.into_iter().find(|row| row.number == 2).unwrap();
    let preview = shop.rollback_preview(second.id).await;
    assert!(!preview.is_known && preview.settings.is_empty() && preview.variables.is_empty(), "{preview:?}");
    shop.done(shop.roll_back(second.id).await).await;
    assert_eq!((shop.live().as_deref(), shop.variables().len()), (Some("r2"), 1));
}

#[tokio::test]
async fn scheduled_jobs_and_the_password_of_a_site_stay_as_they_are() {
    let shop = Shop::node().await;
    let services = &shop.bench.services.services;
    let first = shop.deploy().await;
    shop.deploy().await;
    shop.done(websites::set_protection(services, shop.write().await, shop.site, "ana", "opensesame").await).await;
    let input = model::hosting::cron_jobs::CronJobInput {
        name: "Tidy".to_owned(),
        schedule: "0 3 * * *".to_owned(),
        command: "true".to_owned(),
        is_on: true,
        ..Default::default()
    };
    shop.done(websites::save_cron_job(services, shop.write().await, shop.site, None, &input).await).await;
    assert!(shop.rollback_preview(first.id).await.settings.is_empty());
    shop.done(shop.roll_back(first.id).await).await;
    let config = shop.config().await;
    assert_eq!((shop.live().as_deref(), config.cron_jobs.len(), config.protection.map(|one| one.user)), (Some("r1"), 1, Some("ana".to_owned())));
    assert_eq!(shop.bench.visit(DOMAIN).await.0, 401);
}

#[tokio::test]
async fn values_are_kept_as_long_as_a_release_needs_them_and_no_longer() {
    let shop = Shop::node().await;
    let sets = async || shop.bench.count("select count(*) from site_environments where website_id = $1", shop.site.0).await;
    // Each release keeps those that it was left with.
    for round in 1..=3 {
        shop.deploy().await;
        shop.change_variables(&[set("ROUND", &round.to_string())]).await;
        assert_eq!(sets().await, round);
    }
    // Five releases stay on the server; those of before take their values with them.
    for _ in 0..5 {
        shop.deploy().await;
    }
    assert_eq!(sets().await, 1);
}

#[tokio::test]
async fn a_rollback_that_does_not_respond_leaves_settings_and_variables_and_nobody_else_sees_what_would_change() {
    let shop = Shop::node().await;
    shop.change_variables(&[set("API_KEY", "one")]).await;
    let first = shop.deploy().await;
    shop.deploy().await;
    shop.change_variables(&[set("API_KEY", "two")]).await;
    let now = shop.variables();
    shop.bench.services.servers.break_release("r1");
    let job = shop.roll_back(first.id).await.unwrap();
    assert_eq!(shop.bench.finish(job).await, JobStatus::Undone);
    assert_eq!((shop.live().as_deref(), shop.variables()), (Some("r2"), now));

    let services = &shop.bench.services.services;
    let rival = shop.bench.services.db.user("eve@example.test", None).await;
    let other = shop.bench.services.db.tenant("globex").await;
    shop.bench.services.db.member(other, &rival, "TENANT_OWNER").await;
    let mut tx: TenantTx<WebsitesRead> = services.db.tenant(&rival, other).await.unwrap();
    assert_eq!(fault(deploys::preview_rollback(&mut tx, first.id).await), "Deploy not found.");
}
