use super::{World, added, enrolled, input, manage, staff, view};
use crate::servers;
use db::PlatformTx;
use engine::error::Error;
use model::{ids::ServerId, page::PageRequest, permission::ServersRead};

async fn names(world: &World, caller: &db::Caller, request: PageRequest) -> Vec<String> {
    let mut tx: PlatformTx<ServersRead> = world.services.db.platform(caller).await.unwrap();
    servers::list(&mut tx, &request).await.unwrap().rows.into_iter().map(|row| row.name).collect()
}

#[tokio::test]
async fn the_list_is_newest_first_and_filtered_by_state_and_words() {
    let world = World::new().await;
    let caller = staff(&world).await;
    enrolled(&world, &caller).await;
    servers::add(&world.services, manage(&world, &caller).await, input("db1", "100.64.0.40")).await.unwrap();
    assert_eq!(names(&world, &caller, PageRequest::default()).await, ["db1", "web1"]);
    let active = PageRequest { state: Some("ACTIVE".to_owned()), ..PageRequest::default() };
    assert_eq!(names(&world, &caller, active).await, ["web1"]);
    let words = PageRequest { search: Some("0.40".to_owned()), ..PageRequest::default() };
    assert_eq!(names(&world, &caller, words).await, ["db1"]);
    let joker = PageRequest { search: Some("%".to_owned()), ..PageRequest::default() };
    assert!(names(&world, &caller, joker).await.is_empty());
}

#[tokio::test]
async fn tags_are_kept_sorted_and_once() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let mut named = input("web9", "100.64.0.50");
    named.tags = ["ssd", "eu", "ssd", " "].map(str::to_owned).to_vec();
    let id = servers::add(&world.services, manage(&world, &caller).await, named).await.unwrap();
    assert_eq!(view(&world, &caller, id).await.tags, ["eu", "ssd"]);
}

#[tokio::test]
async fn an_unknown_server_is_not_found_and_a_pending_one_gives_no_way() {
    let world = World::new().await;
    let caller = staff(&world).await;
    let mut tx: PlatformTx<ServersRead> = world.services.db.platform(&caller).await.unwrap();
    let nowhere = servers::get(&mut tx, ServerId(uuid::Uuid::now_v7()), Vec::new()).await.unwrap_err();
    assert!(matches!(nowhere, Error::Api(error) if error.code == model::error::ErrorCode::NotFound));
    drop(tx);
    let id = added(&world, &caller).await;
    let mut tx = world.services.db.system("test").await.unwrap();
    assert!(servers::health::target(tx.conn(), id).await.unwrap_err().to_string().contains("not enrolled"));
}
