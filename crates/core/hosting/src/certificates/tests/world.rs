//! A customer's site, a CA, and a visitor.

use crate::{certificates, testing::Bench};
use adapters::{
    acme::{Authorities, CertificateAuthority, FakeAuthority, Now, SigningRequest},
    dns::{Dns, SimulatedDns},
    visitor::{SimulatedVisitor, Visitor},
};
use db::{Caller, TenantTx};
use engine::{Modules, reconcile::run_due};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        certificates::{CertificateRow, Hsts},
        cloudpods::Stack,
    },
    ids::{CloudPodId, JobId},
    permission::{SslManage, SslRead},
};
use std::sync::Arc;

/// Name of the site in these tests.
pub(super) const DOMAIN: &str = "blog.example.test";

pub(super) struct World {
    pub(super) bench: Bench,
    pub(super) visitor: Arc<SimulatedVisitor>,
    pub(super) first: Arc<FakeAuthority>,
    pub(super) second: Arc<FakeAuthority>,
    pub(super) dns: Arc<SimulatedDns>,
    /// The customer.
    pub(super) owner: Caller,
}

impl World {
    /// With two CAs, and nothing ordered.
    pub(super) async fn new() -> Self {
        let mut bench = Bench::new().await;
        let clock = Arc::clone(&bench.services.clock);
        let now: Now = Arc::new(move || engine::clock::Clock::now(&*clock));
        let visitor = Arc::new(SimulatedVisitor::new(Arc::clone(&bench.services.servers), Arc::clone(&now)));
        let ca = |url: &str| {
            let ca = FakeAuthority::new(url, Arc::clone(&visitor) as Arc<dyn Visitor>, Arc::clone(&now)).unwrap();
            visitor.trust(&ca.root());
            Arc::new(ca)
        };
        let (first, second) = (ca("https://first.test/dir"), ca("https://second.test/dir"));
        let authorities =
            Authorities::new(Arc::clone(&first) as Arc<dyn CertificateAuthority>, [Arc::clone(&second) as Arc<dyn CertificateAuthority>]);
        let dns = Arc::new(SimulatedDns::default());
        let modules = Modules::default().with(crate::register).with(certificates::register_issuing);
        bench.services.services = bench
            .services
            .services
            .clone()
            .with(Arc::new(modules))
            .with(Arc::new(authorities))
            .with::<dyn Dns>(Arc::clone(&dns) as Arc<dyn Dns>)
            .with::<dyn Visitor>(Arc::clone(&visitor) as Arc<dyn Visitor>);
        let owner = bench.services.db.user("ana@example.test", None).await;
        bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
        Self { bench, visitor, first, second, dns, owner }
    }

    /// A site that runs, not looked at yet.
    pub(super) async fn with_site() -> (Self, CloudPodId) {
        let world = Self::new().await;
        let pod = world.bench.running(Stack::Wordpress, DOMAIN).await;
        (world, pod.id)
    }

    /// A site with a certificate.
    pub(super) async fn with_certificate() -> (Self, CloudPodId) {
        let (world, pod) = Self::with_site().await;
        assert_eq!(world.settle(pod).await, Some(JobStatus::Done));
        (world, pod)
    }

    /// Lets the reconcilers do what is due; the job that goes on for a pod then.
    pub(super) async fn due(&self, pod: CloudPodId) -> Option<JobId> {
        run_due(&self.bench.services.services).await.unwrap();
        sqlx::query_scalar("select id from jobs where subject_id = $1 and status in ('queued', 'running')")
            .bind(pod)
            .fetch_optional(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }

    /// The same, and brings that job to its end.
    pub(super) async fn settle(&self, pod: CloudPodId) -> Option<JobStatus> {
        match self.due(pod).await {
            Some(job) => Some(self.bench.finish(job).await),
            None => None,
        }
    }

    /// Time goes on.
    pub(super) fn pass(&self, time: chrono::TimeDelta) {
        self.bench.services.clock.advance(time);
    }

    /// The certificate as its page shows it.
    pub(super) async fn row(&self, pod: CloudPodId) -> CertificateRow {
        let services = &self.bench.services.services;
        let mut tx = services.db.platform::<SslRead>(&self.bench.admin).await.unwrap();
        certificates::of_pod(services, &mut tx, pod).await.unwrap().pop().expect("the site was looked at")
    }

    /// What the customer may change.
    pub(super) async fn own(&self) -> TenantTx<SslManage> {
        self.bench.services.services.db.tenant(&self.owner, self.bench.tenant).await.unwrap()
    }

    /// A certificate that the customer has bought elsewhere, and its key.
    pub(super) fn bought(&self, names: &[&str]) -> (String, String) {
        let request = SigningRequest::new().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        (self.second.sell(&request, &names).unwrap(), request.key())
    }

    /// Installs it, as far as the job.
    pub(super) async fn install(&self, pod: CloudPodId, (chain, key): &(String, String)) -> engine::Result<JobId> {
        certificates::install(&self.bench.services.services, self.own().await, self.row(pod).await.id, chain, key).await
    }

    /// Wants browsers to insist on HTTPS, as far as the job.
    pub(super) async fn insist(&self, pod: CloudPodId, hsts: Hsts) -> engine::Result<JobId> {
        certificates::set_hsts(&self.bench.services.services, self.own().await, self.row(pod).await.id, hsts).await
    }

    /// What the audit log says of certificates, in order.
    pub(super) async fn told(&self) -> Vec<String> {
        sqlx::query_scalar("select action from audit_events where target_type = 'certificate' order by seq")
            .fetch_all(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }

    /// To whom it was written about certificates that could not be renewed, in order.
    pub(super) async fn mails(&self) -> Vec<String> {
        self.mails_of("certificate_expiring").await
    }

    /// To whom this letter was written, in order.
    pub(super) async fn mails_of(&self, template: &str) -> Vec<String> {
        sqlx::query_scalar("select recipient from outgoing_mail where template = $1 order by id")
            .bind(template)
            .fetch_all(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }
}
