//! Names whose DNS is elsewhere and points to the ACME zone, and wildcards that customers choose.

use super::{
    by_dns::Zoned,
    platform::{Proving, ZONE},
    world::{DOMAIN, World},
};
use crate::{certificates, dns::challenges};
use adapters::acme::Mood;
use chrono::TimeDelta;
use engine::Services;
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::{
        certificates::{CertificateStatus, DnsSetup, Verification},
        cloudpods::Stack,
    },
    ids::{CloudPodId, DomainId, TenantId},
    permission::{SslManage, SslRead},
};

/// A domain that an account has proved, and whose DNS is elsewhere.
async fn proved(world: &World, tenant: TenantId, name: &str) -> DomainId {
    let id = DomainId(uuid::Uuid::now_v7());
    sqlx::query(
        "insert into domains (id, tenant_id, name, token, status, created_at, verified_at)
         values ($1, $2, $3, repeat('0', 32), 'VERIFIED', now(), now())",
    )
    .bind(id)
    .bind(tenant)
    .bind(name)
    .execute(&mut world.bench.services.db.owner().await)
    .await
    .unwrap();
    id
}

fn target(domain: DomainId) -> String {
    format!("d{}.{ZONE}", domain.0.simple())
}

async fn setup(world: &World, pod: CloudPodId) -> Vec<DnsSetup> {
    let services = &world.bench.services.services;
    let tx = services.db.tenant::<SslRead>(&world.owner, world.bench.tenant).await.unwrap();
    certificates::check_setup(services, tx, world.row(pod).await.id).await.unwrap()
}

async fn provable(services: &Services, tenant: TenantId, name: &str) -> bool {
    !challenges::provable(services, tenant, &[name.to_owned()]).await.unwrap().is_empty()
}

/// A site at a name that leads elsewhere and whose DNS is elsewhere.
async fn foreign() -> (Proving, CloudPodId, DomainId) {
    let proving = Proving::new().await;
    let domain = proved(&proving.world, proving.world.bench.tenant, "example.test").await;
    let pod = proving.world.bench.running(Stack::Static, DOMAIN).await.id;
    proving.world.visitor.lead_elsewhere(DOMAIN, true);
    assert_eq!(proving.world.settle(pod).await, None);
    (proving, pod, domain)
}

#[tokio::test]
async fn a_name_whose_dns_is_elsewhere_has_its_certificate_before_it_leads_here_once_it_points_to_our_zone() {
    let (proving, pod, domain) = foreign().await;
    let world = &proving.world;
    let name = format!("_acme-challenge.{DOMAIN}");
    let shown = setup(world, pod).await;
    let record = &shown[0];
    assert_eq!((&*record.name, &*record.kind, record.values.as_slice(), record.is_seen), (&*name, "CNAME", [target(domain)].as_slice(), false));
    assert_eq!(world.row(pod).await.state.status, CertificateStatus::Failed);

    proving.point(&name, &target(domain));
    assert!(setup(world, pod).await[0].is_seen);
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let row = world.row(pod).await;
    assert_eq!(
        (row.state.status, row.verification, row.state.covers.as_slice()),
        (CertificateStatus::Active, Some(Verification::Dns), [DOMAIN.to_owned()].as_slice())
    );
    proving.pass(TimeDelta::minutes(2)).await;
    assert_eq!(proving.left(), 0, "nothing is left in the zone");
}

#[tokio::test]
async fn what_was_pointed_to_one_account_proves_nothing_for_another_one() {
    let (proving, _, domain) = foreign().await;
    let (world, services) = (&proving.world, &proving.world.bench.services.services);
    proving.point(&format!("_acme-challenge.{DOMAIN}"), &target(domain));
    assert!(provable(services, world.bench.tenant, DOMAIN).await);
    let other = world.bench.services.db.tenant("globex").await;
    assert!(!provable(services, other, DOMAIN).await);

    // The other one proves the domain: what the former account has set stands there still.
    let released = "update domains set released_at = now() where id = $1";
    sqlx::query(released).bind(domain).execute(&mut world.bench.services.db.owner().await).await.unwrap();
    let theirs = proved(world, other, "example.test").await;
    assert!(!provable(services, world.bench.tenant, DOMAIN).await, "the domain is not this account's any more");
    assert!(!provable(services, other, DOMAIN).await, "it points to the label of the former one");
    proving.point(&format!("_acme-challenge.{DOMAIN}"), &target(theirs));
    assert!(provable(services, other, DOMAIN).await);
}

