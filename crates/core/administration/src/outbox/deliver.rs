//! Sending what waits in the outbox.

use super::{Attachments, queries};
use adapters::smtp::{Mail, MailError, MailFile, Mailer};
use chrono::Duration;
use engine::{Result, Services};
use futures::StreamExt;
use model::administration::outbox::MailStatus;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// After so many attempts, spread over about two days, a mail is given up.
const MOST_ATTEMPTS: i32 = 12;
/// How long a sender may take before its mail counts as abandoned.
const LEASE: Duration = Duration::minutes(5);
/// How often the table is looked at without being woken; retries become due by time alone.
const LOOK: std::time::Duration = std::time::Duration::from_secs(15);

/// Sends mail until `stop`: woken by each new one, and by the clock. Any number of processes may do so at once.
pub async fn deliver(services: Services, stop: CancellationToken) {
    let mut signals = services.db.listen(&["outgoing_mail"]);
    loop {
        if let Err(error) = deliver_due(&services).await {
            tracing::warn!(%error, "failed to process the outbox");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            // None: the database is closed, and only the clock and `stop` are left.
            signal = signals.next() => if signal.is_none() { tokio::time::sleep(LOOK).await },
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Sends, or keeps, everything that is due now. Returns how many mails left the queue.
///
/// # Errors
/// When PostgreSQL does not answer; a mail that cannot be sent is no error.
pub async fn deliver_due(services: &Services) -> Result<u64> {
    let Some(mailer) = services.find::<dyn Mailer>().cloned() else {
        let mut tx = services.db.system("outbox").await?;
        let kept = queries::keep(tx.conn()).await?;
        tx.commit_progress().await?;
        return Ok(kept);
    };
    let mut settled = 0;
    while let Some(status) = send_one(services, mailer.as_ref()).await? {
        settled += u64::from(status != MailStatus::Queued);
    }
    Ok(settled)
}

/// Claims a mail, sends it without a transaction, and writes down what became of it.
async fn send_one(services: &Services, mailer: &dyn Mailer) -> Result<Option<MailStatus>> {
    let now = services.now();
    let mut tx = services.db.system("outbox").await?;
    let Some(claimed) = queries::claim(tx.conn(), now, now + LEASE).await? else {
        return Ok(None);
    };
    tx.commit_progress().await?;

    let sent = match attached(services, claimed.attachment_id).await {
        Ok(attachment) => mailer.send(&mail(services, &claimed, attachment)).await,
        Err(error) => Err(error),
    };
    let (status, error) = match sent {
        Ok(()) => (MailStatus::Sent, None),
        Err(MailError::Never(why)) => (MailStatus::Failed, Some(why)),
        Err(MailError::Later(why)) if claimed.attempts >= MOST_ATTEMPTS => (MailStatus::Failed, Some(why)),
        Err(MailError::Later(why)) => (MailStatus::Queued, Some(why)),
    };
    if let Some(error) = &error {
        tracing::warn!(mail = %claimed.id, attempt = claimed.attempts, state = %status, error, "failed to send email");
    }

    let now = services.now();
    let sent_at = (status == MailStatus::Sent).then_some(now);
    let mut tx = services.db.system("outbox").await?;
    queries::settle(tx.conn(), claimed.id, status, error.as_deref(), sent_at, now + backoff(claimed.attempts)).await?;
    tx.commit_progress().await?;
    Ok(Some(status))
}

fn mail(services: &Services, claimed: &queries::Claimed, attachment: Option<MailFile>) -> Mail {
    Mail {
        id: claimed.id,
        from: services.settings.mail_from.clone(),
        to: claimed.recipient.clone(),
        subject: claimed.subject.clone(),
        text: claimed.body_text.clone(),
        html: claimed.body_html.clone(),
        attachment,
    }
}

/// The file that goes with a mail.
async fn attached(services: &Services, id: Option<Uuid>) -> Result<Option<MailFile>, MailError> {
    let Some(id) = id else { return Ok(None) };
    let file = services.part::<dyn Attachments>().fetch(services, id).await;
    file.map(Some).map_err(|error| MailError::Later(format!("The attachment could not be made. {}", error.into_api().message)))
}

/// 30 s, then twice as long each time, at most 6 hours.
pub(super) fn backoff(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(10);
    Duration::seconds(30 * 2_i64.pow(doublings)).min(Duration::hours(6))
}
