//! Registered domains, with a registry inside the process.

mod cancelled;
mod contract;
mod epp;
mod losses;
mod restored;
mod rivals;
mod unpaid;

use super::{
    follow::{Paid, Standing},
    *,
};
use crate::{dns, testing::Bench};
use adapters::registrar::{AuthCode, FakeRegistrar, Fault, Registrar};
use chrono::TimeDelta;
use db::{Caller, TenantTx};
use engine::{
    Modules,
    reconcile::run_due,
    saga::contract::{finish, worker},
};
use model::{
    Time,
    administration::provisioning::JobStatus,
    hosting::registrations::{HolderInput, RegistrationStatus, RegistrationView},
    ids::{DomainRegistrationId, JobId},
    permission::{DomainsRead, DomainsTransfer, DomainsWrite, WritePermission},
};
use std::sync::Arc;

/// The domain of these tests.
const NAME: &str = "bakery.example";
/// The code by which its current registrar lets it go.
const CODE: &str = "Transfer-code-1";

/// A customer who has ordered a domain, and a registry.
struct World {
    bench: Bench,
    registry: Arc<FakeRegistrar>,
    owner: Caller,
    id: DomainRegistrationId,
}

pub(super) fn holder() -> HolderInput {
    HolderInput {
        name: "Ana Baker".to_owned(),
        organization: String::new(),
        street: "Long Street 1".to_owned(),
        city: "Berlin".to_owned(),
        province: String::new(),
        postal_code: "10115".to_owned(),
        country: "DE".to_owned(),
        phone: "+49 30 1234567".to_owned(),
        email: "ana@example.test".to_owned(),
    }
}

impl World {
    /// The domain is ordered; with its code, where it comes from another registrar.
    async fn ordered(is_transfer: bool) -> Self {
        let mut bench = Bench::new().await;
        let clock = Arc::clone(&bench.services.clock);
        let registry = Arc::new(FakeRegistrar::new(Arc::new(move || engine::clock::Clock::now(&*clock))));
        let modules = Modules::default().with(crate::register).with(register_registry);
        let services = bench.services.services.clone().with(Arc::new(modules));
        bench.services.services = services.with::<dyn Registrar>(Arc::clone(&registry) as Arc<dyn Registrar>);
        let owner = bench.services.db.user("ana@example.test", None).await;
        bench.services.db.member(bench.tenant, &owner, "TENANT_OWNER").await;
        let services = &bench.services.services;
        if is_transfer {
            registry.add_foreign(NAME, CODE, services.now() + TimeDelta::days(100));
            registry.approve_when_asked();
        }
        let mut tx = services.db.system("test").await.unwrap();
        let code = is_transfer.then(|| AuthCode::new(CODE));
        let new = NewOrder { tenant: bench.tenant, subscription: bench.subscription, name: NAME, code, holder: &holder(), name_servers: Vec::new() };
        let id = place(services, &mut tx, new).await.unwrap();
        tx.commit_progress().await.unwrap();
        Self { bench, registry, owner, id }
    }

    /// The same, paid for, and at its end.
    async fn registered() -> Self {
        let world = Self::ordered(false).await;
        let job = world.pay_for(365).await.expect("a job is started");
        assert_eq!(world.finish(job).await, JobStatus::Done);
        run_due(world.services()).await.unwrap();
        world
    }

    fn services(&self) -> &Services {
        &self.bench.services.services
    }

