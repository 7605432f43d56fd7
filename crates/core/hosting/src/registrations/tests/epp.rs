//! The same with a registry that speaks EPP over TLS.

use super::*;
use adapters::registrar::{EppConfig, EppRegistrar};
use testkit::registry::{self, Fault as EppFault, Registry};

async fn with_epp() -> (World, Registry) {
    let mut world = World::ordered(false).await;
    let registry = Registry::start(world.services().now()).await.unwrap();
    let config = EppConfig {
        host: Registry::HOST.to_owned(),
        port: registry.port(),
        user: registry::USER.to_owned(),
        registrar_id: registry::USER.to_owned(),
        password: registry::PASSWORD.to_owned(),
        root: Some(registry.root().to_owned()),
        identity: None,
        timeout: std::time::Duration::from_secs(20),
    };
    let epp: Arc<dyn Registrar> = Arc::new(EppRegistrar::new(config).unwrap());
    world.bench.services.services = world.bench.services.services.clone().with::<dyn Registrar>(epp);
    (world, registry)
}

#[tokio::test]
async fn a_domain_is_registered_renewed_and_changed_over_epp_although_answers_are_lost() {
    let (world, registry) = with_epp().await;
    let job = world.pay_for(365).await.unwrap();
    registry.set_fault(Some(EppFault::AnswerLost));
    assert_eq!(world.finish(job).await, JobStatus::Done);
    run_due(world.services()).await.unwrap();
    assert!(registry.objects().domains[NAME].statuses.contains("clientTransferProhibited"));

    registry.set_fault(Some(EppFault::AnswerLost));
    let job = world.pay_for(730).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    set_name_servers(world.services(), world.own::<DomainsWrite>().await, world.id, "ns1.other.example ns2.other.example").await.unwrap();
    run_due(world.services()).await.unwrap();

    let objects = registry.objects();
    assert_eq!(objects.domains[NAME].hosts, ["ns1.other.example", "ns2.other.example"]);
    let count = |what: &str| objects.changes.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!((count("create domain"), count("renew domain")), (1, 1), "{:?}", objects.changes);
}

#[tokio::test]
async fn a_registry_that_is_down_holds_the_job_up_and_loses_nothing() {
    let (world, registry) = with_epp().await;
    let job = world.pay_for(365).await.unwrap();
    registry.set_fault(Some(EppFault::CommandFailed));
    assert_eq!(world.finish(job).await, JobStatus::Done, "it is tried again");
    assert_eq!(world.view().await.row.status, RegistrationStatus::Active);
}

#[tokio::test]
async fn a_deleted_domain_is_restored_over_epp_although_an_answer_is_lost() {
    let (mut world, registry) = with_epp().await;
    let job = world.pay_for(365).await.unwrap();
    assert_eq!(world.finish(job).await, JobStatus::Done);
    run_due(world.services()).await.unwrap();
    let end = world.expires_at().await;
    registry.objects().now = end + TimeDelta::days(2);
    world.pass(end + TimeDelta::days(2) - world.services().now()).await;
    assert_eq!(world.view().await.row.status, RegistrationStatus::Redemption);

    let former = world.id;
    world.order_restore(former).await;
    let job = world.pay_for(365).await.unwrap();
    registry.set_fault(Some(EppFault::AnswerLost));
    assert_eq!(world.finish(job).await, JobStatus::Done);
    let view = world.view().await;
    assert_eq!((view.row.status, view.row.expires_at), (RegistrationStatus::Active, end.checked_add_months(chrono::Months::new(12))));
    let objects = registry.objects();
    let count = |what: &str| objects.changes.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!((count("request restore"), count("report restore"), count("renew domain")), (1, 1, 1), "{:?}", objects.changes);
}
