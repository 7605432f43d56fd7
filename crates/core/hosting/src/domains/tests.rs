//! A customer proves to own a domain, and uses it.

use super::*;
use crate::{suspensions, testing::Bench};
use adapters::dns::{Dns, Found, SimulatedDns};
use chrono::Duration;
use db::{Caller, TenantTx};
use engine::{Error, reconcile::run_due};
use model::{
    administration::provisioning::JobStatus,
    error::ErrorCode,
    hosting::{
        cloudpods::Stack,
        domains::{DomainStatus, DomainView, ResolverAnswer},
        suspensions::SuspensionReason,
    },
    ids::{CloudPodId, DomainId, JobId, TenantId, WebsiteId},
    page::PageRequest,
    permission::{DomainsRead, DomainsWrite},
};
use std::sync::Arc;

/// Two customers, and a DNS that says what it is told.
struct Yard {
    bench: Bench,
    dns: Arc<SimulatedDns>,
    owner: Caller,
    rival: Caller,
    other: TenantId,
}

impl Yard {
    async fn open() -> Self {
        let mut bench = Bench::new().await;
        let dns = Arc::new(SimulatedDns::default());
        bench.services.services = bench.services.services.clone().with::<dyn Dns>(dns.clone());
        let owner = bench.services.db.user("ana@example.test", None).await;
        bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
        let rival = bench.services.db.user("eve@example.test", None).await;
        let other = bench.services.db.tenant("globex").await;
        bench.services.db.member(other, &rival, "TENANT_OWNER").await;
        Self { bench, dns, owner, rival, other }
    }

    async fn write(&self, rival: bool) -> TenantTx<DomainsWrite> {
        let (caller, tenant) = if rival { (&self.rival, self.other) } else { (&self.owner, self.bench.tenant) };
        self.bench.services.services.db.tenant(caller, tenant).await.unwrap()
    }

    async fn connect(&self, name: &str) -> DomainId {
        connect(&self.bench.services.services, self.write(false).await, name).await.unwrap()
    }

    async fn view(&self, rival: bool, id: DomainId) -> engine::Result<DomainView> {
        let (caller, tenant) = if rival { (&self.rival, self.other) } else { (&self.owner, self.bench.tenant) };
        let mut tx: TenantTx<DomainsRead> = self.bench.services.services.db.tenant(caller, tenant).await.unwrap();
        get_own(&mut tx, id).await
    }

    /// Sets the record that proves a domain.
    async fn set_record(&self, rival: bool, id: DomainId) {
        let view = self.view(rival, id).await.unwrap();
        self.dns.set_texts(&view.record_name, &["something else", &view.record_value]);
    }

    async fn proved(&self, name: &str) -> DomainId {
        let id = self.connect(name).await;
        self.set_record(false, id).await;
        check_now(&self.bench.services.services, self.write(false).await, id).await.unwrap();
        assert_eq!(self.view(false, id).await.unwrap().domain.status, DomainStatus::Verified);
        id
    }

    async fn add(&self, id: DomainId, name: &str, pod: CloudPodId) -> engine::Result<Option<JobId>> {
        add_name(&self.bench.services.services, self.write(false).await, id, name, self.site(pod).await).await
    }

    /// The first site of a pod.
    async fn site(&self, pod: CloudPodId) -> WebsiteId {
        let first = "select id from websites where cloud_pod_id = $1 order by created_at, id limit 1";
        sqlx::query_scalar(first).bind(pod).fetch_one(&mut self.bench.services.db.owner().await).await.unwrap()
    }

    /// Lets reconcilers run after their minute, which is one and a part: not all look at once.
    async fn minute(&self) {
        self.bench.services.clock.advance(Duration::minutes(2));
        run_due(&self.bench.services.services).await.unwrap();
    }

    async fn finish_jobs(&self) {
        let jobs: Vec<JobId> = sqlx::query_scalar("select id from jobs where status in ('queued', 'running')")
            .fetch_all(&mut self.bench.services.db.owner().await)
            .await
            .unwrap();
        for job in jobs {
            assert_eq!(self.bench.finish(job).await, JobStatus::Done);
        }
    }

    async fn text(&self, sql: &'static str) -> String {
        sqlx::query_scalar(sql).fetch_one(&mut self.bench.services.db.owner().await).await.unwrap()
    }
}

