use super::{World, enrolled, manage, staff, view};
use crate::servers::{
    self,
    rules::{Capacity, Checked},
};
use adapters::node::NodeClient;
use model::administration::servers::{Capability, ServerInput};
use wire::{
    probe::MissingRequirement,
    verb::{Call, Probe},
};

#[tokio::test]
async fn a_server_promises_what_its_probe_says_and_no_more_memory_or_disk() {
    let world = World::new().await;
    let caller = staff(&world).await;
    world.sim.change_probe(|report| (report.cpus, report.memory_mb, report.storage.total_mb) = (2, 4096, 10_001));
    let id = enrolled(&world, &caller).await;
    let server = view(&world, &caller, id).await;
    assert_eq!(server.server.cpu_millis, (0, 8000));
    assert_eq!(server.server.memory_mb, (0, 4096 - 512));
    assert_eq!(server.server.disk_mb, (0, 9500));
    assert_eq!(server.max_pods, 200);
}

#[tokio::test]
async fn a_machine_too_small_for_anything_promises_nothing() {
    let world = World::new().await;
    let caller = staff(&world).await;
    world.sim.change_probe(|report| (report.cpus, report.memory_mb, report.storage.total_mb) = (0, 100, 0));
    let id = enrolled(&world, &caller).await;
    let server = view(&world, &caller, id).await.server;
    assert_eq!((server.cpu_millis.1, server.memory_mb.1, server.disk_mb.1), (0, 0, 0));
}

#[tokio::test]
async fn a_server_that_cannot_enforce_storage_carries_no_pods_and_says_what_to_do() {
    let world = World::new().await;
    let caller = staff(&world).await;
    world.sim.change_probe(|report| {
        report.storage.enforces_limits = false;
        report.storage.filesystem = "ext4".to_owned();
    });
    let id = enrolled(&world, &caller).await;
    let capabilities = view(&world, &caller, id).await.capabilities;
    assert_eq!(capabilities.len(), Capability::ALL.len());
    // Zones need none of it.
    for capability in capabilities.into_iter().filter(|one| one.capability != Capability::Dns) {
        assert!(!capability.ready);
        let missing = capability.missing.unwrap();
        assert!(missing.contains("ext4") && missing.contains("Fix") && missing.contains("btrfs"), "{missing}");
    }
}

#[tokio::test]
async fn installing_a_capability_makes_it_ready() {
    let world = World::new().await;
    let caller = staff(&world).await;
    world.sim.change_probe(|report| {
        let php = report.capabilities.iter_mut().find(|state| state.capability == wire::probe::Capability::Php).unwrap();
        php.ready = false;
        php.missing.push(MissingRequirement { what: "mariadb".to_owned(), remedy: "apt-get install mariadb-server".to_owned(), installable: true });
    });
    let id = enrolled(&world, &caller).await;
    let php = async || view(&world, &caller, id).await.capabilities.into_iter().find(|one| one.capability == Capability::Php).unwrap();
    assert_eq!(php().await.missing.as_deref(), Some("mariadb. Fix: apt-get install mariadb-server"));
    servers::install(&world.services, manage(&world, &caller).await, id, Capability::Php).await.unwrap();
    assert!(php().await.ready);
    assert_eq!(php().await.missing, None);
}

#[tokio::test]
async fn figures_beyond_the_database_are_cut_off() {
    let world = World::new().await;
    world.sim.change_probe(|report| report.memory_mb = u64::MAX);
    let target = servers::ensure_simulated(&world.services).await.unwrap();
    let mut tx = world.services.db.system("test").await.unwrap();
    let target = servers::health::target(tx.conn(), target).await.unwrap();
    tx.finish().await.unwrap();
    let options = adapters::node::CallOptions { deadline: std::time::Duration::from_secs(5), key: "k".to_owned(), lines: None };
    let report = Probe::read(world.services.part::<dyn NodeClient>().call(&target, Probe {}.into(), options).await.unwrap()).unwrap();
    assert_eq!(Capacity::of(&report).memory_mb, i32::MAX);
}

#[test]
fn a_name_card_tells_every_wrong_field_at_once() {
    let input = ServerInput {
        name: "Web 1".to_owned(),
        address: "192.0.2.1".to_owned(),
        region: " ".to_owned(),
        site_address: Some("not a host".to_owned()),
        tags: vec!["Bad Tag".to_owned()],
    };
    let fields: Vec<String> = Checked::new(&input).unwrap_err().into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["name", "address", "region", "site_address", "tags"]);
    let good = ServerInput { name: " web1 ".to_owned(), address: " 100.64.0.1 ".to_owned(), region: "eu".to_owned(), ..ServerInput::default() };
    assert_eq!(Checked::new(&good).unwrap().site_address, "100.64.0.1");
}