#[tokio::test]
async fn a_name_is_proved_in_our_zone_only_while_that_is_delegated_to_all_of_our_name_servers_and_no_others() {
    let (proving, _, domain) = foreign().await;
    let (world, services) = (&proving.world, &proving.world.bench.services.services);
    proving.point(&format!("_acme-challenge.{DOMAIN}"), &target(domain));
    for elsewhere in [&["ns1.other.example"][..], &["ns1.panel.example", "ns1.other.example"], &[]] {
        world.dns.set_name_servers(ZONE, elsewhere);
        assert!(!provable(services, world.bench.tenant, DOMAIN).await, "{elsewhere:?}");
    }
    world.dns.set_name_servers(ZONE, &["ns1.panel.example", "ns2.panel.example"]);
    world.bench.services.servers.set_down(proving.servers[1], true);
    assert!(!provable(services, world.bench.tenant, DOMAIN).await, "one of them is silent");
    world.bench.services.servers.set_down(proving.servers[1], false);
    world.dns.set_down(true);
    assert!(!provable(services, world.bench.tenant, DOMAIN).await);
    world.dns.set_down(false);
    assert!(provable(services, world.bench.tenant, DOMAIN).await);
}

async fn set(world: &World, pod: CloudPodId, wildcard: &str, is_on: bool) -> engine::Result<()> {
    let services = &world.bench.services.services;
    let tx = services.db.tenant::<SslManage>(&world.owner, world.bench.tenant).await.unwrap();
    certificates::set_wildcard(services, tx, world.row(pod).await.id, wildcard, is_on).await
}

const WILDCARD: &str = "*.example.test";

#[tokio::test]
async fn a_customer_chooses_a_wildcard_where_the_zone_is_kept_here_and_names_below_need_no_certificate_of_their_own() {
    let Zoned { world, pod, .. } = Zoned::new().await;
    world.visitor.lead_elsewhere(DOMAIN, false);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let services = &world.bench.services.services;
    let mut tx = services.db.tenant::<SslRead>(&world.owner, world.bench.tenant).await.unwrap();
    let row = certificates::get_own(services, &mut tx, world.row(pod).await.id).await.unwrap();
    drop(tx);
    assert_eq!((row.wildcard_choices.as_slice(), row.wildcards.len()), ([WILDCARD.to_owned()].as_slice(), 0));

    set(&world, pod, WILDCARD, true).await.unwrap();
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let row = world.row(pod).await;
    assert_eq!(
        (row.state.covers.as_slice(), row.verification, row.is_redirecting),
        ([WILDCARD.to_owned()].as_slice(), Some(Verification::Dns), true)
    );
    let placed = world.first.placed();
    super::own::add_name(&world, "new.example.test").await;
    world.pass(TimeDelta::minutes(6));
    assert_eq!(world.settle(pod).await, None, "the new name has it already");
    assert_eq!(world.first.placed(), placed);

    // Renewed with it; without it once it is not wanted any more.
    world.pass(TimeDelta::days(61));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(world.row(pod).await.state.covers, [WILDCARD]);
    set(&world, pod, WILDCARD, false).await.unwrap();
    world.pass(TimeDelta::days(61));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(world.row(pod).await.state.covers, [DOMAIN, "new.example.test"]);
}

#[tokio::test]
async fn a_wildcard_that_cannot_be_proved_leaves_the_site_the_certificate_that_it_has() {
    let (proving, pod, domain) = foreign().await;
    let world = &proving.world;
    world.visitor.lead_elsewhere(DOMAIN, false);
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    set(world, pod, WILDCARD, true).await.unwrap();
    assert_eq!(world.settle(pod).await, None);
    let row = world.row(pod).await;
    assert_eq!(
        (row.state.status, row.owner_can_fix, row.state.covers.as_slice()),
        (CertificateStatus::Failing, true, [DOMAIN.to_owned()].as_slice())
    );
    assert!(row.state.failure.unwrap().starts_with("*.example.test can be proved by DNS alone"));
    let names: Vec<String> = setup(world, pod).await.into_iter().map(|record| record.name).collect();
    assert_eq!(names, [format!("_acme-challenge.{DOMAIN}"), "_acme-challenge.example.test".to_owned()]);

    proving.point("_acme-challenge.example.test", &target(domain));
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(world.row(pod).await.state.covers, [WILDCARD]);
    // When it cannot be proved any more, the names below are renewed alone.
    proving.point("_acme-challenge.example.test", "elsewhere.example");
    world.pass(TimeDelta::days(61));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(world.row(pod).await.state.covers, [DOMAIN]);
}

