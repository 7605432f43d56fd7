use super::*;
use crate::accounts::letters::PasswordReset;
use adapters::smtp::{Mail, MailError, Mailer};
use chrono::Duration;
use engine::testing::TestServices;
use std::sync::{Arc, Mutex};
use wire::Email;

/// A mail server that answers from a list, and then takes everything.
#[derive(Default)]
struct Scripted {
    answers: Mutex<Vec<MailError>>,
    taken: Mutex<Vec<Mail>>,
}

#[async_trait::async_trait]
impl Mailer for Scripted {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        match self.answers.lock().unwrap().pop() {
            Some(error) => Err(error),
            None => {
                self.taken.lock().unwrap().push(mail.clone());
                Ok(())
            }
        }
    }
}

fn reset() -> PasswordReset {
    PasswordReset { link: "http://panel.example/reset?token=abc".to_owned(), valid: "1 hour".to_owned() }
}

async fn with(answers: Vec<MailError>) -> (TestServices, Arc<Scripted>) {
    let mut t = TestServices::new().await;
    let mailer = Arc::new(Scripted { answers: Mutex::new(answers), ..Scripted::default() });
    t.services = t.services.with::<dyn Mailer>(mailer.clone());
    (t, mailer)
}

/// A visitor asks for a reset: a public transaction can write a mail.
async fn ask(t: &TestServices) {
    let mut tx = t.services.db.public("test").await.unwrap();
    let to = Email::new("anna@bakery.example").unwrap();
    let event = queue(&t.services, tx.conn(), None, &to, &reset()).await.unwrap();
    tx.commit(event).await.unwrap();
}

async fn only(t: &TestServices) -> MailView {
    let mut tx = t.services.db.system("test").await.unwrap();
    let rows = list(&mut tx, &PageRequest::default()).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    get(&mut tx, rows[0].id).await.unwrap()
}

#[tokio::test]
async fn a_mail_is_sent_once_with_its_own_id() {
    let (t, mailer) = with(Vec::new()).await;
    ask(&t).await;
    let senders = futures::future::join_all((0..3).map(|_| deliver_due(&t.services))).await;
    assert_eq!(senders.into_iter().map(|sent| sent.unwrap()).sum::<u64>(), 1);
    let taken = mailer.taken.lock().unwrap().clone();
    let view = only(&t).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(
        (taken[0].id, taken[0].to.as_str(), taken[0].from.as_str()),
        (view.mail.id, "anna@bakery.example", "Hosting Example <noreply@hosting.example>")
    );
    assert_eq!((view.mail.status, view.mail.attempts, view.mail.sent_at), (MailStatus::Sent, 1, Some(t.services.now())));
    assert!(taken[0].text.contains("http://panel.example/reset?token=abc") && taken[0].html.contains("<a href="));
}

#[tokio::test]
async fn what_fails_for_now_is_tried_again_later_and_what_fails_for_good_is_not() {
    let (t, mailer) = with(vec![MailError::Never("550 no such user".to_owned()), MailError::Later("451 later".to_owned())]).await;
    ask(&t).await;
    assert_eq!(deliver_due(&t.services).await.unwrap(), 0);
    let view = only(&t).await;
    assert_eq!((view.mail.status, view.mail.last_error.as_deref()), (MailStatus::Queued, Some("451 later")));
    assert_eq!(deliver_due(&t.services).await.unwrap(), 0, "not yet");
    assert_eq!(only(&t).await.mail.attempts, 1);
    t.clock.advance(Duration::seconds(30));
    assert_eq!(deliver_due(&t.services).await.unwrap(), 1);
    let view = only(&t).await;
    assert_eq!((view.mail.status, view.mail.attempts, view.mail.last_error.as_deref()), (MailStatus::Failed, 2, Some("550 no such user")));
    t.clock.advance(Duration::days(3));
    assert_eq!(deliver_due(&t.services).await.unwrap(), 0);
    assert!(mailer.taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_mail_is_given_up_after_twelve_attempts() {
    let (t, _) = with((0..20).map(|_| MailError::Later("451".to_owned())).collect()).await;
    ask(&t).await;
    for _ in 0..20 {
        deliver_due(&t.services).await.unwrap();
        t.clock.advance(Duration::hours(7));
    }
    let view = only(&t).await;
    assert_eq!((view.mail.status, view.mail.attempts), (MailStatus::Failed, 12));
    assert_eq!((deliver::backoff(1), deliver::backoff(2), deliver::backoff(12)), (Duration::seconds(30), Duration::seconds(60), Duration::hours(6)));
}

#[tokio::test]
async fn without_a_mail_server_mail_is_kept_for_an_admin_to_read() {
    let t = TestServices::new().await;
    ask(&t).await;
    assert_eq!(deliver_due(&t.services).await.unwrap(), 1);
    let view = only(&t).await;
    assert_eq!((view.mail.status, view.mail.attempts), (MailStatus::Kept, 0));
    assert!(view.text.contains("http://panel.example/reset?token=abc"));
    let admin = t.db.user("admin@example.com", Some("SUPER_ADMIN")).await;
    let mut tx = t.services.db.platform::<OutboxRead>(&admin).await.unwrap();
    assert_eq!(get(&mut tx, view.mail.id).await.unwrap(), view);
    let sent = PageRequest { state: Some("SENT".to_owned()), ..PageRequest::default() };
    assert!(list(&mut tx, &sent).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn the_sender_is_woken_by_a_new_mail_and_stops_when_told() {
    let (t, mailer) = with(Vec::new()).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let sender = tokio::spawn(deliver(t.services.clone(), stop.clone()));
    ask(&t).await;
    let taken = async {
        while mailer.taken.lock().unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), taken).await.expect("woken, not polled");
    stop.cancel();
    tokio::time::timeout(std::time::Duration::from_secs(5), sender).await.expect("stops").unwrap();
}