    /// Billing says that so many days from now are paid; the job that goes on then.
    async fn pay_for(&self, days: i64) -> Option<JobId> {
        self.follow(Paid::Until(self.services().now() + TimeDelta::days(days))).await;
        sqlx::query_scalar("select id from jobs where subject_id = $1 and status in ('queued', 'running')")
            .bind(self.id)
            .fetch_optional(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }

    async fn follow(&self, paid: Paid) -> Standing {
        let mut tx = self.services().db.system("test").await.unwrap();
        let found = of_subscription(tx.conn(), self.bench.subscription).await.unwrap().unwrap();
        let standing = super::follow(self.services(), &mut tx, &found, paid).await.unwrap();
        tx.commit_progress().await.unwrap();
        standing
    }

    async fn finish(&self, job: JobId) -> JobStatus {
        finish(&self.bench.services, &worker(&self.bench.services, Bench::registry()), job).await
    }

    async fn view(&self) -> RegistrationView {
        let mut tx = self.services().db.tenant::<DomainsRead>(&self.owner, self.bench.tenant).await.unwrap();
        get_own(&mut tx, self.id).await.unwrap()
    }

    async fn own<P: WritePermission>(&self) -> TenantTx<P> {
        self.services().db.tenant(&self.owner, self.bench.tenant).await.unwrap()
    }

    /// Time goes on, and reconcilers run.
    async fn pass(&self, time: TimeDelta) {
        self.bench.services.clock.advance(time);
        run_due(self.services()).await.unwrap();
    }

    async fn mails(&self, template: &str) -> i64 {
        sqlx::query_scalar("select count(*) from outgoing_mail where template = $1")
            .bind(template)
            .fetch_one(&mut self.bench.services.db.owner().await)
            .await
            .unwrap()
    }

    /// How often the registry was changed in this way.
    fn changes(&self, what: &str) -> usize {
        self.registry.changes().iter().filter(|line| line.as_str() == what).count()
    }

    async fn expires_at(&self) -> Time {
        self.view().await.row.expires_at.unwrap()
    }
}

#[tokio::test]
async fn a_domain_is_registered_once_it_is_paid_and_not_before() {
    let world = World::ordered(false).await;
    assert_eq!(world.follow(Paid::Nothing).await, Standing::GoesOn(Vec::new()));
    assert!(world.registry.changes().is_empty());
    let job = world.pay_for(365).await.expect("a job is started");
    assert_eq!(world.pay_for(365).await, Some(job), "it is started once");
    assert_eq!(world.finish(job).await, JobStatus::Done);

    let view = world.view().await;
    assert_eq!(view.row.status, RegistrationStatus::Active);
    let year = world.services().now().checked_add_months(chrono::Months::new(12));
    assert_eq!(view.row.expires_at, year);
    assert_eq!(world.changes(&format!("create {NAME}")), 1);
}

#[tokio::test]
async fn a_registered_domain_counts_as_proved_is_locked_and_told() {
    let world = World::registered().await;
    let view = world.view().await;
    let domain = view.domain.expect("it is among the account's domains");
    let mut tx = world.services().db.tenant::<DomainsRead>(&world.owner, world.bench.tenant).await.unwrap();
    let found = crate::domains::get_own(&mut tx, domain).await.unwrap();
    drop(tx);
    assert_eq!(found.domain.status, model::hosting::domains::DomainStatus::Verified);
    assert_eq!(
        found.registration.map(|one| (one.id, one.expires_at)),
        Some((world.id, view.row.expires_at)),
        "its own page leads to its registration"
    );
    assert!(world.registry.info(NAME, None).await.unwrap().unwrap().is_locked());
    assert_eq!(world.mails("domain_registered").await, 1);
    world.pass(TimeDelta::hours(8)).await;
    assert_eq!(world.mails("domain_registered").await, 1, "it is told once");
}

#[tokio::test]
async fn with_two_name_servers_of_ours_a_registered_domain_gets_a_zone() {
    let world = World::ordered(false).await;
    for name in ["ns1", "ns2"] {
        let server = world.bench.another_server(name).await;
        sqlx::query("insert into nameservers (server_id, name, created_at) values ($1, $2 || '.hosting.example', now())")
            .bind(server)
            .bind(name)
            .execute(&mut world.bench.services.db.owner().await)
            .await
            .unwrap();
    }
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    run_due(world.services()).await.unwrap();
    let domain = world.view().await.domain.unwrap();
    let mut tx = world.services().db.system_read("test").await.unwrap();
    assert!(dns::has_zone(tx.conn(), domain).await.unwrap());
}

#[tokio::test]
async fn a_name_that_the_registry_refuses_is_refused_here_with_its_reason() {
    let world = World::ordered(false).await;
    world.registry.add_foreign(NAME, "x", world.services().now() + TimeDelta::days(9));
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Undone);
    let view = world.view().await;
    assert_eq!((view.row.status, view.failure.as_deref()), (RegistrationStatus::Refused, Some("The name is no longer available.")));
    assert_eq!(world.follow(Paid::Nothing).await, Standing::Refused("The name is no longer available.".to_owned()));
    // Somebody can order it anew.
    assert_eq!(world.bench.count("select count(*) from domain_registrations where id = $1 and ended_at is not null", world.id.0).await, 1);
}

