//! The certificate that all names below the platform's domain share.

use super::world::{DOMAIN, World};
use crate::{
    certificates::{self, secrets},
    cloudpods, dns,
};
use adapters::{
    acme::{Authorities, Mood, Texts},
    dns::Found,
    visitor::Visitor,
};
use chrono::TimeDelta;
use engine::{reconcile::run_due, settings::Settings};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        certificates::{CertificateStatus, PlatformCertificateKind as Kind, PlatformCertificateRow, Verification},
        cloudpods::Stack,
    },
    ids::{CloudPodId, ServerId, WebsiteId},
    permission::{SslManage, SslRead},
};
use std::sync::Arc;
use wire::zone::RecordData;

/// The platform's domain in these tests.
pub(super) const BASE: &str = "sites.example";
pub(super) const ZONE: &str = "acme.sites.example";
const NAME_SERVERS: [&str; 2] = ["ns1.panel.example", "ns2.panel.example"];

/// The world with two name servers, to which the ACME zone is delegated.
pub(super) struct Proving {
    pub(super) world: World,
    pub(super) servers: [ServerId; 2],
}

impl Proving {
    /// Nothing points to the zone yet.
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let servers = [world.bench.server, world.bench.another_server("dns2").await];
        let services = &world.bench.services.services;
        for (server, name) in servers.into_iter().zip(NAME_SERVERS) {
            let tx = services.db.platform(&world.bench.admin).await.unwrap();
            dns::add_name_server(services, tx, server, name).await.unwrap();
        }
        world.dns.set_name_servers(ZONE, &NAME_SERVERS);
        let this = Self { world, servers };
        this.pass(TimeDelta::minutes(6)).await;
        this
    }

    /// The platform's domain points there too, and its certificate is issued.
    pub(super) async fn with_wildcard() -> Self {
        let this = Self::new().await;
        this.point(&format!("_acme-challenge.{BASE}"), &format!("platform.{ZONE}"));
        this.pass(TimeDelta::minutes(6)).await;
        assert_eq!(this.wildcard().await.state.failure, None);
        this
    }

    /// Time goes on, and reconcilers do what is due.
    pub(super) async fn pass(&self, time: TimeDelta) {
        self.world.pass(time);
        run_due(&self.world.bench.services.services).await.unwrap();
        run_due(&self.world.bench.services.services).await.unwrap();
    }

    /// A name is an alias for another one, for resolvers and for the CA.
    pub(super) fn point(&self, name: &str, target: &str) {
        self.world.dns.set_cached(name, Found { values: vec![format!("{target}.")], ttl: Some(60) }, None);
        let (nodes, servers) = (Arc::clone(&self.world.bench.services.servers), self.servers);
        let (name, target) = (name.to_owned(), target.to_owned());
        let texts: Texts = Arc::new(move |asked| {
            let at = if asked == name { &target } else { asked };
            let of = |server| -> Vec<String> {
                let records = nodes.zone(server, ZONE).map(|zone| zone.records).unwrap_or_default();
                let text = |record: wire::zone::ZoneRecord| match record.data {
                    RecordData::Txt { text } if record.name.as_str() == at => Some(text.as_str().to_owned()),
                    _ => None,
                };
                records.into_iter().filter_map(text).collect()
            };
            // It may ask any of them.
            let second = of(servers[1]);
            of(servers[0]).into_iter().filter(|text| second.contains(text)).collect()
        });
        self.world.first.set_texts(Arc::clone(&texts));
        self.world.second.set_texts(texts);
    }

    /// The shared certificate as its page shows it.
    pub(super) async fn wildcard(&self) -> PlatformCertificateRow {
        let services = &self.world.bench.services.services;
        let tx = services.db.platform::<SslRead>(&self.world.bench.admin).await.unwrap();
        let rows = certificates::list_platform(services, tx).await.unwrap();
        rows.into_iter().find(|row| row.kind == Kind::Sites).expect("it was looked at")
    }

    /// A site below the platform's domain, with its certificate; its name.
    pub(super) async fn site(&self) -> (CloudPodId, String) {
        let pod = self.world.bench.running(Stack::Static, "").await.id;
        assert_eq!(self.world.settle(pod).await, Some(JobStatus::Done));
        (pod, self.world.row(pod).await.state.names[0].clone())
    }

    /// Another name leads to the site of a pod.
    pub(super) async fn add_name(&self, pod: CloudPodId, name: &str) {
        let (bench, services) = (&self.world.bench, &self.world.bench.services.services);
        let site: WebsiteId = sqlx::query_scalar("select id from websites where cloud_pod_id = $1")
            .bind(pod)
            .fetch_one(&mut bench.services.db.owner().await)
            .await
            .unwrap();
        let mut tx = services.db.system("test").await.unwrap();
        let name = wire::DomainName::new(name).unwrap();
        let job = cloudpods::names::add(services, &mut tx, bench.tenant, site, &name).await.unwrap();
        tx.commit_progress().await.unwrap();
        assert_eq!(bench.finish(job.expect("the pod is free")).await, JobStatus::Done);
    }

    /// What visitors of a name are shown.
    pub(super) async fn shown(&self, name: &str) -> String {
        self.world.visitor.https(name).await.unwrap().fingerprint
    }

    /// Records that are left in the ACME zone.
    pub(super) fn left(&self) -> usize {
        self.servers.iter().map(|server| self.world.bench.services.servers.zone(*server, ZONE).map_or(0, |zone| zone.records.len())).sum()
    }
}

