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
use db::Caller;
use engine::{Modules, Services, reconcile::run_due};
use model::{
    administration::{provisioning::JobStatus, servers::Capability},
    hosting::{
        certificates::{CertificateRow, CertificateStatus},
        cloudpods::{PodStatus, Stack},
    },
    ids::{CloudPodId, DomainId, JobId, ServerId},
    permission::{DnsWrite, ServersManage, SslRead},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use testkit::bed::Host;

pub(super) const ZONE: &str = "example.test";
pub(super) const DOMAIN: &str = "blog.example.test";
const NAME_SERVERS: [&str; 2] = ["ns1.panel.example", "ns2.panel.example"];
/// More than a flow has jobs and looks.
pub(super) const ROUNDS: usize = 30;
/// Most times that a visitor is sent elsewhere.
const MAX_REDIRECTS: usize = 5;
/// For how long a visitor waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// What this name server answers for a name now; nothing where it does not answer for that.
async fn ask(server: SocketAddr, name: &str) -> Option<Vec<IpAddr>> {
    DnsResolver::new(&[server]).unwrap().addresses(name).await.ok()
}

/// Asks one name server for every name, each time, and trusts one root.
pub(super) struct Outsider {
    server: SocketAddr,
    root: String,
}

impl Outsider {
    async fn web(&self, name: &str) -> Result<WebVisitor, VisitError> {
        let address = ask(self.server, name).await.unwrap_or_default().first().copied();
        let address = address.ok_or_else(|| VisitError::NoAddress(name.to_owned()))?;
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

/// Somebody who knows the name servers and one root, and nothing of what they were told before.
#[derive(Clone)]
pub(super) struct Stranger {
    name_servers: [SocketAddr; 2],
    root: String,
}

impl Stranger {
    /// What the first name server says that says anything.
    async fn address(&self, name: &str) -> Result<IpAddr, String> {
        for server in self.name_servers {
            if let Some(address) = ask(server, name).await.unwrap_or_default().first() {
                return Ok(*address);
            }
        }
        Err(format!("{name} has no address"))
    }

    /// Opens an address, goes where it is sent, and says where that was and what stood there.
    pub(super) async fn visit(&self, url: &str) -> Result<(String, String), String> {
        let mut url = reqwest::Url::parse(url).unwrap();
        for _ in 0..=MAX_REDIRECTS {
            let host = url.host_str().unwrap_or_default().to_owned();
            let address = self.address(&host).await?;
            let http = reqwest::Client::builder()
                .tls_certs_only([reqwest::Certificate::from_pem(self.root.as_bytes()).unwrap()])
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .timeout(PATIENCE)
                .resolve(&host, (address, 0).into())
                .build()
                .unwrap();
            let answer = http.get(url.clone()).send().await.map_err(|error| format!("{url} at {address}: {error:?}"))?;
            let status = answer.status().as_u16();
            let location = answer.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
            url = match (status, location) {
                (200, _) => {
                    let page = answer.text().await.map_err(|error| format!("{url} at {address}, broken off: {error:?}"))?;
                    return Ok((url.to_string(), page));
                }
                (301 | 302, Some(to)) => url.join(&to).map_err(|error| format!("{url} at {address} leads to {to}: {error}"))?,
                _ => return Err(format!("{url} at {address}: HTTP {status}")),
            };
        }
        Err(format!("sent from one place to the next, at last to {url}"))
    }
}

/// Two hosts that are name servers of a zone, a CA that asks the second one, and the zone's owner.
pub(super) struct Town {
    pub(super) yard: Yard,
    pub(super) second: Host,
    pub(super) second_id: ServerId,
    pub(super) name_servers: [SocketAddr; 2],
    pub(super) pebble: Pebble,
    pub(super) owner: Caller,
    pub(super) domain: DomainId,
}

impl Town {
    /// None, with a printed line, where no real host can be had.
    pub(super) async fn fresh() -> Option<Self> {
        let mut yard = Yard::fresh().await?;
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
        let domain = yard.bench.verified_domain(ZONE).await;
        let services = &yard.bench.services.services;
        let tx = services.db.tenant::<DnsWrite>(&owner, yard.bench.tenant).await.unwrap();
        dns::create(services, tx, domain).await.unwrap();
        Some(Self { yard, second, second_id, name_servers, pebble, owner, domain })
    }

    pub(super) fn services(&self) -> &Services {
        &self.yard.bench.services.services
    }

    /// The visitor whom the panel asks.
    pub(super) fn outsider(&self) -> Outsider {
        Outsider { server: self.name_servers[0], root: self.pebble.root.clone() }
    }

    pub(super) fn stranger(&self) -> Stranger {
        Stranger { name_servers: self.name_servers, root: self.pebble.root.clone() }
    }

    /// What each name server answers for a name; nothing where it does not answer for that.
    pub(super) async fn answers(&self, name: &str) -> [Option<Vec<IpAddr>>; 2] {
        [ask(self.name_servers[0], name).await, ask(self.name_servers[1], name).await]
    }

    /// What both answer that lead to this host.
    pub(super) fn leading_to(host: &Host) -> [Option<Vec<IpAddr>>; 2] {
        [Some(vec![IpAddr::V4(host.address)]), Some(vec![IpAddr::V4(host.address)])]
    }

    /// Does a job whose worker is lost after each step.
    pub(super) async fn finish(&self, job: JobId) -> JobStatus {
        finish_with(&self.yard.bench.services, LOSSES[1], job).await
    }

    /// The certificate of a pod's only site, once that was looked at.
    pub(super) async fn row(&self, pod: CloudPodId) -> Option<CertificateRow> {
        let mut tx = self.services().db.platform::<SslRead>(&self.yard.bench.admin).await.unwrap();
        certificates::of_pod(self.services(), &mut tx, pod).await.unwrap().pop()
    }

    /// The job that goes on for a pod.
    pub(super) async fn job(&self, pod: CloudPodId) -> Option<JobId> {
        sqlx::query_scalar("select id from jobs where subject_id = $1 and status in ('queued', 'running') order by created_at limit 1")
            .bind(pod)
            .fetch_optional(&mut self.yard.bench.services.db.owner().await)
            .await
            .unwrap()
    }

    /// Reconciles, and does what is begun, whose worker is lost after each step, until the site has its certificate for these names.
    pub(super) async fn settle(&self, pod: CloudPodId, names: &[&str]) -> CertificateRow {
        let is_right = |row: &CertificateRow| {
            let is_covered = |name: &&str| row.state.covers.iter().any(|covered| covered == name);
            row.state.status == CertificateStatus::Active && row.is_redirecting && names.iter().all(is_covered)
        };
        for _ in 0..ROUNDS {
            run_due(self.services()).await.unwrap();
            match (self.job(pod).await, self.row(pod).await) {
                (Some(job), _) => assert_eq!(self.finish(job).await, JobStatus::Done),
                (None, Some(row)) if is_right(&row) => return row,
                (None, _) => self.yard.bench.services.clock.advance(TimeDelta::minutes(7)),
            }
        }
        panic!("no certificate for {names:?}: {:?}", self.row(pod).await.map(|row| row.state));
    }

    pub(super) async fn down(self) {
        self.yard.down().await;
        self.second.down().await.unwrap();
    }
}

/// Makes a host a name server.
async fn add_name_server(yard: &Yard, server: ServerId, name: &str) {
    let services = &yard.bench.services.services;
    let tx = services.db.platform::<ServersManage>(&yard.bench.admin).await.unwrap();
    servers::install(services, tx, server, Capability::Dns).await.unwrap();
    let tx = services.db.platform(&yard.bench.admin).await.unwrap();
    dns::add_name_server(services, tx, server, name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "boots a real host"]
async fn a_site_on_a_domain_with_a_zone_here_is_found_on_two_name_servers_and_answers_over_https_although_each_step_loses_its_worker() {
    let Some(town) = Town::fresh().await else { return };
    let bench = &town.yard.bench;
    let pod = bench.order(Stack::Wordpress, DOMAIN).await.unwrap();
    assert!(town.answers(DOMAIN).await.into_iter().flatten().all(|found| found.is_empty()), "nothing leads to a site that is not there");
    assert_eq!(town.finish(pod.job).await, JobStatus::Done);
    let certificate = town.settle(pod.id, &[DOMAIN]).await;

    assert_eq!(town.answers(DOMAIN).await, Town::leading_to(&town.yard.host));
    let (url, page) = town.stranger().visit(&format!("http://{DOMAIN}/")).await.unwrap();
    assert_eq!(url, format!("https://{DOMAIN}/"), "sent to HTTPS, and trusted there");
    assert!(page.contains("Ana"), "it is the site");
    assert_eq!(certificate.state.covers, [DOMAIN]);

    // No record leads to a site that is gone.
    let job = bench.delete(pod.id, &pod.name).await.unwrap();
    assert_eq!(town.finish(job).await, JobStatus::Done);
    assert_eq!(bench.status(pod.id).await, PodStatus::Deleted);
    let nowhere = [Some(Vec::new()), Some(Vec::new())];
    assert_eq!(town.answers(DOMAIN).await, nowhere, "both answer that no record leads to where another customer's site can be");
    town.down().await;
}
