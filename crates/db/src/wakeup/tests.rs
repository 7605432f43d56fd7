use super::{CLOCK, Wakeups};
use crate::Signal;
use apalis::prelude::{PollSnapshot, PollStrategy};
use futures::{StreamExt, channel::mpsc, stream};
use std::{future::poll_fn, time::Duration};

async fn look(wakeups: &mut Wakeups) {
    poll_fn(|cx| wakeups.poll_drive(cx, &PollSnapshot::new())).await;
}

/// The queue may have been looking when the notice came, and has not seen what it was about.
#[tokio::test]
async fn after_a_notice_the_queue_is_looked_at_once_more_long_before_its_clock_comes_round() {
    let (notify, notices) = mpsc::unbounded();
    let clock = tokio::time::sleep(CLOCK / 2);
    let mut wakeups = Wakeups::listening(notices.boxed());
    notify.unbounded_send(Signal::Connected).unwrap();
    tokio::select! {
        biased;
        () = async { look(&mut wakeups).await; look(&mut wakeups).await; } => {}
        () = clock => panic!("it waits for the clock"),
    }
}

#[tokio::test]
async fn notices_without_end_do_not_put_the_look_off() {
    let notices = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Some((Signal::Connected, ()))
    });
    let mut wakeups = Wakeups::listening(notices.boxed());
    tokio::time::timeout(CLOCK / 2, look(&mut wakeups)).await.expect("it is looked at");
}

#[tokio::test]
async fn without_any_notice_the_queue_is_looked_at_by_its_clock() {
    let mut wakeups = Wakeups::listening(stream::pending().boxed());
    look(&mut wakeups).await;
    look(&mut wakeups).await;
}