#[tokio::test]
async fn sites_below_the_platforms_domain_share_one_certificate_whatever_the_ca_issues_in_a_week() {
    let mut proving = Proving::with_wildcard().await;
    let world = &mut proving.world;
    let authorities = world.bench.services.services.find::<Authorities>().unwrap().as_ref().clone();
    world.bench.services.services = world.bench.services.services.clone().with(Arc::new(authorities.with_certificates_per_week(1)));
    assert_eq!((world.first.issued(), proving.left()), (1, 0), "nothing is left in the zone");
    let wildcard = proving.wildcard().await;
    assert_eq!((wildcard.state.status, wildcard.state.covers.as_slice()), (CertificateStatus::Active, [format!("*.{BASE}")].as_slice()));
    assert!(wildcard.setup.iter().all(|record| record.is_seen), "{:?}", wildcard.setup);

    let mut shown = Vec::new();
    for _ in 0..3 {
        let (pod, name) = proving.site().await;
        let row = proving.world.row(pod).await;
        assert_eq!((row.is_platform, row.is_redirecting, row.verification), (true, true, Some(Verification::Dns)));
        shown.push((name.clone(), proving.shown(&name).await));
    }
    assert!(shown.iter().all(|(_, fingerprint)| Some(fingerprint) == wildcard.state.fingerprint.as_ref()), "{shown:?}");
    assert_eq!(proving.world.first.placed(), 1, "the CA was asked once");
    let counted: i64 = sqlx::query_scalar("select count(*) from ssl_certificates where sealed_key is not null and chain not like '%PRIVATE%'")
        .fetch_one(&mut proving.world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert_eq!(counted, 3);
}

#[tokio::test]
async fn a_further_site_of_a_pod_has_a_name_that_the_shared_certificate_is_for() {
    use crate::cloudpods::websites::{self, NewSite};
    let proving = Proving::with_wildcard().await;
    let (pod, _) = proving.site().await;
    let (world, services) = (&proving.world, &proving.world.bench.services.services);
    let new = NewSite { title: "Shop".to_owned(), stack: Stack::Static, runtime: None, domain: String::new() };
    let tx = services.db.tenant(&world.owner, world.bench.tenant).await.unwrap();
    let job = websites::create(services, tx, pod, new).await.unwrap();
    assert_eq!(world.bench.finish(job).await, JobStatus::Done);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let row = world.row(pod).await;
    assert!(row.is_platform && row.state.names[0].starts_with("shop--"), "{row:?}");
    assert_eq!(world.first.placed(), 1);
}

#[tokio::test]
async fn a_site_with_a_domain_of_its_own_has_two_certificates_and_the_ca_is_asked_for_the_domain_alone() {
    let proving = Proving::with_wildcard().await;
    let (pod, name) = proving.site().await;
    let world = &proving.world;
    proving.add_name(pod, DOMAIN).await;
    world.pass(TimeDelta::minutes(6));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    let mut row = world.row(pod).await;
    row.state.covers.sort();
    assert_eq!(row.state.covers, [format!("*.{BASE}"), DOMAIN.to_owned()]);
    assert!(row.is_redirecting && !row.is_platform && row.state.failure.is_none());
    let (of_domain, of_platform) = (proving.shown(DOMAIN).await, proving.shown(&name).await);
    assert_ne!(of_domain, of_platform);
    assert_eq!((Some(of_domain), Some(of_platform)), (row.state.fingerprint, proving.wildcard().await.state.fingerprint));
    assert_eq!(world.first.issued(), 2);
    // Nothing is left to do, and each name is looked at with its own.
    for _ in 0..3 {
        world.pass(TimeDelta::hours(7));
        assert_eq!(world.settle(pod).await, None);
    }
    assert_eq!(world.row(pod).await.state.failure, None);
}

#[tokio::test]
async fn the_shared_certificate_is_renewed_once_and_before_the_sites_that_take_the_next_one() {
    let proving = Proving::with_wildcard().await;
    let ((one, first), (other, second)) = (proving.site().await, proving.site().await);
    let before = proving.shown(&first).await;
    proving.pass(TimeDelta::days(55)).await;
    let next = proving.wildcard().await.state.fingerprint.unwrap();
    assert_ne!(next, before);
    assert_eq!((proving.world.first.placed(), proving.shown(&first).await), (2, before), "sites keep what they have");
    assert!(proving.world.first.was_told_of_a_replacement());

    proving.world.pass(TimeDelta::days(6));
    for pod in [one, other] {
        assert_eq!(proving.world.settle(pod).await, Some(JobStatus::Done));
    }
    assert_eq!((proving.shown(&first).await, proving.shown(&second).await), (next.clone(), next));
    assert_eq!(proving.world.first.placed(), 2, "the CA was asked by nobody else");
}

#[tokio::test]
async fn of_two_certificates_of_a_site_only_the_one_whose_time_has_come_is_renewed() {
    let proving = Proving::with_wildcard().await;
    let (pod, name) = proving.site().await;
    proving.world.pass(TimeDelta::days(40));
    proving.add_name(pod, DOMAIN).await;
    proving.pass(TimeDelta::minutes(6)).await;
    assert_eq!(proving.world.settle(pod).await, Some(JobStatus::Done));
    let (of_domain, of_platform) = (proving.shown(DOMAIN).await, proving.shown(&name).await);
    proving.pass(TimeDelta::days(15)).await;
    let placed = proving.world.first.placed();
    proving.world.pass(TimeDelta::days(6));
    assert_eq!(proving.world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!((proving.shown(DOMAIN).await, proving.world.first.placed()), (of_domain, placed), "it has its time");
    assert_ne!(proving.shown(&name).await, of_platform);
    assert_eq!(proving.world.settle(pod).await, None);
}

#[tokio::test]
async fn where_the_shared_certificate_cannot_be_renewed_it_is_kept_and_each_site_gets_its_own_in_time() {
    let proving = Proving::with_wildcard().await;
    let (pod, name) = proving.site().await;
    let before = proving.shown(&name).await;
    proving.world.dns.set_name_servers(ZONE, &["ns1.other.example"]);
    proving.pass(TimeDelta::days(55)).await;
    let row = proving.wildcard().await;
    assert_eq!(row.state.status, CertificateStatus::Failing);
    assert!(row.state.failure.unwrap().contains("acme.sites.example is not delegated to our name servers"), "{:?}", row.state.remedy);
    proving.pass(TimeDelta::days(7)).await;
    assert_eq!(proving.world.settle(pod).await, None, "there is time");
    assert_eq!((proving.shown(&name).await, proving.world.row(pod).await.state.status), (before.clone(), CertificateStatus::Active));

    proving.pass(TimeDelta::days(15)).await;
    assert_eq!(proving.world.settle(pod).await, Some(JobStatus::Done));
    let row = proving.world.row(pod).await;
    assert_eq!((row.is_platform, row.state.covers.as_slice()), (false, [name.clone()].as_slice()));
    assert_ne!(proving.shown(&name).await, before);
    assert_eq!(proving.world.mails().await, ["billing@hosting.example"], "staff are told 14 days before its end");
}

#[tokio::test]
async fn without_a_delegation_nothing_is_ordered_for_the_platform_and_each_site_gets_its_own() {
    let proving = Proving::new().await;
    let row = proving.wildcard().await;
    assert_eq!((row.state.status, row.state.failure.as_deref()), (CertificateStatus::Pending, None), "it is no failure");
    let seen: Vec<(&str, bool)> = row.setup.iter().map(|record| (&*record.kind, record.is_seen)).collect();
    assert_eq!(seen, [("NS", true), ("CNAME", false)]);
    assert_eq!(row.setup[1].values, [format!("platform.{ZONE}")]);
    let (pod, name) = proving.site().await;
    assert_eq!(proving.world.row(pod).await.state.covers, [name]);
    assert!(!proving.world.row(pod).await.is_platform);
}

#[tokio::test]
async fn a_ca_that_does_not_finish_is_asked_for_the_same_certificate_again() {
    let proving = Proving::new().await;
    proving.world.first.set_mood(Mood::Slow(1));
    proving.point(&format!("_acme-challenge.{BASE}"), &format!("platform.{ZONE}"));
    proving.pass(TimeDelta::minutes(6)).await;
    assert_eq!(proving.wildcard().await.state.status, CertificateStatus::Failed);
    proving.pass(TimeDelta::hours(1)).await;
    assert_eq!(proving.wildcard().await.state.status, CertificateStatus::Active);
    assert_eq!((proving.world.first.placed(), proving.world.first.issued(), proving.left()), (1, 1, 0));
}

#[tokio::test]
async fn an_order_that_its_ca_never_finishes_is_given_up_and_the_next_ca_is_asked() {
    let proving = Proving::new().await;
    let (first, second) = (&proving.world.first, &proving.world.second);
    first.set_mood(Mood::Slow(1));
    proving.point(&format!("_acme-challenge.{BASE}"), &format!("platform.{ZONE}"));
    proving.pass(TimeDelta::minutes(6)).await;
    first.set_mood(Mood::Down);
    for _ in 0..2 {
        assert_eq!((first.placed(), second.placed()), (1, 0), "the same is asked for");
        proving.pass(TimeDelta::hours(14)).await;
    }
    // The first one takes orders again; whether it finishes them nobody knows.
    first.set_mood(Mood::Well);
    proving.pass(TimeDelta::hours(14)).await;
    assert_eq!((first.placed(), second.placed(), proving.left()), (1, 1, 0));
    let row = proving.wildcard().await;
    assert_eq!((row.state.status, row.state.issuer.as_deref()), (CertificateStatus::Active, Some("Root of https://second.test/dir")));
}

#[tokio::test]
async fn no_certificate_is_shared_that_would_be_for_the_panel_too() {
    let mut proving = Proving::with_wildcard().await;
    let services = &mut proving.world.bench.services.services;
    let settings = services.settings.as_ref().clone();
    services.settings = Arc::new(Settings { public_url: format!("https://panel.{BASE}"), ..settings });
    let (pod, name) = proving.site().await;
    let row = proving.world.row(pod).await;
    assert_eq!((row.is_platform, row.state.covers), (false, vec![name]));
    let placed = proving.world.first.placed();
    proving.pass(TimeDelta::days(55)).await;
    assert_eq!(proving.world.first.placed(), placed, "the wildcard is not renewed");
}

#[tokio::test]
async fn staff_can_have_the_shared_certificate_issued_anew() {
    let proving = Proving::with_wildcard().await;
    let before = proving.wildcard().await.state.fingerprint;
    let services = &proving.world.bench.services.services;
    let tx = || async { services.db.platform::<SslManage>(&proving.world.bench.admin).await.unwrap() };
    certificates::issue_platform(services, tx().await, Kind::Sites).await.unwrap();
    proving.pass(TimeDelta::zero()).await;
    assert_ne!(proving.wildcard().await.state.fingerprint, before);
    let refused = certificates::issue_platform(services, tx().await, Kind::Panel).await.unwrap_err();
    assert_eq!(refused.into_api().code, model::error::ErrorCode::Conflict, "the panel serves no HTTPS itself here");
}

#[tokio::test]
async fn the_keys_of_the_platforms_certificates_are_sealed_and_sealed_again_with_the_others() {
    let proving = Proving::with_wildcard().await;
    let (pod, name) = proving.site().await;
    let owner = &proving.world.bench.services.db;
    let key = "select sealed_key from platform_certificates where kind = 'SITES'";
    let before: Vec<u8> = sqlx::query_scalar(key).fetch_one(&mut owner.owner().await).await.unwrap();
    assert!(!before.windows(11).any(|part| part == b"PRIVATE KEY"));
    assert_eq!(secrets::reseal(&proving.world.bench.services.services).await.unwrap(), 3, "an account, the shared one, and the site's");
    let after: Vec<u8> = sqlx::query_scalar(key).fetch_one(&mut owner.owner().await).await.unwrap();
    assert_ne!(after, before);
    proving.world.pass(TimeDelta::days(1));
    assert_eq!(proving.world.settle(pod).await, None);
    assert!(proving.world.visitor.https(&name).await.is_ok());
    let (_, second) = proving.site().await;
    assert!(proving.world.visitor.https(&second).await.is_ok(), "it is opened for another site");
}
