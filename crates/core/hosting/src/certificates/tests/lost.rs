//! The certificate authorities, or a name server, are lost at each step of a job that brings a certificate.

use super::{
    by_dns::{ZONE, Zoned},
    world::{DOMAIN, World},
};
use crate::{
    certificates::jobs::{IssueSsl, RenewSsl},
    dns,
    testing::step_of,
};
use adapters::{acme::Mood, visitor::Visitor};
use chrono::TimeDelta;
use engine::saga::{Saga, contract::When};
use model::{
    administration::provisioning::JobStatus,
    hosting::cloudpods::Stack,
    ids::{CloudPodId, DomainId, JobId, ServerId},
    permission::DnsRead,
};

/// Until a certificate of the tests is to be renewed.
const TO_RENEWAL: TimeDelta = TimeDelta::days(61);
/// Of ten minutes: after so many a job that has failed was begun again.
const ROUNDS: usize = 12;

/// Each step of a saga before and after its effect: its number, when, and both in words.
fn moments<S: Saga>() -> Vec<(usize, When, String)> {
    let names: Vec<&str> = S::steps().into_list().iter().map(|step| step.info().name).collect();
    let both = |(step, name): (usize, &&str)| [When::Before, When::After].map(|when| (step, when, format!("{name} {when:?}")));
    names.iter().enumerate().flat_map(both).collect()
}

impl World {
    /// No authority answers from now on, or all of them do again.
    fn lose_authorities(&self, is_lost: bool) {
        for ca in [&self.first, &self.second] {
            ca.set_mood(if is_lost { Mood::Down } else { Mood::Well });
        }
    }

    /// Works on a job up to a step, loses the authorities before or after it, and goes on.
    async fn finish_without_authorities(&self, job: JobId, step: usize, when: When) -> JobStatus {
        self.bench.lose_worker(job, (step, false), when).await;
        self.lose_authorities(true);
        self.bench.finish(job).await
    }

    /// The authorities are back, and the certificate is ordered again.
    async fn recover(&self, pod: CloudPodId) -> Option<JobStatus> {
        self.lose_authorities(false);
        self.pass(TimeDelta::hours(1));
        self.settle(pod).await
    }

    /// What visitors are shown is what stands on the certificate's page, and no answer to an authority is left.
    async fn assert_shown(&self, pod: CloudPodId, at: &str) -> String {
        let shown = self.visitor.https(DOMAIN).await.unwrap().fingerprint;
        assert_eq!(self.row(pod).await.state.fingerprint.as_ref(), Some(&shown), "{at}");
        assert_eq!(self.visitor.http(DOMAIN, "/").await.unwrap().status, 301, "{at}");
        assert_eq!(self.bench.services.servers.challenges(self.bench.server), 0, "{at}");
        shown
    }

    async fn assert_says_why(&self, pod: CloudPodId, at: &str) {
        let failure = self.row(pod).await.state.failure.unwrap();
        assert!(failure.contains("does not respond"), "{at}: {failure}");
    }
}

#[tokio::test]
async fn authorities_that_are_lost_at_any_step_leave_a_site_over_http_or_are_not_needed_any_more() {
    let collecting = step_of::<IssueSsl>("collect_certificate");
    for (step, when, at) in moments::<IssueSsl>() {
        let (world, pod) = World::with_site().await;
        let job = world.due(pod).await.unwrap();
        let status = world.finish_without_authorities(job, step, when).await;
        // A worker that is lost after the authority has issued and before that is noted asks for it again.
        if step <= collecting {
            assert_eq!(status, JobStatus::Undone, "{at}");
            world.assert_says_why(pod, &at).await;
            assert_eq!(world.visitor.http(DOMAIN, "/").await.unwrap().status, 200, "{at}");
            let servers = &world.bench.services.servers;
            assert_eq!((servers.certificate(DOMAIN), servers.challenges(world.bench.server)), (None, 0), "{at}");
            assert_eq!(world.recover(pod).await, Some(JobStatus::Done), "{at}");
        } else {
            assert_eq!(status, JobStatus::Done, "{at}");
        }
        world.assert_shown(pod, &at).await;
        assert_eq!((world.first.issued(), world.second.issued()), (1, 0), "{at}");
    }
}

#[tokio::test]
async fn authorities_that_are_lost_at_any_step_of_a_renewal_leave_the_certificate_of_before_or_are_not_needed_any_more() {
    let collecting = step_of::<RenewSsl>("collect_certificate");
    for (step, when, at) in moments::<RenewSsl>() {
        let (world, pod) = World::with_certificate().await;
        let before = world.assert_shown(pod, &at).await;
        world.pass(TO_RENEWAL);
        let job = world.due(pod).await.unwrap();
        let status = world.finish_without_authorities(job, step, when).await;
        if step <= collecting {
            assert_eq!(status, JobStatus::Undone, "{at}");
            world.assert_says_why(pod, &at).await;
            assert_eq!(world.assert_shown(pod, &at).await, before, "{at}");
            assert_eq!(world.recover(pod).await, Some(JobStatus::Done), "{at}");
        } else {
            assert_eq!(status, JobStatus::Done, "{at}");
        }
        assert_ne!(world.assert_shown(pod, &at).await, before, "{at}");
        assert_eq!((world.first.issued(), world.second.issued()), (2, 0), "{at}");
    }
}

/// A site whose name leads elsewhere, and is proved by DNS on two name servers.
struct Scene {
    world: World,
    pod: CloudPodId,
    domain: DomainId,
    servers: [ServerId; 2],
    /// The one of them that the site is not on.
    other: ServerId,
}

