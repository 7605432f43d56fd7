use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::*;

#[test]
fn those_who_said_they_come_share_one_act() {
    let shared = Arc::new(Coalescer::<usize>::default());
    let acts = Arc::new(AtomicUsize::new(0));
    let (ready, all_ready) = mpsc::channel();
    let gate = Arc::new(std::sync::Barrier::new(10));
    let threads: Vec<_> = (0..10)
        .map(|n| {
            let (shared, acts, ready, gate) = (shared.clone(), acts.clone(), ready.clone(), gate.clone());
            thread::spawn(move || {
                let promise = shared.reserve();
                ready.send(n).unwrap();
                gate.wait();
                shared.join(promise, n, |items| {
                    acts.fetch_add(1, Ordering::SeqCst);
                    items.iter().map(|_| Ok(())).collect()
                })
            })
        })
        .collect();
    assert_eq!(all_ready.iter().take(10).count(), 10);
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    assert_eq!(acts.load(Ordering::SeqCst), 1);
}

#[test]
fn one_alone_does_not_wait() {
    let shared = Coalescer::<()>::default();
    let begun = Instant::now();
    shared.join(shared.reserve(), (), |items| items.iter().map(|_| Ok(())).collect()).unwrap();
    assert!(begun.elapsed() < GATHER);
}

#[test]
fn a_promise_that_is_never_kept_holds_others_only_a_moment() {
    let shared = Coalescer::<()>::default();
    let _forgotten = shared.reserve();
    shared.join(shared.reserve(), (), |items| items.iter().map(|_| Ok(())).collect()).unwrap();
}

#[test]
fn each_gets_its_own_answer_and_a_fault_reaches_all() {
    let shared = Coalescer::<bool>::default();
    let operation = |items: Vec<bool>| items.into_iter().map(|good| if good { Ok(()) } else { Err(internal("bad one")) }).collect();
    assert!(shared.join(shared.reserve(), true, operation).is_ok());
    assert_eq!(shared.join(shared.reserve(), false, operation).unwrap_err().message, "bad one");
    assert!(shared.join(shared.reserve(), true, |_| panic!("fault")).is_err());
    assert!(shared.join(shared.reserve(), true, operation).is_ok());
}

#[test]
fn a_wave_waits_for_no_act_that_is_under_way() {
    let shared = Coalescer::<()>::without_reservations();
    let ((begun, has_begun), (end, ends)) = (mpsc::channel(), mpsc::channel());
    thread::scope(|scope| {
        let (shared, ends) = (&shared, Mutex::new(ends));
        let first = scope.spawn(move || {
            shared.join(shared.reserve(), (), |_| {
                begun.send(()).unwrap();
                ends.lock().unwrap().recv().unwrap();
                vec![Ok(())]
            })
        });
        has_begun.recv().unwrap();
        shared.join(shared.reserve(), (), |_| vec![end.send(()).map_err(|_| internal("nobody waits"))]).unwrap();
        first.join().unwrap().unwrap();
    });
}