fn fault<T>(result: engine::Result<T>) -> String {
    match result {
        Err(Error::Api(error)) => error.fields.first().map_or(error.message, |fault| format!("{}: {}", fault.field, fault.message)),
        Err(other) => panic!("not an error of the user's: {other}"),
        Ok(_) => panic!("was accepted"),
    }
}

#[tokio::test]
async fn a_domain_is_a_customers_once_its_record_is_found() {
    let yard = Yard::open().await;
    let id = yard.connect(" Bäckerei.Example. ").await;
    let view = yard.view(false, id).await.unwrap();
    assert_eq!((view.domain.name.as_str(), view.domain.display_name.as_str()), ("xn--bckerei-5wa.example", "bäckerei.example"));
    assert_eq!(view.record_name, "_mpanel.xn--bckerei-5wa.example");
    assert!(view.record_value.starts_with("mpanel-verify=") && view.sites.is_empty(), "{}", view.record_value);
    yard.minute().await;
    let view = yard.view(false, id).await.unwrap();
    assert_eq!((view.domain.status, view.finding.as_deref()), (DomainStatus::Pending, Some("No TXT record found yet.")));
    yard.dns.set_texts(&view.record_name, &["mpanel-verify=00000000000000000000000000000000"]);
    yard.minute().await;
    assert!(yard.view(false, id).await.unwrap().finding.unwrap().starts_with("Found another value: mpanel-verify=0"));
    yard.dns.set_down(true);
    yard.minute().await;
    assert_eq!(yard.view(false, id).await.unwrap().finding.as_deref(), Some("DNS did not answer."));
    yard.dns.set_down(false);
    yard.set_record(false, id).await;
    yard.minute().await;
    let view = yard.view(false, id).await.unwrap();
    assert_eq!((view.domain.status, view.expires_at), (DomainStatus::Verified, None));
    assert!(view.verified_at.is_some());
    assert_eq!(
        yard.text("select subject from outgoing_mail where template = 'domain_verified'").await,
        "Hosting Example GmbH: bäckerei.example is verified"
    );
    let told = "select string_agg(action, ', ' order by seq) from audit_events where action like 'DOMAIN_%'";
    assert_eq!(yard.text(told).await, "DOMAIN_CONNECTED, DOMAIN_VERIFIED");
}

#[tokio::test]
async fn only_a_domain_that_somebody_can_own_is_connected() {
    let yard = Yard::open().await;
    let refused = async |name: &str| fault(connect(&yard.bench.services.services, yard.write(false).await, name).await);
    assert!(refused("").await.starts_with("name: "));
    assert!(refused("https://bakery.example").await.starts_with("name: "));
    assert_eq!(refused("co.uk").await, "name: Anybody can register names below this one. Enter the domain that you own.");
    for ours in ["sites.example", "shop.sites.example", "panel.example"] {
        assert_eq!(refused(ours).await, "name: This domain is the platform's own.", "{ours}");
    }
    yard.connect("bakery.example").await;
    assert_eq!(refused("BAKERY.example").await, "name: You have connected this domain already.");
}

#[tokio::test]
async fn a_domain_that_nobody_proves_is_given_up_and_can_be_connected_again() {
    let yard = Yard::open().await;
    let id = yard.connect("bakery.example").await;
    yard.bench.services.clock.advance(Duration::days(15));
    run_due(&yard.bench.services.services).await.unwrap();
    assert_eq!(yard.view(false, id).await.unwrap_err().into_api().code, ErrorCode::NotFound);
    assert_ne!(yard.connect("bakery.example").await, id);
}

#[tokio::test]
async fn another_account_sees_nothing_of_a_domain_and_changes_nothing() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    let id = yard.proved("bakery.example").await;
    let pod = yard.bench.running(Stack::Static, "files.example.test").await;
    let name = "www.bakery.example";
    yard.add(id, "www", pod.id).await.unwrap();
    yard.finish_jobs().await;
    let code = |result: engine::Result<()>| result.unwrap_err().into_api().code;
    assert_eq!(code(yard.view(true, id).await.map(|_| ())), ErrorCode::NotFound);
    assert_eq!(code(check_now(services, yard.write(true).await, id).await), ErrorCode::NotFound);
    assert_eq!(code(disconnect(services, yard.write(true).await, id).await), ErrorCode::NotFound);
    assert_eq!(code(remove_name(services, yard.write(true).await, name).await.map(|_| ())), ErrorCode::NotFound);
    assert_eq!(code(add_name(services, yard.write(true).await, id, "x", yard.site(pod.id).await).await.map(|_| ())), ErrorCode::NotFound);
    let own = connect(services, yard.write(true).await, "globex.example").await.unwrap();
    yard.set_record(true, own).await;
    check_now(services, yard.write(true).await, own).await.unwrap();
    assert_eq!(
        code(add_name(services, yard.write(true).await, own, "", yard.site(pod.id).await).await.map(|_| ())),
        ErrorCode::NotFound,
        "somebody else's site"
    );
    let mut tx: TenantTx<DomainsRead> = services.db.tenant(&yard.rival, yard.other).await.unwrap();
    let list = list_own(&mut tx, &PageRequest::default()).await.unwrap().rows;
    assert_eq!(list.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["globex.example"]);
}