impl Scene {
    async fn new() -> Self {
        let (world, servers, domain) = Zoned::zone_alone().await;
        let pod = world.bench.running(Stack::Static, DOMAIN).await.id;
        world.visitor.lead_elsewhere(DOMAIN, true);
        let home = "select server_id from cloud_pods where id = $1";
        let home: ServerId = sqlx::query_scalar(home).bind(pod).fetch_one(&mut world.bench.services.db.owner().await).await.unwrap();
        let other = servers.into_iter().find(|server| *server != home).unwrap();
        Self { world, pod, domain, servers, other }
    }

    /// The name server is silent from now on, or answers again.
    fn lose_name_server(&self, is_lost: bool) {
        self.world.bench.services.servers.set_down(self.other, is_lost);
    }

    /// Answers to an authority that are left, in the database or on a name server.
    async fn left(&self) -> Vec<String> {
        let mut left: Vec<String> =
            sqlx::query_scalar("select name from dns_challenges").fetch_all(&mut self.world.bench.services.db.owner().await).await.unwrap();
        for server in self.servers {
            let records = self.world.bench.services.servers.zone(server, ZONE).unwrap().records;
            let names = records.into_iter().map(|record| record.name.as_str().to_owned());
            left.extend(names.filter(|name| name.starts_with("_acme-challenge.")));
        }
        left
    }

    async fn is_in_sync(&self) -> bool {
        let services = &self.world.bench.services.services;
        let mut tx = services.db.tenant::<DnsRead>(&self.world.owner, self.world.bench.tenant).await.unwrap();
        dns::get_own(&mut tx, self.domain).await.unwrap().zone.unwrap().is_in_sync()
    }

    /// Why a job has ended as it did.
    async fn why(&self, job: JobId) -> String {
        let why = "select coalesce(error, '') from jobs where id = $1";
        sqlx::query_scalar(why).bind(job).fetch_one(&mut self.world.bench.services.db.owner().await).await.unwrap()
    }

    /// Works on a job up to a step, loses the name server before or after it, and goes on. Whether that has brought the certificate.
    async fn finishes_without_name_server(&self, job: JobId, (step, when, at): (usize, When, &str), answering: usize) -> bool {
        self.world.bench.lose_worker(job, (step, false), when).await;
        self.lose_name_server(true);
        let status = self.world.bench.finish(job).await;
        // A worker that is lost after the authority has looked and before that is noted has it look again.
        let expected = if step <= answering { JobStatus::Undone } else { JobStatus::Done };
        assert_eq!(status, expected, "{at}");
        if step == answering {
            let why = self.why(job).await;
            assert!(why.contains(".panel.example"), "{at}: the name server is named: {why}");
        }
        assert_eq!(self.world.bench.visit(DOMAIN).await.0, 200, "{at}");
        status == JobStatus::Done
    }

    /// The name server is back: the authority has issued so many certificates then, and nothing is left in the zone.
    async fn assert_recovers(&self, issued: u32, at: &str) {
        self.lose_name_server(false);
        for _ in 0..ROUNDS {
            self.world.pass(TimeDelta::minutes(10));
            self.world.settle(self.pod).await;
            if self.world.first.issued() == issued && self.left().await.is_empty() && self.is_in_sync().await {
                break;
            }
        }
        assert_eq!((self.world.first.issued(), self.left().await, self.is_in_sync().await), (issued, Vec::new(), true), "{at}");
        let row = self.world.row(self.pod).await;
        assert_eq!((row.state.failure, row.is_redirecting), (None, true), "{at}");
        assert_eq!(self.servers.map(|server| self.world.bench.services.servers.challenges(server)), [0, 0], "{at}");
    }
}

#[tokio::test]
async fn a_name_server_that_is_lost_at_any_step_leaves_no_certificate_and_no_answer_or_is_not_needed_any_more() {
    let answering = step_of::<IssueSsl>("answer_challenges");
    for (step, when, at) in moments::<IssueSsl>() {
        let scene = Scene::new().await;
        let job = scene.world.due(scene.pod).await.unwrap();
        let has_one = scene.finishes_without_name_server(job, (step, when, &*at), answering).await;
        assert_eq!(scene.world.bench.services.servers.certificate(DOMAIN).is_some(), has_one, "{at}");
        scene.assert_recovers(1, &at).await;
        assert!(scene.world.bench.services.servers.certificate(DOMAIN).is_some(), "{at}");
    }
}

#[tokio::test]
async fn a_name_server_that_is_lost_at_any_step_of_a_renewal_leaves_the_certificate_of_before_or_is_not_needed_any_more() {
    let answering = step_of::<RenewSsl>("answer_challenges");
    for (step, when, at) in moments::<RenewSsl>() {
        let scene = Scene::new().await;
        assert_eq!(scene.world.settle(scene.pod).await, Some(JobStatus::Done), "{at}");
        let before = scene.world.bench.services.servers.certificate(DOMAIN).unwrap();
        scene.world.pass(TO_RENEWAL);
        let job = scene.world.due(scene.pod).await.unwrap();
        let has_next = scene.finishes_without_name_server(job, (step, when, &*at), answering).await;
        let shown = scene.world.bench.services.servers.certificate(DOMAIN).unwrap();
        assert!((shown.chain != before.chain) == has_next && shown.redirect, "{at}");
        scene.assert_recovers(2, &at).await;
        assert_ne!(scene.world.bench.services.servers.certificate(DOMAIN).unwrap().chain, before.chain, "{at}");
    }
}
