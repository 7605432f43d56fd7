use super::rules::{Candidate, next, pause, status};
use chrono::{DateTime, Duration};
use model::{
    Time,
    administration::agent_rollout::{RolloutStatus, UpgradeStatus},
    ids::ServerId,
};
use uuid::Uuid;

fn now() -> Time {
    DateTime::from_timestamp(1_900_000_000, 0).unwrap()
}

fn id(number: u128) -> ServerId {
    ServerId(Uuid::from_u128(number))
}

/// A server with so many pods, whose status has changed a minute ago.
fn server(number: u128, pods: i64, status: UpgradeStatus) -> Candidate {
    Candidate { id: id(number), pods, status, changed_at: Some(now() - Duration::minutes(1)), due_at: None }
}

#[test]
fn the_first_is_the_one_with_the_fewest_pods_and_it_is_alone() {
    use UpgradeStatus::{Behind, Running};
    let mut servers = [server(1, 9, Behind), server(2, 2, Behind), server(3, 5, Behind)];
    assert_eq!(next(false, now(), &servers), [id(2)]);
    servers[1].status = Running;
    assert_eq!(next(false, now(), &servers), []);
    servers[1].changed_at = Some(now() - Duration::minutes(16));
    assert_eq!(next(false, now(), &servers), [id(2)], "its worker is gone");
}

#[test]
fn once_it_works_on_one_the_rest_follow_a_few_at_a_time() {
    use UpgradeStatus::{Behind, Done, Running};
    let mut servers: Vec<_> = (1..=9).map(|number| server(number, 10 - number as i64, Behind)).collect();
    servers[0].status = Done;
    assert_eq!(next(false, now(), &servers), [9, 8, 7, 6].map(id));
    servers[8].status = Running;
    assert_eq!(next(false, now(), &servers), [8, 7, 6].map(id));
}

#[test]
fn a_failure_and_a_hold_stop_it() {
    use UpgradeStatus::{Behind, Done, Failed};
    assert_eq!(next(false, now(), &[server(1, 0, Done), server(2, 0, Failed), server(3, 0, Behind)]), []);
    assert_eq!(next(true, now(), &[server(1, 0, Done), server(3, 0, Behind)]), []);
    for (held, all, expected) in [
        (false, vec![Done, Done], RolloutStatus::Completed),
        (true, vec![Done], RolloutStatus::Completed),
        (true, vec![Done, Failed], RolloutStatus::Held),
        (false, vec![Behind, Failed], RolloutStatus::Stopped),
        (false, vec![Behind, Done], RolloutStatus::Running),
    ] {
        assert_eq!(status(held, all.into_iter()), expected);
    }
}

#[test]
fn one_that_cannot_be_reached_waits_its_time_and_keeps_nobody_back() {
    use UpgradeStatus::{Behind, Waiting};
    let mut servers = [server(1, 0, Waiting), server(2, 7, Behind)];
    servers[0].due_at = Some(now() + Duration::seconds(1));
    assert_eq!(next(false, now(), &servers), [id(2)]);
    servers[0].due_at = Some(now());
    assert_eq!(next(false, now(), &servers), [id(1)]);
    assert!(pause(1) < pause(2) && pause(2) < pause(4) && pause(40) == Duration::minutes(10));
}
