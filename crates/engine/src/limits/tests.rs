//! What is counted in a time.

use super::Limit;
use crate::testing::TestServices;
use chrono::TimeDelta;

const LOOKS: Limit = Limit { kind: "toy_looks", max: 3, window: TimeDelta::hours(1) };

#[tokio::test]
async fn each_subject_of_each_account_has_its_own_count_which_begins_anew_when_its_time_is_over() {
    let t = TestServices::new().await;
    let (acme, globex) = (t.db.tenant("acme").await, t.db.tenant("globex").await);
    let mut tx = t.services.db.system("test").await.unwrap();
    for expected in [true, true, true, false, false] {
        assert_eq!(LOOKS.admits(tx.conn(), acme, acme.0, t.services.now()).await.unwrap(), expected);
    }
    // Another account, another subject of the same one, and another limit.
    assert!(LOOKS.admits(tx.conn(), globex, globex.0, t.services.now()).await.unwrap());
    assert!(LOOKS.admits(tx.conn(), acme, globex.0, t.services.now()).await.unwrap());
    assert!(Limit { kind: "toy_questions", ..LOOKS }.admits(tx.conn(), acme, acme.0, t.services.now()).await.unwrap());

    t.clock.advance(TimeDelta::minutes(59));
    assert!(!LOOKS.admits(tx.conn(), acme, acme.0, t.services.now()).await.unwrap(), "it is not over yet");
    t.clock.advance(TimeDelta::minutes(1));
    for expected in [true, true, true, false] {
        assert_eq!(LOOKS.admits(tx.conn(), acme, acme.0, t.services.now()).await.unwrap(), expected);
    }
    tx.commit_progress().await.unwrap();
}
