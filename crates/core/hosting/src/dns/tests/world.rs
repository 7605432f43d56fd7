//! Two customers, two name servers.

use crate::{dns, testing::Bench};
use chrono::TimeDelta;
use db::{Caller, TenantTx};
use engine::{Error, Services, reconcile::run_due};
use model::{
    hosting::dns::{ChangeOp, DnsRecord, RecordChange, RecordType, ZoneContent, ZoneView},
    ids::{DomainId, ServerId, TenantId},
    permission::{DnsDelete, DnsRead, DnsWrite},
};

/// The domain of most tests.
pub(super) const DOMAIN: &str = "bakery.example";

pub(super) struct World {
    pub(super) bench: Bench,
    pub(super) servers: [ServerId; 2],
    pub(super) owner: Caller,
    pub(super) rival: Caller,
    pub(super) other: TenantId,
}

impl World {
    /// Servers that could be name servers and are none.
    pub(super) async fn bare() -> Self {
        let bench = Bench::new().await;
        let servers = [bench.server, bench.another_server("dns2").await];
        Self::around(bench, servers).await
    }

    /// The same around these servers.
    pub(super) async fn around(bench: Bench, servers: [ServerId; 2]) -> Self {
        let owner = bench.services.db.user("ana@example.test", None).await;
        bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
        let rival = bench.services.db.user("eve@example.test", None).await;
        let other = bench.services.db.tenant("globex").await;
        bench.services.db.member(other, &rival, "TENANT_OWNER").await;
        Self { bench, servers, owner, rival, other }
    }

    /// With both as name servers.
    pub(super) async fn new() -> Self {
        let world = Self::bare().await;
        world.add_name_server(0, "ns1.panel.example").await.unwrap();
        world.add_name_server(1, "ns2.panel.example").await.unwrap();
        world
    }

    /// With a zone that both answer for.
    pub(super) async fn with_zone() -> (Self, DomainId) {
        let world = Self::new().await;
        let domain = world.proved(world.bench.tenant, DOMAIN).await;
        world.create(domain).await.unwrap();
        world.run().await;
        assert!(world.zone(domain).await.is_in_sync());
        (world, domain)
    }

    pub(super) fn services(&self) -> &Services {
        &self.bench.services.services
    }

    pub(super) async fn add_name_server(&self, which: usize, name: &str) -> engine::Result<()> {
        let tx = self.services().db.platform(&self.bench.admin).await.unwrap();
        dns::add_name_server(self.services(), tx, self.servers[which], name).await
    }

    pub(super) async fn remove_name_server(&self, which: usize) -> engine::Result<()> {
        let tx = self.services().db.platform(&self.bench.admin).await.unwrap();
        dns::remove_name_server(self.services(), tx, self.servers[which]).await
    }

    /// A domain that this account has connected, in this state.
    pub(super) async fn domain(&self, tenant: TenantId, name: &str, is_proved: bool) -> DomainId {
        let id = DomainId(uuid::Uuid::now_v7());
        sqlx::query(
            "insert into domains (id, tenant_id, name, token, status, created_at, verified_at)
             values ($1, $2, $3, repeat('0', 32), case when $4 then 'VERIFIED' else 'PENDING' end, now(), case when $4 then now() end)",
        )
        .bind(id)
        .bind(tenant)
        .bind(name)
        .bind(is_proved)
        .execute(&mut self.bench.services.db.owner().await)
        .await
        .unwrap();
        id
    }

    pub(super) async fn proved(&self, tenant: TenantId, name: &str) -> DomainId {
        self.domain(tenant, name, true).await
    }

    /// Lets a domain go, as its customer would, or somebody else's proof.
    pub(super) async fn release(&self, domain: DomainId) {
        sqlx::query("update domains set released_at = now() where id = $1")
            .bind(domain)
            .execute(&mut self.bench.services.db.owner().await)
            .await
            .unwrap();
    }

    pub(super) async fn write(&self) -> TenantTx<DnsWrite> {
        self.services().db.tenant(&self.owner, self.bench.tenant).await.unwrap()
    }

    pub(super) async fn read(&self) -> TenantTx<DnsRead> {
        self.services().db.tenant(&self.owner, self.bench.tenant).await.unwrap()
    }

    pub(super) async fn create(&self, domain: DomainId) -> engine::Result<()> {
        dns::create(self.services(), self.write().await, domain).await
    }

    pub(super) async fn apply(&self, domain: DomainId, version: i32, changes: &[RecordChange]) -> engine::Result<()> {
        dns::apply(self.services(), self.write().await, domain, version, changes).await
    }

    /// Deletes a zone, as its customer would.
    pub(super) async fn remove(&self, domain: DomainId, typed: &str) -> engine::Result<()> {
        let tx: TenantTx<DnsDelete> = self.services().db.tenant(&self.owner, self.bench.tenant).await.unwrap();
        dns::delete(self.services(), tx, domain, typed).await
    }

    pub(super) async fn view(&self, domain: DomainId) -> ZoneView {
        dns::get_own(&mut self.read().await, domain).await.unwrap()
    }

    pub(super) async fn zone(&self, domain: DomainId) -> ZoneContent {
        self.view(domain).await.zone.expect("there is a zone")
    }

    /// Adds an address, and says under which serial.
    pub(super) async fn add_address(&self, domain: DomainId, name: &str) -> u32 {
        let version = self.zone(domain).await.version;
        self.apply(domain, version, &[add(name, RecordType::A, "192.0.2.80")]).await.unwrap();
        self.zone(domain).await.serial
    }

    /// How many records and versions there are of all zones, and how many zones, removed ones too.
    pub(super) async fn stored(&self) -> (i64, i64, i64) {
        let counts = "select (select count(*) from dns_records), (select count(*) from dns_zone_versions), (select count(*) from dns_zones)";
        sqlx::query_as(counts).fetch_one(&mut self.bench.services.db.owner().await).await.unwrap()
    }

    /// Lets the reconcilers do what is due.
    pub(super) async fn run(&self) {
        run_due(self.services()).await.unwrap();
    }

    /// The same after a time.
    pub(super) async fn after(&self, time: TimeDelta) {
        self.bench.services.clock.advance(time);
        self.run().await;
    }

    /// The serial that a server answers for a zone.
    pub(super) fn answers(&self, which: usize, name: &str) -> Option<u32> {
        self.bench.services.servers.zone(self.servers[which], name).map(|zone| zone.serial)
    }

    /// What the audit log says of zones, in order.
    pub(super) async fn told(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select coalesce(after ->> 'summary', after ->> 'reason', 'removed') from audit_events where action = 'DNS_CHANGED' order by seq",
        )
        .fetch_all(&mut self.bench.services.db.owner().await)
        .await
        .unwrap()
    }
}

pub(super) fn record(name: &str, kind: RecordType, value: &str) -> DnsRecord {
    DnsRecord { name: name.to_owned(), kind, ttl: 3600, value: value.to_owned() }
}

pub(super) fn add(name: &str, kind: RecordType, value: &str) -> RecordChange {
    RecordChange { op: ChangeOp::Add, record: record(name, kind, value) }
}

/// What was said to the user: the field, and the words.
pub(super) fn fault<T>(result: engine::Result<T>) -> String {
    match result {
        Err(Error::Api(error)) => error.fields.first().map_or(error.message, |fault| format!("{}: {}", fault.field, fault.message)),
        Err(other) => panic!("not an error of the user's: {other}"),
        Ok(_) => panic!("was accepted"),
    }
}