#[tokio::test]
async fn a_wildcard_is_issued_and_renewed_while_a_name_below_it_leads_elsewhere() {
    let (proving, pod, domain) = foreign().await;
    let world = &proving.world;
    proving.point("_acme-challenge.example.test", &target(domain));
    set(world, pod, WILDCARD, true).await.unwrap();
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let row = world.row(pod).await;
    assert_eq!((row.state.covers.as_slice(), row.verification), ([WILDCARD.to_owned()].as_slice(), Some(Verification::Dns)));
    world.pass(TimeDelta::days(61));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let next = world.row(pod).await;
    assert_eq!((next.state.status, next.state.covers.as_slice()), (CertificateStatus::Active, [WILDCARD.to_owned()].as_slice()));
    assert_ne!(next.state.fingerprint, row.state.fingerprint);
}

#[tokio::test]
async fn choosing_wildcards_has_no_authority_asked_before_its_time_and_is_done_a_few_times_in_an_hour_only() {
    let Zoned { world, pod, .. } = Zoned::new().await;
    world.visitor.lead_elsewhere(DOMAIN, false);
    for ca in [&world.first, &world.second] {
        ca.set_mood(Mood::RateLimited(None));
    }
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    let (before, placed) = (world.row(pod).await, world.first.placed());
    for change in 0..10 {
        set(&world, pod, WILDCARD, change % 2 == 0).await.unwrap();
        assert_eq!(world.settle(pod).await, None);
    }
    let after = world.row(pod).await;
    assert_eq!(
        (after.state.next_try_at, after.state.failures, after.state.failure),
        (before.state.next_try_at, before.state.failures, before.state.failure)
    );
    assert_eq!(world.first.placed(), placed);
    let refused = set(&world, pod, WILDCARD, true).await.unwrap_err().into_api();
    assert_eq!(refused.code, ErrorCode::TooMany);
}

#[tokio::test]
async fn nobody_gets_a_wildcard_of_a_domain_that_is_not_theirs_or_that_no_name_of_the_site_is_below() {
    let Zoned { world, pod, .. } = Zoned::new().await;
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    for refused in ["*.sites.example", "*.test", "*.blog.example.test", "*.*.example.test", "example.test", "", "*.other.test"] {
        let error = set(&world, pod, refused, true).await.unwrap_err().into_api();
        assert_eq!(error.fields.first().map(|field| &*field.field), Some("wildcard"), "{refused}");
    }
    let db = &world.bench.services.db;
    let rival = db.user("eve@example.test", None).await;
    let other = db.tenant("globex").await;
    db.member(other, &rival, "TENANT_OWNER").await;
    let services = &world.bench.services.services;
    let id = world.row(pod).await.id;
    let tx = services.db.tenant::<SslManage>(&rival, other).await.unwrap();
    let error = certificates::set_wildcard(services, tx, id, WILDCARD, true).await.unwrap_err();
    assert_eq!(error.into_api().code, ErrorCode::NotFound);
    let tx = services.db.tenant::<SslRead>(&rival, other).await.unwrap();
    assert_eq!(certificates::check_setup(services, tx, id).await.unwrap_err().into_api().code, ErrorCode::NotFound);
}

#[test]
fn an_order_has_a_wildcard_in_place_of_the_names_one_level_below_and_only_where_there_are_any() {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let order = |names: &[&str], wildcards: &[&str]| certificates::rules::with_wildcards(&all(names), &all(wildcards));
    assert_eq!(order(&["a.x.test", "x.test", "b.x.test", "c.b.x.test"], &["*.x.test"]), ["x.test", "c.b.x.test", "*.x.test"]);
    assert_eq!(order(&["x.test"], &["*.x.test"]), ["x.test"]);
    assert_eq!(order(&["a.x.test"], &[]), ["a.x.test"]);
}
