//! What a customer sees as one: a site with its zone and its certificate, and a change of its domain. The worker is lost at each step of every job that
//! belongs to it.

use super::{
    by_dns::{ZONE, Zoned},
    world::{DOMAIN, World},
};
use crate::{cloudpods::websites, dns, testing::Bench};
use adapters::visitor::Visitor;
use core_administration::provisioning;
use engine::{
    reconcile::run_due,
    saga::contract::{Fault, Faults, When, finish, worker},
    testing::TestServices,
};
use model::{
    administration::provisioning::JobStatus,
    hosting::{certificates::CertificateStatus, cloudpods::Stack, dns::RecordType},
    ids::{CloudPodId, DomainId, JobId, ServerId, WebsiteId},
    permission::{DnsRead, JobsRead},
};
use wire::zone::RecordData;

/// Where visitors of the servers come.
const ADDRESS: &str = "192.0.2.7";
/// More than any job has.
const STEPS: usize = 12;
/// More than either flow has jobs.
const ROUNDS: usize = 12;

struct Flow {
    world: World,
    servers: [ServerId; 2],
    domain: DomainId,
    /// What each step of every job meets.
    fault: Fault,
}

impl Flow {
    async fn new(fault: Fault) -> Self {
        let (mut world, servers, domain) = Zoned::zone_alone().await;
        // Visitors come to the simulated servers, whichever address they ask for.
        let sites = reqwest::Proxy::http(format!("http://{}", world.bench.services.servers.sites())).unwrap();
        world.bench.services.services.http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).proxy(sites).build().unwrap();
        sqlx::query("update servers set site_address = $1").bind(ADDRESS).execute(&mut world.bench.services.db.owner().await).await.unwrap();
        Self { world, servers, domain, fault }
    }

    async fn finish(&self, job: JobId) {
        assert_eq!(finish_with(&self.world.bench.services, self.fault, job).await, JobStatus::Done, "{:?}", self.fault);
    }

    /// Reconciles, and does what is begun, until there is nothing left to do. Looks at this name in between.
    async fn settle(&self, pod: CloudPodId, served: Option<&str>) {
        for _ in 0..ROUNDS {
            run_due(&self.world.bench.services.services).await.unwrap();
            let job: Option<JobId> =
                sqlx::query_scalar("select id from jobs where subject_id = $1 and status in ('queued', 'running') order by created_at limit 1")
                    .bind(pod)
                    .fetch_optional(&mut self.world.bench.services.db.owner().await)
                    .await
                    .unwrap();
            if let Some(name) = served {
                let answer = self.world.visitor.http(name, "/").await.unwrap();
                assert!(matches!(answer.status, 200 | 301), "{name} is served all the while: {}", answer.status);
            }
            let Some(job) = job else { return };
            self.finish(job).await;
        }
        panic!("it does not come to rest");
    }

    /// The address that both name servers answer for a name.
    fn address(&self, name: &str) -> [Option<String>; 2] {
        self.servers.map(|server| {
            let zone = self.world.bench.services.servers.zone(server, ZONE)?;
            zone.records.into_iter().find_map(|record| match record.data {
                RecordData::A { address } if record.name.as_str() == name => Some(address.to_string()),
                _ => None,
            })
        })
    }

    async fn site(&self, pod: CloudPodId) -> WebsiteId {
        let site = "select id from websites where cloud_pod_id = $1";
        sqlx::query_scalar(site).bind(pod).fetch_one(&mut self.world.bench.services.db.owner().await).await.unwrap()
    }
}

/// Does a job; its worker is lost at each step, and another one goes on.
pub(super) async fn finish_with(services: &TestServices, fault: Fault, job: JobId) -> JobStatus {
    let each: Vec<_> = (0..STEPS).map(|step| (step, false, fault)).collect();
    let faults = Faults::of(&each).of_database(&services.db.owner_url);
    for _ in 0..=STEPS {
        let one = worker(services, faults.clone().into_registry(Bench::registry()));
        tokio::select! {
            status = finish(services, &one, job) => return status,
            () = faults.crashed() => {}
        }
    }
    panic!("a step meets its fault once");
}

/// What the audit log says of domains and of certificates that were brought for them, in order; what is said again at once is said once.
pub(super) async fn told_of_names(services: &TestServices) -> Vec<String> {
    let told = "select action from audit_events
                 where target_type in ('cloud_pod', 'certificate') and action in ('DOMAIN_UPDATED', 'SSL_ISSUE_REQUESTED', 'SSL_ISSUED') order by seq";
    let mut told: Vec<String> = sqlx::query_scalar(told).fetch_all(&mut services.db.owner().await).await.unwrap();
    told.dedup();
    told
}

