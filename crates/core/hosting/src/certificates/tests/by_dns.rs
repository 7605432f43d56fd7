//! Names that are proved by DNS, in zones that are kept here.

use super::world::{DOMAIN, World};
use crate::{dns, dns::challenges, testing::Pebble};
use adapters::{
    acme::{Authorities, Mood},
    node::simulated::{Fault, SimulatedNodeClient},
    visitor::Visitor,
};
use chrono::TimeDelta;
use engine::{Services, reconcile::run_due};
use hickory_resolver::proto::{
    op::{Message, OpCode},
    rr::{RData, Record, RecordType as Kind, rdata::TXT},
};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        certificates::{CertificateStatus, Verification},
        cloudpods::Stack,
        dns::{ChangeOp, DnsRecord, RecordChange, RecordType, ZoneContent},
    },
    ids::{CloudPodId, DomainId, JobId, ServerId},
    page::PageRequest,
    permission::{DnsRead, DnsWrite},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};
use wire::{
    message::{Failure, FailureKind},
    zone::RecordData,
};

/// The domain whose zone is kept here.
pub(super) const ZONE: &str = "example.test";
/// Where an authority looks.
const RECORD: &str = "_acme-challenge.blog.example.test";
const NAME_SERVERS: [&str; 2] = ["ns1.panel.example", "ns2.panel.example"];

/// A site at a name whose zone is kept here, on two name servers.
pub(super) struct Zoned {
    pub(super) world: World,
    pub(super) pod: CloudPodId,
    servers: [ServerId; 2],
    domain: DomainId,
}

/// What a name server answers with TXT records at a name of the zone.
fn texts(nodes: &SimulatedNodeClient, server: ServerId, name: &str) -> Vec<String> {
    let records = nodes.zone(server, ZONE).map(|zone| zone.records).unwrap_or_default();
    let text = |record: wire::zone::ZoneRecord| match record.data {
        RecordData::Txt { text } if record.name.as_str() == name => Some(text.as_str().to_owned()),
        _ => None,
    };
    records.into_iter().filter_map(text).collect()
}

impl Zoned {
    /// The name leads elsewhere, and DNS says that both name servers answer for the zone.
    pub(super) async fn new() -> Self {
        let (world, servers, domain) = Self::zone_alone().await;
        let pod = world.bench.running(Stack::Static, DOMAIN).await.id;
        world.visitor.lead_elsewhere(DOMAIN, true);
        Self { world, pod, servers, domain }
    }

    /// The zone on two name servers, and no site yet.
    pub(super) async fn zone_alone() -> (World, [ServerId; 2], DomainId) {
        let world = World::new().await;
        let servers = [world.bench.server, world.bench.another_server("dns2").await];
        let services = &world.bench.services.services;
        for (server, name) in servers.into_iter().zip(NAME_SERVERS) {
            let tx = services.db.platform(&world.bench.admin).await.unwrap();
            dns::add_name_server(services, tx, server, name).await.unwrap();
        }
        let domain = world.bench.verified_domain(ZONE).await;
        let tx = services.db.tenant::<DnsWrite>(&world.owner, world.bench.tenant).await.unwrap();
        dns::create(services, tx, domain).await.unwrap();
        run_due(services).await.unwrap();
        world.dns.set_name_servers(ZONE, &NAME_SERVERS);
        // It may ask any of them.
        let nodes = Arc::clone(&world.bench.services.servers);
        world.first.set_texts(Arc::new(move |name| {
            let second = texts(&nodes, servers[1], name);
            texts(&nodes, servers[0], name).into_iter().filter(|text| second.contains(text)).collect()
        }));
        (world, servers, domain)
    }

    fn services(&self) -> &Services {
        &self.world.bench.services.services
    }

    async fn zone(&self) -> ZoneContent {
        let mut tx = self.services().db.tenant::<DnsRead>(&self.world.owner, self.world.bench.tenant).await.unwrap();
        dns::get_own(&mut tx, self.domain).await.unwrap().zone.unwrap()
    }