#[tokio::test]
async fn a_name_below_a_proved_domain_leads_to_a_pod_until_it_is_removed() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    let pod = yard.bench.running(Stack::Static, "files.example.test").await;
    let waiting = yard.connect("later.example").await;
    assert_eq!(fault(yard.add(waiting, "", pod.id).await), "Verify later.example first.");
    let id = yard.proved("bakery.example").await;
    assert_eq!(yard.bench.visit("www.bakery.example").await.0, 404);
    let job = yard.add(id, "www", pod.id).await.unwrap().expect("the pod runs");
    assert_eq!(fault(yard.add(id, "WWW.bakery.example", pod.id).await), "name: This name is in use already.");
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.bench.visit("www.bakery.example").await.0, 200);
    assert_eq!(yard.bench.visit(&pod.domain).await.0, 200, "its main domain too");
    let view = yard.view(false, id).await.unwrap();
    assert_eq!(view.names.iter().map(|site| (site.name.as_str(), site.is_main)).collect::<Vec<_>>(), [("www.bakery.example", false)]);
    assert!(fault(disconnect(services, yard.write(false).await, id).await).contains("www.bakery.example leads to"));
    let job = remove_name(services, yard.write(false).await, "www.bakery.example").await.unwrap().unwrap();
    assert_eq!(yard.bench.finish(job).await, JobStatus::Done);
    assert_eq!(yard.bench.visit("www.bakery.example").await.0, 404);
    let main = remove_name(services, yard.write(false).await, &pod.domain).await;
    assert!(fault(main).contains("is the main domain"));
    disconnect(services, yard.write(false).await, id).await.unwrap();
}

#[tokio::test]
async fn a_name_says_where_dns_leads_it() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    let pod = yard.bench.running(Stack::Static, "files.example.test").await;
    let id = yard.proved("bakery.example").await;
    yard.add(id, "", pod.id).await.unwrap();
    yard.finish_jobs().await;
    sqlx::query("update servers set site_address = '198.51.100.7'").execute(&mut yard.bench.services.db.owner().await).await.unwrap();
    let look = async || {
        let tx: TenantTx<DomainsRead> = services.db.tenant(&yard.owner, yard.bench.tenant).await.unwrap();
        check_names(services, tx, id).await.map(|checks| checks.into_iter().map(|check| (check.is_right, check.found.join(","))).collect::<Vec<_>>())
    };
    assert_eq!(look().await.unwrap(), [(false, String::new())]);
    yard.dns.set_addresses("bakery.example", &["192.0.2.1".parse().unwrap(), "198.51.100.7".parse().unwrap()]);
    assert_eq!(look().await.unwrap(), [(false, "192.0.2.1,198.51.100.7".to_owned())], "some visitors come elsewhere");
    yard.dns.set_addresses("bakery.example", &["198.51.100.7".parse().unwrap()]);
    assert_eq!(look().await.unwrap(), [(true, "198.51.100.7".to_owned())]);
    yard.dns.set_down(true);
    assert_eq!(look().await.unwrap_err().into_api().code, ErrorCode::Unavailable);
}

/// What the one resolver of these tests has.
fn answer(values: &[&str], has_answered: bool, is_right: bool) -> ResolverAnswer {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    ResolverAnswer { resolver: "Resolver".to_owned(), values, has_answered, is_right }
}