/// Every way in which a worker is lost.
pub(super) const LOSSES: [Fault; 3] = [Fault::Crash(When::Before), Fault::Crash(When::After), Fault::Cut(When::After)];

#[tokio::test]
async fn a_pod_at_a_name_of_ours_is_found_by_dns_and_answers_over_https_wherever_its_worker_is_lost() {
    for fault in LOSSES {
        let flow = Flow::new(fault).await;
        let pod = flow.world.bench.order(Stack::Static, DOMAIN).await.unwrap();
        flow.finish(pod.job).await;
        flow.settle(pod.id, None).await;
        assert_eq!(flow.address(DOMAIN), [Some(ADDRESS.to_owned()), Some(ADDRESS.to_owned())], "{fault:?}");
        let row = flow.world.row(pod.id).await;
        assert_eq!((row.state.status, &*row.state.covers), (CertificateStatus::Active, &[DOMAIN.to_owned()][..]), "{fault:?}");
        assert_eq!(flow.world.visitor.https(DOMAIN).await.unwrap().fingerprint, row.state.fingerprint.unwrap());
        assert_eq!(flow.world.visitor.http(DOMAIN, "/").await.unwrap().status, 301, "visitors are sent to HTTPS");
        assert_eq!(flow.world.first.issued(), 1, "the authority issued one certificate, not one for each worker");
        let services = &flow.world.bench.services.services;
        let mut tx = services.db.tenant::<DnsRead>(&flow.world.owner, flow.world.bench.tenant).await.unwrap();
        let zone = dns::get_own(&mut tx, flow.domain).await.unwrap().zone.unwrap();
        assert_eq!(zone.records.iter().filter(|record| record.kind == RecordType::A).count(), 1);
        assert!(zone.is_in_sync());
        // Its owner finds what the order has led to with the job of the order.
        let mut tx = services.db.tenant::<JobsRead>(&flow.world.owner, flow.world.bench.tenant).await.unwrap();
        let later = provisioning::get_own(&mut tx, pod.job).await.unwrap().view.later;
        let later: Vec<(&str, JobStatus)> = later.iter().map(|job| (job.kind.as_str(), job.status)).collect();
        assert!(later.contains(&("ISSUE_SSL", JobStatus::Done)), "{fault:?}: {later:?}");
    }
}

#[tokio::test]
async fn another_domain_of_a_site_has_its_address_and_its_certificate_while_the_old_one_is_served_wherever_a_worker_is_lost() {
    const NEW: &str = "journal.example.test";
    for fault in LOSSES {
        let flow = Flow::new(fault).await;
        let pod = flow.world.bench.running(Stack::Static, DOMAIN).await.id;
        flow.settle(pod, Some(DOMAIN)).await;
        let (services, site) = (&flow.world.bench.services.services, flow.site(pod).await);
        let own = async || services.db.tenant(&flow.world.owner, flow.world.bench.tenant).await.unwrap();
        websites::add_name(services, own().await, site, NEW).await.unwrap();
        flow.settle(pod, Some(DOMAIN)).await;
        websites::set_main(services, own().await, site, NEW).await.unwrap();
        flow.settle(pod, Some(DOMAIN)).await;
        websites::set_redirect_to_main(services, own().await, site, true).await.unwrap();
        flow.settle(pod, Some(DOMAIN)).await;

        assert_eq!(flow.address(NEW), [Some(ADDRESS.to_owned()), Some(ADDRESS.to_owned())], "{fault:?}");
        let row = flow.world.row(pod).await;
        let mut covers = row.state.covers.clone();
        covers.sort();
        assert_eq!((row.state.status, covers), (CertificateStatus::Active, vec![DOMAIN.to_owned(), NEW.to_owned()]), "{fault:?}");
        let fingerprint = row.state.fingerprint.unwrap();
        for name in [DOMAIN, NEW] {
            assert_eq!(flow.world.visitor.https(name).await.unwrap().fingerprint, fingerprint, "{name}");
        }
        let settings = flow.world.bench.services.servers.settings(NEW).unwrap();
        assert!(settings.redirect_to_main, "{fault:?}");
        let told = told_of_names(&flow.world.bench.services).await;
        let of_first = ["SSL_ISSUE_REQUESTED", "SSL_ISSUED"];
        let of_new = ["DOMAIN_UPDATED", "SSL_ISSUE_REQUESTED", "SSL_ISSUED"];
        assert_eq!((&told[..2], &told[2..5]), (&of_first.map(str::to_owned)[..], &of_new.map(str::to_owned)[..]), "{fault:?}: {told:?}");
        assert_eq!(flow.world.first.issued(), 2, "one for each set of names");
    }
}