    /// Adds a record of the customer's.
    async fn add(&self, name: &str, kind: RecordType, value: &str) {
        let tx = self.services().db.tenant::<DnsWrite>(&self.world.owner, self.world.bench.tenant).await.unwrap();
        let record = DnsRecord { name: name.to_owned(), kind, ttl: 3600, value: value.to_owned() };
        let version = self.zone().await.version;
        dns::apply(self.services(), tx, self.domain, version, &[RecordChange { op: ChangeOp::Add, record }]).await.unwrap();
        run_due(self.services()).await.unwrap();
    }

    /// Answers to authorities that are left, in the database or on a name server.
    pub(super) async fn left(&self) -> Vec<String> {
        let nodes = &self.world.bench.services.servers;
        let mut left: Vec<String> =
            sqlx::query_scalar("select name from dns_challenges").fetch_all(&mut self.world.bench.services.db.owner().await).await.unwrap();
        left.extend(self.servers.into_iter().flat_map(|server| texts(nodes, server, RECORD)));
        left
    }

    async fn is_provable(&self) -> bool {
        !challenges::provable(self.services(), self.world.bench.tenant, &[DOMAIN.to_owned()]).await.unwrap().is_empty()
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_has_its_certificate_before_it_leads_here() {
    let Zoned { world, pod, .. } = Zoned::new().await;
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));

    let row = world.row(pod).await;
    assert_eq!((row.state.status, row.verification, row.state.failure.as_deref()), (CertificateStatus::Active, Some(Verification::Dns), None));
    assert_eq!(row.state.covers, [DOMAIN]);
    assert_eq!(world.first.issued(), 1);
    assert!(world.bench.services.servers.certificate(DOMAIN).is_some_and(|shown| shown.redirect), "the server has it");

    for _ in 0..4 {
        world.pass(TimeDelta::hours(7));
        assert_eq!(world.settle(pod).await, None, "there is nothing left to do");
    }
    assert!(world.row(pod).await.state.verified_at > row.state.verified_at, "it is looked at where it will be shown");
    world.visitor.lead_elsewhere(DOMAIN, false);
    assert_eq!(world.visitor.https(DOMAIN).await.unwrap().fingerprint, row.state.fingerprint.unwrap());
}

#[tokio::test]
async fn answers_to_an_authority_are_neither_the_customers_records_nor_a_version_of_the_zone() {
    let zoned = Zoned::new().await;
    zoned.add("_acme-challenge.blog", RecordType::Txt, "\"the customer's own\"").await;
    let before = zoned.zone().await;
    assert_eq!(zoned.world.settle(zoned.pod).await, Some(JobStatus::Done));
    assert_eq!(zoned.world.row(zoned.pod).await.verification, Some(Verification::Dns));

    run_due(zoned.services()).await.unwrap();
    let after = zoned.zone().await;
    assert_eq!((&after.records, after.version), (&before.records, before.version));
    assert!(after.serial > before.serial && after.is_in_sync(), "{after:?}");
    let mut tx = zoned.services().db.tenant::<DnsRead>(&zoned.world.owner, zoned.world.bench.tenant).await.unwrap();
    assert_eq!(dns::history(&mut tx, zoned.domain, &PageRequest::default()).await.unwrap().rows.len(), 2);
    drop(tx);
    assert_eq!(zoned.left().await, ["the customer's own", "the customer's own"], "on both, and nothing else");
}