#[tokio::test]
async fn each_resolver_that_was_asked_is_named_with_what_it_has_of_the_proof() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    let id = yard.connect("bakery.example").await;
    let view = yard.view(false, id).await.unwrap();
    let look = async |rival: bool| {
        let (caller, tenant) = if rival { (&yard.rival, yard.other) } else { (&yard.owner, yard.bench.tenant) };
        let tx: TenantTx<DomainsRead> = services.db.tenant(caller, tenant).await.unwrap();
        check_proof(services, tx, id).await
    };
    assert_eq!(look(false).await.unwrap(), [answer(&[], true, false)]);
    yard.dns.set_texts(&view.record_name, &["something else"]);
    assert_eq!(look(false).await.unwrap(), [answer(&["\"something else\""], true, false)]);
    yard.set_record(false, id).await;
    let right = format!("\"{}\"", view.record_value);
    assert_eq!(look(false).await.unwrap(), [answer(&[&right, "\"something else\""], true, true)]);
    yard.dns.set_down(true);
    assert_eq!(look(false).await.unwrap(), [answer(&[], false, false)]);
    assert_eq!(look(true).await.unwrap_err().into_api().code, ErrorCode::NotFound);
    assert_eq!(yard.view(false, id).await.unwrap().domain.status, DomainStatus::Pending, "looking proves nothing");
}

#[tokio::test]
async fn each_resolver_that_was_asked_is_named_with_where_it_leads_a_name() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    let pod = yard.bench.running(Stack::Static, "files.example.test").await;
    let id = yard.proved("bakery.example").await;
    yard.add(id, "", pod.id).await.unwrap();
    yard.finish_jobs().await;
    sqlx::query("update servers set site_address = '198.51.100.7'").execute(&mut yard.bench.services.db.owner().await).await.unwrap();
    let look = async || {
        let tx: TenantTx<DomainsRead> = services.db.tenant(&yard.owner, yard.bench.tenant).await.unwrap();
        check_names(services, tx, id).await.unwrap().remove(0).answers
    };
    assert_eq!(look().await, [answer(&[], true, false)]);
    yard.dns.set_addresses("bakery.example", &["198.51.100.7".parse().unwrap()]);
    assert_eq!(look().await, [answer(&["198.51.100.7"], true, true)]);
    // One that has kept what was before.
    let kept = |values: &[&str]| Found { values: values.iter().map(|value| (*value).to_owned()).collect(), ttl: Some(60) };
    yard.dns.set_cached("bakery.example", kept(&["192.0.2.1"]), None);
    assert_eq!(look().await, [answer(&["192.0.2.1"], true, false)]);
    yard.dns.set_cached("bakery.example", kept(&["shops.other.example."]), None);
    assert_eq!(look().await, [answer(&["shops.other.example."], true, true)], "an alias of what leads here");
}

#[tokio::test]
async fn a_proof_takes_a_domain_from_who_has_only_typed_it() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    // Somebody has ordered with a domain that is not theirs, and reserved it.
    let pod = yard.bench.running(Stack::Static, "bakery.example").await;
    let mut tx = services.db.system("test").await.unwrap();
    reserve(services, &mut tx, yard.bench.tenant, pod.id, "bakery.example").await.unwrap();
    tx.commit_progress().await.unwrap();
    assert_eq!(yard.text("select name || ' ' || status from domains").await, "bakery.example PENDING", "its customer may prove it");
    let owner = connect(services, yard.write(true).await, "bakery.example").await.unwrap();
    yard.set_record(true, owner).await;
    yard.minute().await;
    assert_eq!(yard.view(true, owner).await.unwrap().domain.status, DomainStatus::Verified);
    yard.finish_jobs().await;
    let own = format!("{}.sites.example", pod.name);
    assert_eq!(yard.bench.visit("bakery.example").await.0, 404, "the server does not serve it any more");
    assert_eq!(yard.bench.visit(&own).await.0, 200, "the pod goes on under a name of ours");
    let mail = yard.text("select recipient || ': ' || body_text from outgoing_mail where template = 'domain_lost'").await;
    assert!(mail.contains("bakery.example no longer leads") && mail.contains(&own), "{mail}");
    assert_eq!(yard.text("select count(*)::text from domain_reservations where released_at is null").await, "0");
    // Nobody orders with it, or with a name below it, any more.
    for taken in ["bakery.example", "shop.bakery.example"] {
        let is_taken: bool =
            sqlx::query_scalar("select domain_taken($1)").bind(taken).fetch_one(&mut yard.bench.services.db.owner().await).await.unwrap();
        assert!(is_taken, "{taken}");
    }
}

