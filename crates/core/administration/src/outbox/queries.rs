//! SQL of outbox.

use db::Keyset;
use engine::mail::{Attachment, RenderedMail};
use model::{
    Time,
    administration::outbox::{MailRow, MailStatus, MailView},
    ids::{MailId, TenantId},
};
use sqlx::PgConnection;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: MailId,
    template: String,
    recipient: String,
    subject: String,
    status: MailStatus,
    attempts: i32,
    last_error: Option<String>,
    created_at: Time,
    sent_at: Option<Time>,
}

impl Row {
    pub fn view(self) -> MailRow {
        MailRow {
            id: self.id,
            template: self.template,
            recipient: self.recipient,
            subject: self.subject,
            status: self.status,
            attempts: self.attempts,
            last_error: self.last_error,
            created_at: self.created_at,
            sent_at: self.sent_at,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct Whole {
    #[sqlx(flatten)]
    row: Row,
    body_text: String,
    attachment_name: Option<String>,
}

impl Whole {
    pub fn view(self) -> MailView {
        MailView { mail: self.row.view(), text: self.body_text, attachment: self.attachment_name }
    }
}

/// A mail that a sender has taken.
#[derive(sqlx::FromRow)]
pub(super) struct Claimed {
    pub id: MailId,
    pub recipient: String,
    pub subject: String,
    pub body_text: String,
    pub body_html: String,
    pub attempts: i32,
    pub attachment_id: Option<Uuid>,
}

/// No `returning`: tenants and visitors may not read mail back.
#[allow(clippy::too_many_arguments, reason = "one for each column")]
pub(super) async fn insert(
    conn: &mut PgConnection,
    id: MailId,
    tenant: Option<TenantId>,
    template: &str,
    recipient: &str,
    mail: &RenderedMail,
    attachment: Option<&Attachment>,
    now: Time,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into outgoing_mail (id, tenant_id, template, recipient, subject, body_text, body_html, next_attempt_at, created_at,
                                    attachment_id, attachment_name)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)",
    )
    .bind(id)
    .bind(tenant)
    .bind(template)
    .bind(recipient)
    .bind(&mail.subject)
    .bind(&mail.text)
    .bind(&mail.html)
    .bind(now)
    .bind(attachment.map(|file| file.id))
    .bind(attachment.map(|file| file.name.as_str()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes one mail that is due. Others pass it over until `again_at`, when its sender counts as lost.
pub(super) async fn claim(conn: &mut PgConnection, now: Time, again_at: Time) -> sqlx::Result<Option<Claimed>> {
    sqlx::query_as::<_, Claimed>(
        "update outgoing_mail set attempts = attempts + 1, next_attempt_at = $2
          where id = (select id from outgoing_mail where status = 'QUEUED' and next_attempt_at <= $1
                       order by next_attempt_at, id limit 1 for update skip locked)
        returning id, recipient, subject, body_text, body_html, attempts, attachment_id",
    )
    .bind(now)
    .bind(again_at)
    .fetch_optional(conn)
    .await
}

pub(super) async fn settle(
    conn: &mut PgConnection,
    id: MailId,
    status: MailStatus,
    error: Option<&str>,
    sent_at: Option<Time>,
    next_attempt_at: Time,
) -> sqlx::Result<()> {
    sqlx::query("update outgoing_mail set status = $2, last_error = $3, sent_at = $4, next_attempt_at = $5 where id = $1 and status = 'QUEUED'")
        .bind(id)
        .bind(status)
        .bind(error)
        .bind(sent_at)
        .bind(next_attempt_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Without a mail server nothing is tried: what waits is kept for an admin to read.
pub(super) async fn keep(conn: &mut PgConnection) -> sqlx::Result<u64> {
    let done = sqlx::query("update outgoing_mail set status = 'KEPT' where status = 'QUEUED'").execute(conn).await?;
    Ok(done.rows_affected())
}

pub(super) async fn page(conn: &mut PgConnection, keyset: &Keyset<Uuid>, state: Option<MailStatus>) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as::<_, Row>(
        "select * from (
           (select id, template, recipient, subject, status, attempts, last_error, created_at, sent_at
              from outgoing_mail where $2::uuid is null and ($1::uuid is null or id < $1) and ($4::text is null or status = $4)
             order by id desc limit $3)
           union all
           (select id, template, recipient, subject, status, attempts, last_error, created_at, sent_at
              from outgoing_mail where id > $2 and ($4::text is null or status = $4) order by id limit $3)
         ) page order by id desc",
    )
    .bind(keyset.before)
    .bind(keyset.after)
    .bind(keyset.limit())
    .bind(state)
    .fetch_all(conn)
    .await
}

pub(super) async fn one(conn: &mut PgConnection, id: MailId) -> sqlx::Result<Option<Whole>> {
    sqlx::query_as::<_, Whole>(
        "select id, template, recipient, subject, status, attempts, last_error, created_at, sent_at, body_text, attachment_name
           from outgoing_mail where id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// Addresses of staff who hold a permission.
pub(super) async fn staff_with(conn: &mut PgConnection, permission: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select u.email from users u join role_permissions p on p.role = u.platform_role
          where p.permission = $1 and u.status = 'ACTIVE' order by u.email limit 100",
    )
    .bind(permission)
    .fetch_all(conn)
    .await
}