#[tokio::test]
async fn nothing_is_left_in_the_zone_when_an_authority_does_not_find_its_answer() {
    let zoned = Zoned::new().await;
    zoned.world.first.set_texts(Arc::new(|_| Vec::new()));
    assert_eq!(zoned.world.settle(zoned.pod).await, Some(JobStatus::Undone));
    let row = zoned.world.row(zoned.pod).await;
    assert_eq!(
        row.state.failure.as_deref(),
        Some("fake CA could not verify blog.example.test: no such TXT record at _acme-challenge.blog.example.test.")
    );
    assert_eq!(row.state.remedy.as_deref(), Some("Check that the registrar of blog.example.test has our name servers and no others. Then retry."));
    run_due(zoned.services()).await.unwrap();
    assert_eq!(zoned.left().await, Vec::<String>::new());
    assert!(zoned.zone().await.is_in_sync());
}

#[tokio::test]
async fn an_authority_is_not_asked_to_look_before_every_name_server_has_the_answer() {
    let zoned = Zoned::new().await;
    let refusal = || Fault::Fail(Failure::new(FailureKind::Refused, "PowerDNS refused it"));
    zoned.world.bench.services.servers.fault_on("ZoneApply", refusal());
    assert_eq!(zoned.world.settle(zoned.pod).await, Some(JobStatus::Done), "it waits for the one that refused at first");
    let attempts: i32 = sqlx::query_scalar("select max(attempt) from job_steps where name = 'answer_challenges'")
        .fetch_one(&mut zoned.world.bench.services.db.owner().await)
        .await
        .unwrap();
    assert!(attempts > 1);
}

#[tokio::test]
async fn what_a_job_has_left_in_a_zone_is_taken_away_and_what_a_job_still_needs_is_not() {
    let zoned = Zoned::new().await;
    let put = async |job: JobId, value: &str| {
        let mut tx = zoned.services().db.system("test").await.unwrap();
        let answers = [(RECORD.to_owned(), value.to_owned())];
        assert!(challenges::put(zoned.services(), tx.conn(), zoned.world.bench.tenant, job, &answers, &[]).await.unwrap());
        tx.commit_progress().await.unwrap();
    };
    let unfinished = zoned.world.due(zoned.pod).await.expect("the site's job");
    put(unfinished, "still needed").await;
    put(JobId(uuid::Uuid::now_v7()), "left").await;
    let servers = &zoned.world.bench.services.servers;
    for _ in 0..3 {
        zoned.world.pass(TimeDelta::seconds(61));
        run_due(zoned.services()).await.unwrap();
    }
    for server in zoned.servers {
        assert_eq!(texts(servers, server, RECORD), ["still needed"]);
    }
    assert!(zoned.zone().await.is_in_sync());
}

#[tokio::test]
async fn a_name_is_proved_by_dns_only_while_its_zone_is_answered_here_and_nowhere_else() {
    let zoned = Zoned::new().await;
    assert!(zoned.is_provable().await);
    let other = zoned.world.bench.services.db.tenant("globex").await;
    assert!(challenges::provable(zoned.services(), other, &[DOMAIN.to_owned()]).await.unwrap().is_empty(), "in nobody else's zone");

    let dns = &zoned.world.dns;
    for elsewhere in [&["ns1.other.example"][..], &["ns1.panel.example", "ns1.other.example"], &[]] {
        dns.set_name_servers(ZONE, elsewhere);
        assert!(!zoned.is_provable().await, "{elsewhere:?}");
    }
    assert_eq!(zoned.world.settle(zoned.pod).await, None);
    assert_eq!(zoned.world.row(zoned.pod).await.state.failure.as_deref(), Some("blog.example.test leads to another server."));
    dns.set_name_servers(ZONE, &NAME_SERVERS[..1]);
    assert!(zoned.is_provable().await, "a registrar may have one of them only");
    dns.set_down(true);
    assert!(!zoned.is_provable().await);
    dns.set_down(false);
    zoned.world.bench.services.servers.set_down(zoned.servers[1], true);
    assert!(!zoned.is_provable().await, "one of them is silent");
    zoned.world.bench.services.servers.set_down(zoned.servers[1], false);

    zoned.add("blog", RecordType::Ns, "ns1.other.example.").await;
    assert!(!zoned.is_provable().await, "somebody else answers below");
}

