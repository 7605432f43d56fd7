use super::{Terms, rules::Overdue};
use crate::{payments::History, subscriptions::tests::life::Life};
use chrono::Duration;
use model::{
    Time,
    billing::{dunning::DunningNotice, subscriptions::Upcoming},
};

fn due() -> Time {
    "2027-04-01T08:00:00Z".parse().unwrap()
}

fn overdue(soft: i64, hard: i64, methods: usize) -> Overdue {
    Overdue { due_at: due(), history: History { soft, hard, ..History::default() }, methods, waiting: None, suspended_at: None, extended_until: None }
}

#[test]
fn a_soft_decline_waits_for_the_next_day_of_the_plan_and_takes_the_next_card() {
    let terms = Terms::default();
    let planned = |soft| overdue(soft, 0, 2).next_attempt(&terms).map(|at| (at - due()).num_days());
    assert_eq!((0..5).map(planned).collect::<Vec<_>>(), [Some(0), Some(3), Some(5), Some(7), None]);
    assert_eq!((0..4).map(|soft| overdue(soft, 0, 2).next_method()).collect::<Vec<_>>(), [0, 1, 0, 1], "cards in turn");
    assert_eq!(overdue(0, 0, 0).next_attempt(&terms), None, "no card to charge");
}

#[test]
fn a_card_that_failed_for_good_makes_way_for_another_at_once_and_a_soft_decline_keeps_a_distance() {
    let terms = Terms::default();
    let now = due() + Duration::days(8);
    let late = |is_last_hard| Overdue {
        history: History { soft: 1, last_at: Some(now), is_last_hard: Some(is_last_hard), ..History::default() },
        ..overdue(1, 0, 1)
    };
    assert_eq!(late(false).next_attempt(&terms), Some(now + terms.attempt_spacing), "planned for days ago, but not twice within two hours");
    assert_eq!(late(true).next_attempt(&terms), Some(due() + Duration::days(3)));
}

#[test]
fn the_notice_is_the_one_of_the_moment_and_what_follows_is_counted_from_the_suspension_that_was() {
    let terms = Terms::default();
    let after = |days: i64| due() + Duration::days(days);
    let failed = overdue(1, 0, 1);
    assert_eq!(overdue(0, 0, 1).notice(&terms, due()), None, "nothing has failed yet");
    assert_eq!(failed.notice(&terms, after(1)), Some(DunningNotice::PaymentFailed));
    assert_eq!(failed.notice(&terms, after(3)), Some(DunningNotice::SuspensionIn7));
    assert_eq!(failed.notice(&terms, after(8)), Some(DunningNotice::SuspensionIn3));
    assert_eq!(failed.notice(&terms, after(9)), Some(DunningNotice::SuspensionIn1));
    // Suspended ten days late: the thirty days begin then.
    let late = Overdue { suspended_at: Some(after(20)), ..failed };
    assert_eq!(late.terminates_at(&terms), after(50));
    assert_eq!(late.notice(&terms, after(21)), Some(DunningNotice::Suspended));
    assert_eq!(late.notice(&terms, after(36)), Some(DunningNotice::TerminationIn14));
    assert_eq!(late.notice(&terms, after(49)), Some(DunningNotice::TerminationIn1));
    assert_eq!(
        failed.upcoming(&terms).iter().map(|(_, step)| *step).collect::<Vec<_>>(),
        [Upcoming::Charge, Upcoming::Suspension, Upcoming::Termination]
    );
    assert_eq!(late.upcoming(&terms).last(), Some(&(after(50), Upcoming::Termination)));
    assert_eq!(failed.next_check_at(&terms, after(3)), Some(after(7)));
}

/// The account is the one that the invoice names, also when the configuration has changed since.
#[tokio::test]
async fn a_reminder_says_where_to_transfer_to_and_a_receipt_does_not() {
    let mut life = Life::begin("2027-03-01T08:00:00Z", "empty").await;
    life.until("2027-03-26T08:00:00Z").await;
    life.shop.change(|settings| settings.seller.bank = None);
    life.until("2027-04-12T08:00:00Z").await;
    let all = "select count(*) from outgoing_mail where template = 'invoice_overdue'";
    let with = "select count(*) from outgoing_mail where template = 'invoice_overdue'
                  and body_text like '%Hosting Example GmbH, IBAN: DE89 3704 0044 0532 0130 00, BIC: COBADEFFXXX, reference: INV-2027-00002%'";
    let reminders = life.shop.number(all).await;
    assert!(reminders >= 3, "{reminders}");
    assert_eq!(life.shop.number(with).await, reminders);
    life.pay(life.latest_invoice().await, "good").await;
    life.look().await;
    assert_eq!((life.shop.number(all).await, life.shop.number(with).await), (reminders + 1, reminders), "it is paid");
}
