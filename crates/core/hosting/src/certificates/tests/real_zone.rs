//! A site on a domain whose zone is kept here, on real hosts: two name servers, a CA and visitors that know nothing but what a name server answers.

use super::flows::{LOSSES, finish_with};
use crate::{
    certificates, dns,
    testing::{Pebble, Yard},
};
use adapters::{
    acme::Authorities,
    dns::{Dns, DnsResolver, SimulatedDns},
    visitor::{HttpAnswer, HttpsAnswer, VisitError, Visitor, WebVisitor},
};
use async_trait::async_trait;
use chrono::TimeDelta;
use core_administration::servers;
use engine::{Modules, reconcile::run_due};
use model::{
    administration::{provisioning::JobStatus, servers::Capability},
    hosting::{
        certificates::{CertificateRow, CertificateStatus},
        cloudpods::{PodStatus, Stack},
    },
    ids::{CloudPodId, JobId},
    permission::{DnsWrite, ServersManage, SslRead},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use testkit::bed::Host;

const ZONE: &str = "example.test";
const DOMAIN: &str = "blog.example.test";
const NAME_SERVERS: [&str; 2] = ["ns1.panel.example", "ns2.panel.example"];
/// More than the flow has jobs and looks.
const ROUNDS: usize = 30;

/// What this name server answers for a name now.
async fn ask(server: SocketAddr, name: &str) -> Vec<IpAddr> {
    DnsResolver::new(&[server]).unwrap().addresses(name).await.unwrap_or_default()
}

/// Asks one name server for every name, each time, and trusts one root.
struct Outsider {
    server: SocketAddr,
    root: String,
}

impl Outsider {
    async fn web(&self, name: &str) -> Result<WebVisitor, VisitError> {
        let address = ask(self.server, name).await.first().copied().ok_or_else(|| VisitError::NoAddress(name.to_owned()))?;
        Ok(WebVisitor::new(Some(&self.root), &[(name, address)]).unwrap())
    }
}

#[async_trait]
impl Visitor for Outsider {
    async fn http(&self, name: &str, path: &str) -> Result<HttpAnswer, VisitError> {
        self.web(name).await?.http(name, path).await
    }

    async fn https(&self, name: &str) -> Result<HttpsAnswer, VisitError> {
        self.web(name).await?.https(name).await
    }

    async fn certificate(&self, name: &str) -> Result<String, VisitError> {
        self.web(name).await?.certificate(name).await
    }

    async fn https_at(&self, name: &str, address: &str) -> Result<HttpsAnswer, VisitError> {
        self.web(name).await?.https_at(name, address).await
    }

    fn trusts(&self, name: &str, chain: &str) -> bool {
        WebVisitor::new(Some(&self.root), &[]).unwrap().trusts(name, chain)
    }
}

/// Makes a host a name server.
async fn add_name_server(yard: &Yard, server: model::ids::ServerId, name: &str) {
    let services = &yard.bench.services.services;
    let tx = services.db.platform::<ServersManage>(&yard.bench.admin).await.unwrap();
    servers::install(services, tx, server, Capability::Dns).await.unwrap();
    let tx = services.db.platform(&yard.bench.admin).await.unwrap();
    dns::add_name_server(services, tx, server, name).await.unwrap();
}

async fn row(yard: &Yard, pod: CloudPodId) -> Option<CertificateRow> {
    let services = &yard.bench.services.services;
    let mut tx = services.db.platform::<SslRead>(&yard.bench.admin).await.unwrap();
    certificates::of_pod(services, &mut tx, pod).await.unwrap().pop()
}

/// Reconciles, and does what is begun, whose worker is lost after each step, until the site has its certificate.
async fn settle(yard: &Yard, pod: CloudPodId) -> CertificateRow {
    let unfinished = "select id from jobs where subject_id = $1 and status in ('queued', 'running') order by created_at limit 1";
    for _ in 0..ROUNDS {
        run_due(&yard.bench.services.services).await.unwrap();
        let mut owner = yard.bench.services.db.owner().await;
        let job: Option<JobId> = sqlx::query_scalar(unfinished).bind(pod).fetch_optional(&mut owner).await.unwrap();
        match (job, row(yard, pod).await) {
            (Some(job), _) => assert_eq!(finish_with(&yard.bench.services, LOSSES[1], job).await, JobStatus::Done),
            (None, Some(row)) if row.state.status == CertificateStatus::Active && row.is_redirecting => return row,
            (None, _) => yard.bench.services.clock.advance(TimeDelta::minutes(7)),
        }
    }
    panic!("no certificate: {:?}", row(yard, pod).await.map(|row| row.state));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_site_on_a_domain_with_a_zone_here_is_found_on_two_name_servers_and_answers_over_https_although_each_step_loses_its_worker() {
    let Some(mut yard) = Yard::fresh().await else { return };
    let (second, second_id) = yard.another("dns2").await;
    add_name_server(&yard, yard.bench.server, NAME_SERVERS[0]).await;
    add_name_server(&yard, second_id, NAME_SERVERS[1]).await;
    // What the parent of the zone says.
    let parent = SimulatedDns::default();
    parent.set_name_servers(ZONE, &NAME_SERVERS);
    let dns = |host: &Host| SocketAddr::from((host.address, 53));
    let name_servers = [dns(&yard.host), dns(&second)];
    let pebble = Pebble::asking(name_servers[1]).await;
    let modules = Modules::default().with(crate::register).with(certificates::register_issuing);
    let services = &mut yard.bench.services.services;
    *services = services
        .clone()
        .with(Arc::new(modules))
        .with(Arc::new(Authorities::new(Arc::new(pebble.authority()), [])))
        .with::<dyn Dns>(Arc::new(parent))
        .with::<dyn Visitor>(Arc::new(Outsider { server: name_servers[0], root: pebble.root.clone() }));
    let owner = yard.bench.services.db.user("ana@example.test", None).await;
    yard.bench.services.db.member(yard.bench.tenant, &owner, "TENANT_OWNER").await;
    let services = &yard.bench.services.services;
    let domain = yard.bench.verified_domain(ZONE).await;
    let tx = services.db.tenant::<DnsWrite>(&owner, yard.bench.tenant).await.unwrap();
    dns::create(services, tx, domain).await.unwrap();

    let pod = yard.bench.order(Stack::Wordpress, DOMAIN).await.unwrap();
    for server in name_servers {
        assert_eq!(ask(server, DOMAIN).await, Vec::<IpAddr>::new(), "nothing leads to a site that is not there");
    }
    assert_eq!(finish_with(&yard.bench.services, LOSSES[1], pod.job).await, JobStatus::Done);
    let certificate = settle(&yard, pod.id).await;

    let address = IpAddr::V4(yard.host.address);
    for server in name_servers {
        assert_eq!(ask(server, DOMAIN).await, vec![address]);
    }
    let page = pebble.visitor(DOMAIN, yard.host.address).get(format!("http://{DOMAIN}/")).send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.url().as_str()), (200, &*format!("https://{DOMAIN}/")), "sent to HTTPS, and trusted there");
    assert!(page.text().await.unwrap().contains("Ana"), "it is the site");
    assert_eq!(certificate.state.covers, [DOMAIN]);

    // No record leads to a site that is gone.
    let job = yard.bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!(finish_with(&yard.bench.services, LOSSES[1], job).await, JobStatus::Done);
    assert_eq!(yard.bench.status(pod.id).await, PodStatus::Deleted);
    for server in name_servers {
        assert_eq!(ask(server, DOMAIN).await, Vec::<IpAddr>::new(), "no record leads to where another customer's site can be");
    }
    yard.down().await;
    second.down().await.unwrap();
}
