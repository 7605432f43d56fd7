use super::code;
use crate::accounts::passwords::{Line, hash, verify};
use model::error::ErrorCode;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

#[tokio::test]
async fn a_hash_knows_its_password_and_no_other_and_has_its_own_salt() {
    let (one, two) = (hash("correct horse battery").await.unwrap(), hash("correct horse battery").await.unwrap());
    assert_ne!(one, two);
    assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    assert!(verify("correct horse battery", Some(&one)).await.unwrap());
    for wrong in ["correct horse batterz", "", "correct horse battery "] {
        assert!(!verify(wrong, Some(&one)).await.unwrap());
    }
    assert!(!verify("", None).await.unwrap());
    assert!(!verify("", Some("-")).await.unwrap());
}

#[tokio::test]
async fn an_unknown_login_costs_the_same_work() {
    let known = hash("correct horse battery").await.unwrap();
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..5 {
        for (hash, fastest) in [Some(known.as_str()), None].into_iter().zip(&mut fastest) {
            let started = Instant::now();
            verify("wrong horse battery", hash).await.unwrap();
            *fastest = started.elapsed().min(*fastest);
        }
    }
    let [known, unknown] = fastest;
    assert!(unknown * 3 > known && known * 3 > unknown, "{known:?} against {unknown:?}");
}

static LINE: std::sync::LazyLock<Line> = std::sync::LazyLock::new(|| Line::new(2, 5));
static AT_WORK: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn a_flood_is_worked_off_a_few_at_a_time_and_the_rest_is_sent_away() {
    let (go, gate) = mpsc::channel::<()>();
    let gate: &'static Mutex<mpsc::Receiver<()>> = Box::leak(Box::new(Mutex::new(gate)));
    let work = move || {
        MOST.fetch_max(AT_WORK.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let _ = gate.lock().unwrap().recv_timeout(Duration::from_secs(20));
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
    };
    let flood: Vec<_> = (0..20).map(|_| tokio::spawn(LINE.run(work))).collect();
    // Whoever finds no place is told at once, while nobody has been served.
    let deadline = Instant::now() + Duration::from_secs(20);
    while flood.iter().filter(|request| request.is_finished()).count() < 15 || AT_WORK.load(Ordering::SeqCst) < 2 {
        assert!(Instant::now() < deadline, "two are served, and fifteen of twenty find no place");
        tokio::task::yield_now().await;
    }
    for _ in 0..5 {
        go.send(()).unwrap();
    }
    let ends = futures::future::join_all(flood).await;
    let (served, refused): (Vec<_>, Vec<_>) = ends.into_iter().map(Result::unwrap).partition(Result::is_ok);
    assert_eq!((served.len(), refused.len()), (5, 15));
    assert!(refused.into_iter().all(|end| code(end) == ErrorCode::Unavailable));
    assert_eq!(MOST.load(Ordering::SeqCst), 2);
    drop(go);
    LINE.run(|| ()).await.expect("the places are free again");
}
