//! Environment variables of sites.

use super::world::{FIRST, Yard, fault};
use crate::cloudpods::{secrets, websites};
use engine::secrets::MasterKey;
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        site_programs::{Environment, VariableChange, VariableOp},
    },
    ids::{JobId, WebsiteId},
};

fn set(name: &str, value: &str) -> VariableChange {
    VariableChange { op: VariableOp::Set, name: name.to_owned(), value: value.to_owned() }
}

fn delete(name: &str) -> VariableChange {
    VariableChange { op: VariableOp::Delete, name: name.to_owned(), value: String::new() }
}

impl Yard {
    async fn set_environment(&self, site: WebsiteId, changes: &[VariableChange]) -> engine::Result<JobId> {
        websites::set_environment(&self.bench.services.services, self.write().await, site, changes).await
    }

    async fn applied(&self, site: WebsiteId, changes: &[VariableChange]) -> JobStatus {
        let job = self.set_environment(site, changes).await.unwrap();
        self.bench.finish(job).await
    }

    async fn environment(&self, site: WebsiteId) -> Environment {
        self.view(site).await.unwrap().config.environment
    }

    /// Names of the variables that the server has been given.
    fn on_server(&self) -> Vec<String> {
        self.bench.services.servers.environment(FIRST).iter().map(|one| one.split(':').next().unwrap().to_owned()).collect()
    }

    async fn sets(&self, site: WebsiteId) -> i64 {
        self.bench.count("select count(*) from site_environments where website_id = $1", site.0).await
    }
}

#[tokio::test]
async fn variables_are_set_and_deleted_at_once_and_their_values_are_nowhere_to_be_read() {
    let yard = Yard::open().await;
    let site = yard.sites().await[0].id;
    assert_eq!(yard.applied(site, &[set("API_KEY", "opensesame-1"), set("MODE", "")]).await, JobStatus::Done);
    assert_eq!(yard.on_server(), ["API_KEY", "MODE"]);
    let shown = yard.environment(site).await.variables;
    assert_eq!(
        shown.iter().map(|one| (one.name.as_str(), one.changed_by.as_str())).collect::<Vec<_>>(),
        [("API_KEY", "ana@example.test"), ("MODE", "ana@example.test")]
    );
    let before = yard.bench.services.servers.environment(FIRST);

    yard.bench.services.clock.advance(chrono::Duration::minutes(1));
    assert_eq!(yard.applied(site, &[set("API_KEY", "opensesame-2\r\nline"), delete("MODE"), set("NEW", "1")]).await, JobStatus::Done);
    let after = yard.bench.services.servers.environment(FIRST);
    assert_eq!(yard.on_server(), ["API_KEY", "NEW"]);
    assert!(before[0] != after[0], "another value");
    let shown = yard.environment(site).await.variables;
    assert_eq!(shown.len(), 2);
    assert_eq!(yard.sets(site).await, 1, "values of before are not kept");
    assert!(yard.compared().await.drift.unwrap().differences.is_empty());
    assert_eq!(yard.told(site).await, ["SITE_UPDATED", "SITE_UPDATED"]);

    // Every text of the database.
    let tables = "select format('select count(*) from %I.%I t where t::text ilike ''%%opensesame%%'' or t::text ilike ''%%6f70656e736573616d65%%''', schemaname, tablename)
                    from pg_tables where schemaname not in ('pg_catalog', 'information_schema')";
    let mut owner = yard.bench.services.db.owner().await;
    let looks: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut owner).await.unwrap();
    assert!(looks.len() > 50);
    for look in looks {
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(look.clone())).fetch_one(&mut owner).await.unwrap();
        assert_eq!(found, 0, "{look}");
    }

    // Sealed anew with another key, they are still the same.
    let mut services = yard.bench.services.services.clone();
    services.key = MasterKey::new([3; 32]).with_older(vec![engine::testing::MASTER_KEY]);
    assert_eq!(secrets::reseal_environments(&services).await.unwrap(), 1);
    services.key = MasterKey::new([3; 32]);
    assert_eq!(secrets::reseal_environments(&services).await.unwrap(), 1, "the old key is needed no more");
}

#[tokio::test]
async fn variables_with_which_a_site_does_not_respond_are_taken_back_as_they_were() {
    let yard = Yard::open().await;
    let site = yard.sites().await[0].id;
    assert_eq!(yard.applied(site, &[set("MODE", "good")]).await, JobStatus::Done);
    let (before, on_server) = (yard.environment(site).await, yard.bench.services.servers.environment(FIRST));
    yard.bench.services.servers.break_variable("BREAKS");
    assert_eq!(yard.applied(site, &[set("MODE", "bad"), set("BREAKS", "1")]).await, JobStatus::Undone);
    assert_eq!(yard.bench.services.servers.environment(FIRST), on_server);
    assert_eq!((yard.environment(site).await, yard.page(FIRST).await), (before, 200));
    assert_eq!(yard.applied(site, &[delete("MODE")]).await, JobStatus::Done);
    assert!(yard.on_server().is_empty() && yard.environment(site).await.is_empty());
    assert_eq!(yard.sets(site).await, 0);
}

#[tokio::test]
async fn what_no_variable_can_be_is_refused_on_its_field_and_a_deleted_site_keeps_none() {
    let (yard, shop) = Yard::with_shop().await;
    let site = yard.sites().await[0].id;
    for name in ["PORT", "NODE_OPTIONS", "LD_PRELOAD", "PHP_INI_SCAN_DIR", "HTTP_PROXY", "lower", "A B", ""] {
        assert!(fault(yard.set_environment(site, &[set(name, "x")]).await).starts_with("changes: Invalid name."), "{name}");
        let mut tx = yard.write().await;
        assert!(fault(websites::check_variable(&mut tx, site, name, "x").await).starts_with("variable: "), "{name}");
    }
    let mut tx = yard.write().await;
    assert!(fault(websites::check_variable(&mut tx, site, "A", "a\0").await).starts_with("value: "));
    assert_eq!(websites::check_variable(&mut tx, site, " A ", "a\r\nb").await.unwrap(), "A");
    drop(tx);
    for (changes, why) in [
        (vec![], "changes: No changes to apply."),
        (vec![delete("GONE")], "changes: GONE is not set."),
        (vec![set("A", "1"), delete("A")], "changes: A is changed twice."),
        (vec![set("A", "\u{1}")], "changes: A has an invalid value. Use text without control characters other than tab and newline."),
        ((0..101).map(|at| set(&format!("V{at}"), "")).collect(), "changes: A site can have at most 100."),
        ((0..9).map(|at| set(&format!("V{at}"), &"x".repeat(4000))).collect(), "changes: A site can have at most 32 KiB together."),
    ] {
        assert_eq!(fault(yard.set_environment(site, &changes).await), why);
    }
    assert_eq!(fault(yard.set_environment(shop, &[set("A", "1")]).await), "A static site has no programs that could read variables.");

    let job = yard.create("Tool", Stack::Node, "").await.unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    let tool = yard.site("Tool").await;
    assert_eq!(yard.applied(tool.id, &[set("A", "1")]).await, JobStatus::Done);
    let job = yard.delete(tool.id, &tool.domain).await.unwrap();
    assert_eq!((yard.bench.finish(job).await, yard.sets(tool.id).await), (JobStatus::Done, 0));
}
