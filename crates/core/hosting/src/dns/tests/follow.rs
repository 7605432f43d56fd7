//! Addresses in zones after a CloudPod has moved.

use super::world::{DOMAIN, World, add, record};
use crate::{cloudpods, dns, testing::Bench};
use engine::saga::contract::{Fault, Faults, When, finish, worker};
use model::{
    administration::provisioning::JobStatus,
    hosting::{
        cloudpods::Stack,
        dns::{DnsRecord, RecordType, ZoneVersionRow},
    },
    ids::{CloudPodId, DomainId, ServerId},
    page::PageRequest,
};

/// The address of the pod's server, and that of the one it moves to.
pub(super) const ADDRESSES: [&str; 2] = ["192.0.2.7", "192.0.2.8"];

/// A pod, the server it can move to, and the zone of its domain with records that lead elsewhere too.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) domain: DomainId,
    pub(super) pod: CloudPodId,
    pub(super) to: ServerId,
}

impl Scene {
    pub(super) async fn new() -> Self {
        let mut world = World::new().await;
        // Visitors come to the simulated servers, whichever address they ask for.
        let sites = reqwest::Proxy::http(format!("http://{}", world.bench.services.servers.sites())).unwrap();
        let visitor = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).proxy(sites);
        world.bench.services.services.http = visitor.build().unwrap();
        let pod = world.bench.running(Stack::Static, "www.bakery.example").await.id;
        let mut owner = world.bench.services.db.owner().await;
        let home: ServerId = sqlx::query_scalar("select server_id from cloud_pods where id = $1").bind(pod).fetch_one(&mut owner).await.unwrap();
        let to = world.servers.into_iter().find(|server| *server != home).unwrap();
        for (server, address) in [home, to].into_iter().zip(ADDRESSES) {
            let set = sqlx::query("update servers set site_address = $2 where id = $1").bind(server).bind(address);
            set.execute(&mut owner).await.unwrap();
        }
        let domain = world.proved(world.bench.tenant, DOMAIN).await;
        world.create(domain).await.unwrap();
        let elsewhere = [add("www", RecordType::A, "203.0.113.5"), add("other", RecordType::A, ADDRESSES[0])];
        world.apply(domain, 1, &elsewhere).await.unwrap();
        Self { world, domain, pod, to }
    }

    /// Moves the pod; the step that switches servers meets this fault.
    async fn migrate(&self, fault: Fault) -> JobStatus {
        let services = &self.world.bench.services;
        let tx = services.services.db.platform(&self.world.bench.admin).await.unwrap();
        let job = cloudpods::migrate(&services.services, tx, self.pod, self.to).await.unwrap();
        // They are counted from one.
        let step: i32 = sqlx::query_scalar("select seq - 1 from job_steps where job_id = $1 and name = 'switch_server'")
            .bind(job)
            .fetch_one(&mut services.db.owner().await)
            .await
            .unwrap();
        let faults = Faults::of(&[(usize::try_from(step).unwrap(), false, fault)]);
        finish(services, &worker(services, faults.into_registry(Bench::registry())), job).await
    }

    pub(super) async fn addresses(&self) -> Vec<DnsRecord> {
        self.world.zone(self.domain).await.records.into_iter().filter(|record| record.kind == RecordType::A).collect()
    }

    pub(super) async fn history(&self) -> Vec<ZoneVersionRow> {
        dns::history(&mut self.world.read().await, self.domain, &PageRequest::default()).await.unwrap().rows
    }
}

#[tokio::test]
async fn addresses_follow_a_pod_that_moves_and_what_was_pointed_elsewhere_stays() {
    let scene = Scene::new().await;
    let before = scene.world.zone(scene.domain).await.serial;
    // The step is done twice, as when its worker dies.
    assert_eq!(scene.migrate(Fault::Twice).await, JobStatus::Done);
    let expected =
        [record("other", RecordType::A, ADDRESSES[0]), record("www", RecordType::A, ADDRESSES[1]), record("www", RecordType::A, "203.0.113.5")];
    assert_eq!(scene.addresses().await, expected);
    let history = scene.history().await;
    assert_eq!(history.len(), 3, "one version for the move: {history:?}");
    assert!(history[0].summary.starts_with("Addresses of CloudPod ") && history[0].summary.ends_with(" after its move"), "{history:?}");
    assert_eq!(history[0].made_by, "mPanel");
    scene.world.run().await;
    let zone = scene.world.zone(scene.domain).await;
    assert!(zone.is_in_sync() && zone.serial > before, "{zone:?}");
    for server in scene.world.servers {
        let answered = scene.world.bench.services.servers.zone(server, DOMAIN).unwrap().records;
        let www = answered.iter().filter(|record| record.name.as_str() == "www.bakery.example");
        assert_eq!(www.map(|record| record.data.to_string()).collect::<Vec<_>>(), [ADDRESSES[1], "203.0.113.5"]);
    }
}

#[tokio::test]
async fn addresses_come_back_with_a_pod_whose_move_is_undone() {
    let scene = Scene::new().await;
    let before = scene.addresses().await;
    assert_eq!(scene.migrate(Fault::Fail(When::After)).await, JobStatus::Undone);
    assert_eq!(scene.addresses().await, before);
    assert_eq!(scene.history().await.len(), 4, "there and back");
}

#[tokio::test]
async fn an_address_of_the_other_kind_takes_the_place_of_the_old_one() {
    let scene = Scene::new().await;
    let services = scene.world.services();
    let follow = async |old: &str, new: &str| {
        let mut tx = services.db.system("test").await.unwrap();
        let told = dns::follow_pod(services, tx.conn(), scene.pod, old, new).await.unwrap();
        tx.commit_progress().await.unwrap();
        told.len()
    };
    assert_eq!(follow(ADDRESSES[0], "2001:db8::8").await, 1);
    let www: Vec<DnsRecord> = scene.world.zone(scene.domain).await.records.into_iter().filter(|record| record.name == "www").collect();
    assert_eq!(www, [record("www", RecordType::A, "203.0.113.5"), record("www", RecordType::Aaaa, "2001:db8::8")]);
    assert_eq!(follow(ADDRESSES[0], "2001:db8::8").await, 0, "nothing is left to be done");
    assert_eq!(follow("web1.panel.example", ADDRESSES[1]).await, 0, "a server that has a name for its address is in no zone");
}
