//! Addresses that new names of sites get in the zones of their account.

use super::world::{DOMAIN, World, add, record};
use crate::{
    cloudpods::{
        names,
        websites::{self, NewSite},
    },
    dns,
};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        dns::{ChangeOp, DnsRecord, RecordChange, RecordType},
    },
    ids::{CloudPodId, DomainId, JobId, WebsiteId},
    permission::DnsRead,
};
use wire::DomainName;

const ADDRESS: &str = "192.0.2.7";

/// A zone, and servers whose visitors come to an address.
async fn zoned() -> (World, DomainId) {
    let (mut world, domain) = World::with_zone().await;
    let sites = reqwest::Proxy::http(format!("http://{}", world.bench.services.servers.sites())).unwrap();
    world.bench.services.services.http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).proxy(sites).build().unwrap();
    set_address(&world, ADDRESS).await;
    (world, domain)
}

async fn set_address(world: &World, address: &str) {
    sqlx::query("update servers set site_address = $1").bind(address).execute(&mut world.bench.services.db.owner().await).await.unwrap();
}

async fn create_shop(world: &World, pod: CloudPodId) {
    let services = world.services();
    let tx = services.db.tenant(&world.owner, world.bench.tenant).await.unwrap();
    let new = NewSite { title: "Shop".to_owned(), stack: Stack::Static, runtime: None, domain: "shop.bakery.example".to_owned() };
    let job = websites::create(services, tx, pod, new).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
}

async fn finished(world: &World, job: Option<JobId>) {
    assert_eq!(world.bench.finish(job.unwrap()).await, JobStatus::Done);
}

async fn addresses(world: &World, domain: DomainId) -> Vec<DnsRecord> {
    world.zone(domain).await.records.into_iter().filter(|record| matches!(record.kind, RecordType::A | RecordType::Cname)).collect()
}

#[tokio::test]
async fn a_pod_at_a_name_of_a_zone_is_found_by_it_without_anybody_setting_a_record() {
    let (world, domain) = zoned().await;
    world.bench.running(Stack::Static, "www.bakery.example").await;
    assert_eq!(addresses(&world, domain).await, [record("www", RecordType::A, ADDRESS)]);
    world.run().await;
    assert!(world.zone(domain).await.is_in_sync(), "both name servers answer it");
    let told = world.told().await;
    assert!(told.last().unwrap().starts_with("Addresses of CloudPod "), "{told:?}");
}

#[tokio::test]
async fn what_a_zone_says_of_a_name_already_stays_as_it_is() {
    let (world, domain) = zoned().await;
    let known = [
        add("www", RecordType::Cname, "elsewhere.example."),
        add("*.wild", RecordType::A, "203.0.113.5"),
        add("given", RecordType::Ns, "ns.elsewhere.example."),
    ];
    world.apply(domain, 1, &known).await.unwrap();
    let before = world.zone(domain).await;
    for name in ["www.bakery.example", "a.wild.bakery.example", "b.given.bakery.example"] {
        world.bench.running(Stack::Static, name).await;
    }
    let after = world.zone(domain).await;
    assert_eq!((after.records, after.version), (before.records, before.version));
}

#[tokio::test]
async fn an_address_that_its_owner_deletes_stays_deleted() {
    let (world, domain) = zoned().await;
    let pod = world.bench.running(Stack::Static, "www.bakery.example").await;
    let version = world.zone(domain).await.version;
    let gone = RecordChange { op: ChangeOp::Remove, record: record("www", RecordType::A, ADDRESS) };
    world.apply(domain, version, &[gone]).await.unwrap();
    create_shop(&world, pod.id).await;
    assert_eq!(addresses(&world, domain).await, [record("shop", RecordType::A, ADDRESS)]);
}

#[tokio::test]
async fn a_name_whose_server_has_no_address_yet_gets_it_later() {
    let (world, domain) = zoned().await;
    set_address(&world, "sites.panel.example").await;
    let pod = world.bench.running(Stack::Static, "www.bakery.example").await;
    assert_eq!(addresses(&world, domain).await, []);
    set_address(&world, ADDRESS).await;
    create_shop(&world, pod.id).await;
    assert_eq!(addresses(&world, domain).await, [record("shop", RecordType::A, ADDRESS), record("www", RecordType::A, ADDRESS)]);
}

#[tokio::test]
async fn a_name_that_is_removed_leaves_no_address_behind_that_is_in_the_way_of_its_next_one() {
    const NEXT: &str = "192.0.2.8";
    let (world, domain) = zoned().await;
    world.bench.running(Stack::Static, "www.bakery.example").await;
    let (services, tenant) = (world.services(), world.bench.tenant);
    let site: WebsiteId = sqlx::query_scalar("select id from websites").fetch_one(&mut world.bench.services.db.owner().await).await.unwrap();
    let (name, mine) = (DomainName::new("shop.bakery.example").unwrap(), "www");
    let add = async || {
        let mut tx = services.db.system("test").await.unwrap();
        let job = names::add(services, &mut tx, tenant, site, &name).await.unwrap();
        tx.commit_progress().await.unwrap();
        finished(&world, job).await;
    };
    add().await;
    assert_eq!(addresses(&world, domain).await, [record("shop", RecordType::A, ADDRESS), record(mine, RecordType::A, ADDRESS)]);

    let mut tx = services.db.system("test").await.unwrap();
    let job = names::remove(services, &mut tx, tenant, name.as_str()).await.unwrap();
    tx.commit_progress().await.unwrap();
    finished(&world, job).await;
    assert_eq!(addresses(&world, domain).await, [record(mine, RecordType::A, ADDRESS)]);
    set_address(&world, NEXT).await;
    add().await;
    assert_eq!(addresses(&world, domain).await, [record("shop", RecordType::A, NEXT), record(mine, RecordType::A, ADDRESS)]);
}

#[tokio::test]
async fn a_zone_of_another_account_gets_no_address() {
    let world = World::new().await;
    let services = world.services();
    set_address(&world, ADDRESS).await;
    let domain = world.proved(world.other, DOMAIN).await;
    let theirs = async || services.db.tenant(&world.rival, world.other).await.unwrap();
    dns::create(services, theirs().await, domain).await.unwrap();
    // Their name was this account's before they proved the domain.
    let mut tx = services.db.system("test").await.unwrap();
    let pod = world.bench.order(Stack::Static, "www.bakery.example").await.unwrap().id;
    sqlx::query("update cloud_pods set server_id = $2 where id = $1").bind(pod).bind(world.servers[0]).execute(tx.conn()).await.unwrap();
    assert!(dns::add_site_addresses(services, tx.conn(), pod).await.unwrap().is_empty());
    tx.commit_progress().await.unwrap();
    let zone = dns::get_own(&mut services.db.tenant::<DnsRead>(&world.rival, world.other).await.unwrap(), domain).await.unwrap().zone.unwrap();
    assert_eq!((zone.version, zone.records.iter().any(|record| record.kind == RecordType::A)), (1, false));
}
