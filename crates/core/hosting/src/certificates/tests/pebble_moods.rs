//! A CA that validates and signs for real, as its client meets it: with an account that is bound to another one, and on its bad days.

use super::world::{DOMAIN, World};
use crate::testing::{Pebble, PebbleMood as Mood, PebbleProxy};
use adapters::{
    acme::{AcmeError, Authorities, CertificateAuthority, RenewalWindow},
    visitor::Visitor,
};
use chrono::TimeDelta;
use model::{
    administration::provisioning::JobStatus,
    hosting::certificates::{CertificateRow, CertificateStatus},
    ids::CloudPodId,
};
use std::{sync::Arc, time::Duration};

/// How long a CA wants to be left alone that limits requests.
const LIMIT: Duration = Duration::from_secs(36 * 3600);

/// A customer's site, and pebble behind its proxy.
struct Stage {
    world: World,
    pod: CloudPodId,
    proxy: PebbleProxy,
    _pebble: Pebble,
}

impl Stage {
    /// No other CA is configured.
    async fn new() -> Self {
        Self::with(Pebble::reaching, false).await
    }

    async fn with(pebble: impl AsyncFnOnce(u16) -> Pebble, has_fallback: bool) -> Self {
        let (mut world, pod) = World::with_site().await;
        let pebble = pebble(world.bench.services.servers.sites().port()).await;
        let proxy = PebbleProxy::before(&pebble).await;
        world.visitor.trust(&pebble.root);
        let fallback = has_fallback.then(|| Arc::clone(&world.second) as Arc<dyn CertificateAuthority>);
        let authorities = Authorities::new(Arc::new(proxy.authority()), fallback);
        world.bench.services.services = world.bench.services.services.clone().with(Arc::new(authorities));
        // What it issues is valid from the present on, and the clock of these tests stands still.
        world.pass(TimeDelta::hours(1));
        Self { world, pod, proxy, _pebble: pebble }
    }

    async fn settle(&self) -> Option<JobStatus> {
        self.world.settle(self.pod).await
    }

    async fn row(&self) -> CertificateRow {
        self.world.row(self.pod).await
    }

    /// What visitors are shown.
    async fn shown(&self) -> String {
        self.world.visitor.https(DOMAIN).await.unwrap().fingerprint
    }

    /// How often a step was begun.
    async fn attempts(&self, step: &str) -> i32 {
        let most = "select max(attempt) from job_steps where name = $1";
        sqlx::query_scalar(most).bind(step).fetch_one(&mut self.world.bench.services.db.owner().await).await.unwrap()
    }

    /// A certificate of pebble's is what visitors get.
    async fn assert_issued(&self) {
        let row = self.row().await;
        assert_eq!((row.state.status, row.state.failure.as_deref()), (CertificateStatus::Active, None));
        assert!(row.state.issuer.unwrap().starts_with("Pebble"));
        assert_eq!(Some(self.shown().await), row.state.fingerprint);
    }
}