#[tokio::test]
async fn an_order_that_is_not_paid_in_a_week_is_over() {
    let world = World::ordered(false).await;
    world.bench.services.clock.advance(TimeDelta::days(6));
    assert_eq!(world.follow(Paid::Nothing).await, Standing::GoesOn(Vec::new()));
    world.bench.services.clock.advance(TimeDelta::days(2));
    assert_eq!(world.follow(Paid::Nothing).await, Standing::Unpaid);
}

#[tokio::test]
async fn a_domain_is_renewed_for_each_year_that_is_paid_and_never_twice() {
    let world = World::registered().await;
    let before = world.expires_at().await;
    assert_eq!(world.pay_for(365).await, None, "the first year is registered");
    let job = world.pay_for(730).await.expect("the second one is renewed");
    world.registry.set_fault(Some(Fault::AnswerLost));
    assert_eq!(world.finish(job).await, JobStatus::Done);
    assert_eq!(Some(world.expires_at().await), before.checked_add_months(chrono::Months::new(12)));
    assert_eq!(world.pay_for(730).await, None);
    assert_eq!(world.changes(&format!("renew {NAME}")), 1);
}

#[tokio::test]
async fn a_renewal_that_the_registry_refuses_is_said_and_not_tried_again() {
    let world = World::registered().await;
    let job = world.pay_for(730).await.unwrap();
    world.registry.set_fault(Some(Fault::Refuses("Insufficient funds".to_owned())));
    assert_eq!(world.finish(job).await, JobStatus::Done);
    let refused = "The registry refused: Insufficient funds.".to_owned();
    assert_eq!(world.follow(Paid::Until(world.services().now() + TimeDelta::days(730))).await, Standing::RenewalRefused(refused));
    assert_eq!(world.changes(&format!("renew {NAME}")), 0);
    assert_eq!(world.view().await.row.status, RegistrationStatus::Active, "the domain is theirs until it ends");
}

#[tokio::test]
async fn a_domain_comes_here_with_its_code_keeps_its_name_servers_and_gets_a_new_code() {
    let world = World::ordered(true).await;
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    run_due(world.services()).await.unwrap();
    let (view, there) = (world.view().await, world.registry.info(NAME, None).await.unwrap().unwrap());
    assert_eq!(view.row.status, RegistrationStatus::Active);
    assert!(there.is_ours && there.is_locked());
    assert_eq!((view.name_servers, there.name_servers), (vec!["ns1.elsewhere.test".to_owned()], vec!["ns1.elsewhere.test".to_owned()]));
    assert_ne!(world.registry.code(NAME).unwrap().expose(), CODE, "the former registrar knows that one");
    assert!(there.registrant.unwrap().starts_with("MP"));
}

#[tokio::test]
async fn a_transfer_that_the_other_registrar_refuses_ends_the_order() {
    let world = World::ordered(true).await;
    let job = world.pay_for(365).await.unwrap();
    // It is asked for by the job's first steps, and refused before it is looked at.
    world.registry.reject_when_asked();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    let view = world.view().await;
    assert_eq!((view.row.status, view.failure.as_deref()), (RegistrationStatus::Refused, Some("The current registrar refused the transfer.")));
}

#[tokio::test]
async fn what_the_customer_changes_is_brought_to_the_registry_also_after_it_was_down() {
    let world = World::registered().await;
    world.registry.set_fault(Some(Fault::Down));
    let (services, id) = (world.services(), world.id);
    set_lock(services, world.own::<DomainsWrite>().await, id, false).await.unwrap();
    set_name_servers(services, world.own::<DomainsWrite>().await, id, "ns1.other.example\nns2.other.example").await.unwrap();
    let moved = HolderInput { city: "Hamburg".to_owned(), ..holder() };
    set_holder(services, world.own::<DomainsWrite>().await, id, &moved).await.unwrap();
    run_due(services).await.unwrap();
    world.registry.set_fault(None);
    world.pass(TimeDelta::hours(1)).await;

    let there = world.registry.info(NAME, None).await.unwrap().unwrap();
    assert!(!there.is_locked());
    assert_eq!(there.name_servers, ["ns1.other.example", "ns2.other.example"]);
    assert_eq!(world.registry.contact(&there.registrant.unwrap()).unwrap().city, "Hamburg");
    assert!(set_name_servers(services, world.own::<DomainsWrite>().await, id, "ns1.bakery.example ns2.other.example").await.is_err());
}

