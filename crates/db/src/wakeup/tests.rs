use super::{CLOCK, Wakeups};
use crate::Signal;
use apalis::prelude::{PollSnapshot, PollStrategy};
use futures::{StreamExt, channel::mpsc};
use std::future::poll_fn;

/// The queue may have been looking when the notice came, and has not seen what it was about.
#[tokio::test]
async fn after_a_notice_the_queue_is_looked_at_once_more_long_before_its_clock_comes_round() {
    let (notify, notices) = mpsc::unbounded();
    let clock = tokio::time::sleep(CLOCK / 2);
    let mut wakeups = Wakeups::hearing(notices.boxed());
    let mut look = async || poll_fn(|cx| wakeups.poll_drive(cx, &PollSnapshot::new())).await;
    notify.unbounded_send(Signal::Connected).unwrap();
    tokio::select! {
        biased;
        () = async { look().await; look().await; } => {}
        () = clock => panic!("it waits for the clock"),
    }
}

#[tokio::test]
async fn without_any_notice_the_queue_is_looked_at_by_its_clock() {
    let mut wakeups = Wakeups::hearing(futures::stream::pending().boxed());
    poll_fn(|cx| wakeups.poll_drive(cx, &PollSnapshot::new())).await;
    poll_fn(|cx| wakeups.poll_drive(cx, &PollSnapshot::new())).await;
}