#[tokio::test]
async fn a_name_whose_answer_is_an_alias_is_not_proved_by_dns() {
    let zoned = Zoned::new().await;
    zoned.add("_acme-challenge.blog", RecordType::Cname, "proofs.other.example.").await;
    assert!(!zoned.is_provable().await);
    let root = challenges::provable(zoned.services(), zoned.world.bench.tenant, &[ZONE.to_owned()]).await.unwrap();
    assert_eq!(root, [ZONE], "the others are");
}

#[tokio::test]
async fn where_an_authority_does_not_get_through_over_http_the_next_try_is_by_dns_at_once() {
    let Zoned { world, pod, .. } = Zoned::new().await;
    world.visitor.lead_elsewhere(DOMAIN, false);
    world.first.set_mood(Mood::Blocked(DOMAIN.to_owned()));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    assert!(world.row(pod).await.state.failure.unwrap().contains("timeout during connect"));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done), "without a pause");
    let row = world.row(pod).await;
    assert_eq!((row.state.status, row.verification), (CertificateStatus::Active, Some(Verification::Dns)));
    // Nor is it tried in vain when it is renewed.
    world.pass(TimeDelta::days(61));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!((world.row(pod).await.verification, world.first.issued()), (Some(Verification::Dns), 2));
}

#[tokio::test]
async fn a_name_that_leads_here_is_proved_over_http() {
    let Zoned { world, pod, .. } = Zoned::new().await;
    world.visitor.lead_elsewhere(DOMAIN, false);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
    assert_eq!(world.row(pod).await.verification, Some(Verification::Http));
}

#[tokio::test]
async fn a_caa_record_can_forbid_the_way_in_which_a_name_is_proved() {
    let Zoned { world, pod, .. } = Zoned::new().await;
    world.dns.set_caa(ZONE, &[("issue", "first.test; validationmethods=http-01")]);
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    assert_eq!(world.first.placed(), 0);
    world.dns.set_caa(ZONE, &[("issue", "first.test; validationmethods=dns-01")]);
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
}

/// A DNS server on the loopback that answers TXT questions with what a name server of ours has, and nothing else.
async fn serve(nodes: Arc<SimulatedNodeClient>, server: ServerId) -> u16 {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
            let query = question.queries[0].clone();
            let mut answer = Message::response(question.metadata.id, OpCode::Query);
            answer.queries.push(query.clone());
            if query.query_type() == Kind::TXT {
                let name = query.name().to_lowercase().to_string();
                for text in texts(&nodes, server, name.trim_end_matches('.')) {
                    answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::TXT(TXT::new(vec![text]))));
                }
            }
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ca_that_validates_for_real_finds_its_answer_in_the_zone() {
    let mut zoned = Zoned::new().await;
    let port = serve(Arc::clone(&zoned.world.bench.services.servers), zoned.servers[1]).await;
    let pebble = Pebble::asking(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    zoned.world.visitor.trust(&pebble.root);
    let services = &mut zoned.world.bench.services.services;
    *services = services.clone().with(Arc::new(Authorities::new(Arc::new(pebble.authority()), [])));
    zoned.world.dns.set_caa(ZONE, &[("issue", "pebble.test")]);
    // What it issues is valid from the present on, and the clock of this test has stood still.
    zoned.world.pass(TimeDelta::hours(1));

    let status = zoned.world.settle(zoned.pod).await;
    let row = zoned.world.row(zoned.pod).await;
    assert_eq!(status, Some(JobStatus::Done), "{:?}", row.state.failure);
    assert_eq!(
        (row.state.status, row.verification, row.state.covers.as_slice()),
        (CertificateStatus::Active, Some(Verification::Dns), [DOMAIN.to_owned()].as_slice())
    );
    assert!(row.state.issuer.unwrap().starts_with("Pebble"));
    run_due(zoned.services()).await.unwrap();
    assert_eq!(zoned.left().await, Vec::<String>::new());
}
