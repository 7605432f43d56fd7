use crate::{
    dunning::{Terms, rules::Overdue},
    payments::History,
};
use chrono::Duration;
use model::Time;

/// An invoice that was due on 1 April and declined once, with this much more time.
fn extended(days: i64, suspended: Option<i64>) -> Overdue {
    let due_at: Time = "2027-04-01T08:00:00Z".parse().unwrap();
    Overdue {
        due_at,
        history: History { soft: 1, last_at: Some(due_at), is_last_hard: Some(false), ..History::default() },
        methods: 1,
        waiting: None,
        suspended_at: suspended.map(|days| due_at + Duration::days(days)),
        extended_until: Some(due_at + Duration::days(days)),
    }
}

#[test]
fn more_time_moves_the_next_charge_the_suspension_and_the_termination_and_nothing_to_an_earlier_day() {
    let terms = Terms::default();
    let days = |overdue: &Overdue| {
        let after = |at: Time| (at - overdue.due_at).num_days();
        (overdue.next_attempt(&terms).map(after), after(overdue.suspends_at(&terms)), after(overdue.terminates_at(&terms)))
    };
    assert_eq!(days(&extended(20, None)), (Some(20), 20, 50), "suspended on the last day, and the thirty days begin then");
    assert_eq!(days(&extended(2, None)), (Some(3), 10, 40), "shorter than the terms: they hold");
    assert_eq!(days(&extended(60, Some(10))), (Some(60), 60, 60), "not terminated before");
    assert_eq!(days(&extended(20, Some(10))), (Some(20), 20, 40), "longer than the extension anyway");
}