#[tokio::test]
async fn who_has_proved_a_domain_keeps_it_as_long_as_the_record_stands() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    let first = yard.proved("bakery.example").await;
    let second = connect(services, yard.write(true).await, "bakery.example").await.unwrap();
    // Both records stand.
    let own = yard.view(false, first).await.unwrap().record_value;
    let rivals = yard.view(true, second).await.unwrap().record_value;
    yard.dns.set_texts("_mpanel.bakery.example", &[&own, &rivals]);
    yard.minute().await;
    let view = yard.view(true, second).await.unwrap();
    assert_eq!(view.domain.status, DomainStatus::Pending);
    assert!(view.finding.unwrap().starts_with("Another account has proved bakery.example."));
    // The domain was sold: the record of before is gone.
    yard.dns.set_texts("_mpanel.bakery.example", &[&rivals]);
    yard.minute().await;
    assert_eq!(yard.view(true, second).await.unwrap().domain.status, DomainStatus::Verified);
    assert_eq!(yard.view(false, first).await.unwrap_err().into_api().code, ErrorCode::NotFound);
    assert!(yard.text("select body_text from outgoing_mail where template = 'domain_taken_over'").await.contains("_mpanel.bakery.example is gone"));
}

#[tokio::test]
async fn who_has_a_name_below_a_proved_domain_does_not_get_it_even_when_the_record_is_gone() {
    let yard = Yard::open().await;
    let first = yard.proved("bakery.example").await;
    let below = connect(&yard.bench.services.services, yard.write(true).await, "shop.bakery.example").await.unwrap();
    yard.set_record(true, below).await;
    yard.dns.set_texts("_mpanel.bakery.example", &[]);
    yard.minute().await;
    assert_eq!(yard.view(true, below).await.unwrap().domain.status, DomainStatus::Pending);
    assert_eq!(yard.view(false, first).await.unwrap().domain.status, DomainStatus::Verified);
}

#[tokio::test]
async fn a_name_below_goes_to_who_proves_the_domain_only_once_dns_says_that_its_record_is_gone() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    let shop = yard.proved("shop.bakery.example").await;
    let whole = connect(services, yard.write(true).await, "bakery.example").await.unwrap();
    yard.set_record(true, whole).await;
    yard.dns.fail("_mpanel.shop.bakery.example");
    yard.minute().await;
    assert_eq!(yard.view(true, whole).await.unwrap().domain.status, DomainStatus::Pending, "no answer is no proof");
    assert_eq!(yard.view(false, shop).await.unwrap().domain.status, DomainStatus::Verified);
    yard.dns.set_texts("_mpanel.shop.bakery.example", &[]);
    yard.minute().await;
    assert_eq!(yard.view(true, whole).await.unwrap().domain.status, DomainStatus::Verified);
}

#[tokio::test]
async fn a_pod_that_is_busy_or_suspended_gets_its_names_when_it_is_free() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    let pod = yard.bench.running(Stack::Static, "files.example.test").await;
    let id = yard.proved("bakery.example").await;
    let settle = async || {
        for _ in 0..4 {
            run_due(services).await.unwrap();
            yard.finish_jobs().await;
        }
    };
    let first = yard.add(id, "one", pod.id).await.unwrap().expect("it is free");
    assert_eq!(yard.add(id, "two", pod.id).await.unwrap(), None, "a job goes on");
    assert_eq!(yard.bench.finish(first).await, JobStatus::Done);
    yard.bench.services.clock.advance(Duration::minutes(1));
    settle().await;
    assert_eq!(yard.bench.visit("two.bakery.example").await.0, 200);
    suspensions::suspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), pod.id, SuspensionReason::Abuse, "").await.unwrap();
    settle().await;
    assert_eq!(yard.add(id, "three", pod.id).await.unwrap(), None, "it is suspended");
    suspensions::unsuspend(services, services.db.platform(&yard.bench.admin).await.unwrap(), pod.id, SuspensionReason::Abuse).await.unwrap();
    settle().await;
    yard.bench.services.clock.advance(Duration::minutes(1));
    settle().await;
    assert_eq!(yard.bench.visit("three.bakery.example").await.0, 200);
    assert_eq!(yard.text("select count(*)::text from cloud_pods where names_pending").await, "0");
}

#[tokio::test]
async fn a_name_below_a_proved_domain_is_free_for_its_own_account_only() {
    let yard = Yard::open().await;
    let services = &yard.bench.services.services;
    yard.proved("bakery.example").await;
    let mut tx = services.db.system("test").await.unwrap();
    assert!(is_free_for(&mut tx, yard.bench.tenant, "shop.bakery.example").await.unwrap());
    assert!(!is_free_for(&mut tx, yard.other, "shop.bakery.example").await.unwrap());
    assert!(is_free_for(&mut tx, yard.other, "notbakery.example").await.unwrap());
}