#[tokio::test]
async fn a_code_is_shown_only_while_the_domain_is_not_locked_and_is_the_registrys() {
    let world = World::registered().await;
    let (services, id) = (world.services(), world.id);
    assert!(reveal_code(services, world.own::<DomainsTransfer>().await, id).await.is_err(), "it is locked");
    set_lock(services, world.own::<DomainsWrite>().await, id, false).await.unwrap();
    let code = reveal_code(services, world.own::<DomainsTransfer>().await, id).await.unwrap();
    assert_eq!(world.registry.code(NAME).unwrap().expose(), code);
    let plain = "select count(*) from domain_registrations where id = $1 and position($2::bytea in sealed_code) > 0";
    let found: i64 = sqlx::query_scalar(plain).bind(id).bind(code.as_bytes()).fetch_one(&mut world.bench.services.db.owner().await).await.unwrap();
    assert_eq!(found, 0, "it is sealed");
}

#[tokio::test]
async fn a_domain_that_another_registrar_asks_for_is_told_and_leaves() {
    let world = World::registered().await;
    world.registry.begin_departure(NAME);
    world.pass(TimeDelta::minutes(10)).await;
    run_due(world.services()).await.unwrap();
    assert!(world.view().await.transfer.is_some_and(|transfer| transfer.is_outgoing));
    assert_eq!(world.mails("domain_leaving").await, 1);
    world.registry.decide_transfer(NAME, true);
    world.pass(TimeDelta::minutes(10)).await;
    run_due(world.services()).await.unwrap();
    assert_eq!(world.view().await.row.status, RegistrationStatus::Left);
    assert_eq!(world.follow(Paid::Nothing).await, Standing::Left);
}

#[tokio::test]
async fn the_end_of_a_registration_is_told_30_7_and_1_days_before() {
    let world = World::registered().await;
    let (end, mut told) = (world.expires_at().await, Vec::new());
    for days in [31, 25, 7, 5, 1] {
        world.pass(end - TimeDelta::days(days) - world.services().now()).await;
        told.push(world.mails("domain_expiring").await);
    }
    assert_eq!(told, [0, 1, 2, 2, 3]);
    world.registry.expire(NAME);
    world.pass(TimeDelta::days(2)).await;
    assert_eq!((world.mails("domain_expiring").await, world.view().await.row.status), (3, RegistrationStatus::Redemption));
}

#[tokio::test]
async fn a_domain_that_is_registered_here_is_not_offered_to_another_account() {
    let world = World::registered().await;
    let domain = world.view().await.domain.unwrap();
    let offered = crate::domains::offer(world.services(), world.own::<DomainsTransfer>().await, domain, "globex", NAME).await;
    assert!(offered.unwrap_err().to_string().contains("is registered with your account"), "its subscription would stay here");
}

#[tokio::test]
async fn the_registry_is_asked_60_times_in_an_hour_for_an_account_and_not_more() {
    let world = World::ordered(false).await;
    let other = world.bench.services.db.tenant("another-account").await;
    let ask = async |tenant| look_up(world.services(), tenant, vec![("free.example".to_owned(), "example".to_owned())]).await;
    for _ in 0..60 {
        ask(world.bench.tenant).await.unwrap();
    }
    let refused = async || match ask(world.bench.tenant).await {
        Err(Error::Api(error)) => error.code == model::error::ErrorCode::TooMany,
        _ => false,
    };
    assert!(refused().await);
    let code = AuthCode::new("a-guess");
    assert!(check_transfer(world.services(), world.bench.tenant, NAME, &code).await.is_err_and(|error| error.to_string().contains("60 times")));
    ask(other).await.expect("it is counted for each account");
    world.bench.services.clock.advance(TimeDelta::hours(1));
    assert!(!refused().await);
}

#[tokio::test]
async fn codes_are_sealed_anew_with_a_new_key() {
    let world = World::registered().await;
    assert_eq!(secrets::reseal(world.services()).await.unwrap(), 1);
}
