//! Who follows a job hears of it after the commit, without a notice in the commit itself.

use super::toy::Toy;
use crate::saga::contract::{SagaFixture, finish, worker};
use db::Signal;
use futures::StreamExt;
use model::administration::provisioning::JobStatus;
use std::time::Duration;

#[tokio::test]
async fn a_worker_tells_of_the_job_it_holds_once_its_change_can_be_seen() {
    let toy = Toy::fresh().await;
    let mut signals = toy.services.services.db.listen(&["job_event", "job_state"]);
    assert_eq!(signals.next().await, Some(Signal::Connected));
    let job = toy.enqueue().await;
    let runtime = worker(&toy.services, Toy::registry());
    let heard = async {
        loop {
            match signals.next().await {
                Some(Signal::Notice { channel, payload }) => {
                    assert_eq!(channel, "job_state", "its lines carry no notice of their own");
                    assert_eq!(payload, job.to_string());
                    if toy.ask::<String>("select status from jobs where id = $1", job).await == "done" {
                        break;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    };
    let heard = tokio::time::timeout(Duration::from_secs(45), heard);
    let (status, heard) = tokio::join!(finish(&toy.services, &runtime, job), heard);
    assert_eq!(status, JobStatus::Done);
    heard.expect("the end is told");
}