/// Why pebble opens no account for this customer.
async fn refusal(pebble: &Pebble, customer: Option<(&str, &str)>) -> String {
    match pebble.authority_for(customer).open_account().await {
        Err(AcmeError::Refused { reason, .. }) => reason,
        other => panic!("{customer:?}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ca_that_serves_its_customers_alone_opens_an_account_for_its_customer_and_tells_others_what_to_set() {
    let pebble = Pebble::reaching(80).await;
    pebble.authority().open_account().await.unwrap();
    let without = refusal(&pebble, None).await;
    assert!(without.starts_with("it issues for its own customers only: set external_account.id and external_account.key"), "{without}");
    // The key is decoded from base64url; as it stands it would be another one.
    let another_key = "YW5vdGhlciBrZXkgdGhhbiB0aGF0IG9mIHRoZSBjdXN0b21lcg";
    for customer in [("mpanel", another_key), ("somebody", another_key)] {
        let why = refusal(&pebble, Some(customer)).await;
        assert!(why.starts_with("it does not accept the external account: set external_account.id and external_account.key"), "{why}");
        assert!(!why.contains(another_key), "the key is not told: {why}");
    }
    let unreadable = refusal(&pebble, Some(("mpanel", "no base64url!"))).await;
    assert!(unreadable.starts_with("external_account.key is not base64url"), "{unreadable}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_external_account_ends_the_job_with_what_to_set_and_no_other_ca_is_asked() {
    let (mut world, pod) = World::with_site().await;
    let pebble = Pebble::reaching(80).await;
    let wrong = pebble.authority_for(Some(("mpanel", "d3Jvbmc")));
    let authorities = Authorities::new(Arc::new(wrong), [Arc::clone(&world.second) as Arc<dyn CertificateAuthority>]);
    world.bench.services.services = world.bench.services.services.clone().with(Arc::new(authorities));
    assert_eq!(world.settle(pod).await, Some(JobStatus::Undone));
    let failure = world.row(pod).await.state.failure.unwrap();
    assert!(failure.starts_with("localhost refused: it does not accept the external account: set external_account.id"), "{failure}");
    assert_eq!(world.second.placed(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ca_in_trouble_is_said_in_words_and_asked_again_until_it_issues() {
    let stage = Stage::new().await;
    for (mood, words) in [
        (Mood::Down, "localhost does not respond: no connection."),
        (Mood::OutOfOrder, "localhost does not respond: HTTP 503."),
        (Mood::CutOff, "localhost does not respond: the response was cut off."),
        (Mood::Endless, "localhost does not respond: its answer is too long."),
    ] {
        stage.proxy.set_mood(mood);
        assert_eq!(stage.settle().await, Some(JobStatus::Undone), "{mood:?}");
        assert_eq!(stage.row().await.state.failure.as_deref(), Some(words));
        assert_eq!(stage.world.visitor.http(DOMAIN, "/").await.unwrap().status, 200, "the site is served over HTTP");
        assert_eq!(stage.settle().await, None, "not before its time");
        stage.world.pass(TimeDelta::hours(14));
    }
    stage.proxy.set_mood(Mood::Well);
    assert_eq!(stage.settle().await, Some(JobStatus::Done));
    stage.assert_issued().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ca_that_limits_requests_is_left_alone_as_long_as_it_says_in_seconds_or_by_a_date() {
    for mood in [Mood::RateLimited(LIMIT), Mood::RateLimitedUntil(LIMIT)] {
        let stage = Stage::new().await;
        stage.proxy.set_mood(mood);
        assert_eq!(stage.settle().await, Some(JobStatus::Undone), "{mood:?}");
        let row = stage.row().await;
        let words = "localhost refuses further requests for now: too many certificates for this name.";
        assert_eq!(row.state.failure.as_deref(), Some(words), "{mood:?}");
        let wait = row.state.next_try_at.unwrap() - stage.world.bench.services.services.now();
        assert!((35..=36).contains(&wait.num_hours()), "{mood:?}: {wait}");
        stage.proxy.set_mood(Mood::Well);
        stage.world.pass(TimeDelta::hours(35));
        assert_eq!((stage.settle().await, stage.proxy.orders()), (None, 0), "{mood:?}");
        stage.world.pass(TimeDelta::hours(2));
        assert_eq!(stage.settle().await, Some(JobStatus::Done), "{mood:?}");
        stage.assert_issued().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_ca_is_down_or_limits_requests_the_second_one_issues() {
    for mood in [Mood::Down, Mood::RateLimited(LIMIT)] {
        let stage = Stage::with(Pebble::reaching, true).await;
        stage.proxy.set_mood(mood);
        assert_eq!(stage.settle().await, Some(JobStatus::Done), "{mood:?}");
        assert_eq!(stage.row().await.state.issuer.as_deref(), Some("Root of https://second.test/dir"), "{mood:?}");
        assert_eq!((stage.world.second.issued(), stage.proxy.orders()), (1, 0), "{mood:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ca_that_refuses_nonces_is_asked_again_with_those_that_it_gives() {
    let stage = Stage::new().await;
    // Three in a row end a request, which the job begins again; what the last of them was given is not used.
    stage.proxy.set_mood(Mood::BadNonces(5));
    assert_eq!(stage.settle().await, Some(JobStatus::Done));
    stage.assert_issued().await;
    assert!(stage.proxy.refused_nonces() >= 4, "{}", stage.proxy.refused_nonces());
    assert!(stage.attempts("place_order").await > 1);
    assert_eq!(stage.proxy.orders(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ca_that_has_not_finished_is_asked_again_for_the_same_order() {
    let stage = Stage::new().await;
    stage.proxy.set_mood(Mood::Slow(2));
    assert_eq!(stage.settle().await, Some(JobStatus::Done));
    stage.assert_issued().await;
    assert!(stage.attempts("collect_certificate").await > 1, "it is not waited for an hour within one try");
    assert_eq!(stage.proxy.orders(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_for_six_days_are_renewed_two_days_before_their_end() {
    let stage = Stage::with(async |http| Pebble::issuing_for(6, http).await, false).await;
    assert_eq!(stage.settle().await, Some(JobStatus::Done));
    stage.assert_issued().await;
    let (before, until) = (stage.shown().await, stage.row().await.state.not_after.unwrap());
    // A third of its life is left then, and a thirtieth more at most.
    let now = stage.world.bench.services.services.now();
    stage.world.pass(until - TimeDelta::hours(54) - now);
    assert_eq!(stage.settle().await, None);
    stage.world.pass(TimeDelta::hours(7));
    assert_eq!(stage.settle().await, Some(JobStatus::Done));
    stage.assert_issued().await;
    assert_ne!(stage.shown().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_that_a_ca_names_for_a_renewal_is_followed_and_it_is_told_which_certificate_is_replaced() {
    for mood in [Mood::Well, Mood::Forgetful] {
        let stage = Stage::new().await;
        assert_eq!(stage.settle().await, Some(JobStatus::Done));
        let before = stage.shown().await;
        stage.world.pass(TimeDelta::hours(7));
        assert_eq!(stage.settle().await, None, "a CA that knows nothing of it names no time");
        stage.proxy.set_mood(mood);
        let now = stage.world.bench.services.services.now();
        stage.proxy.set_window(RenewalWindow { start: now + TimeDelta::hours(1), end: now + TimeDelta::hours(2) });
        stage.world.pass(TimeDelta::hours(7));
        assert_eq!(stage.settle().await, Some(JobStatus::Done), "{mood:?}");
        stage.assert_issued().await;
        assert_ne!(stage.shown().await, before, "{mood:?}");
        let (asked_about, replaced) = (stage.proxy.asked_about(), stage.proxy.replaced());
        assert_eq!((replaced.as_slice(), replaced.len()), (&asked_about[..1], 1), "{mood:?}");
    }
}
