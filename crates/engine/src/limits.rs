//! How much may be done. There are two kinds of limits, and each module takes the one that fits:
//!
//! - **At once**: what somebody has at the moment, in the memory of one process ([`Quota`](crate::quota::Quota); semaphores where one too many
//!   waits instead). A restart forgets it.
//! - **In a time**: how often something was done in an hour or a day, in the database, for all processes. What leaves rows of its own (deploys, sites,
//!   jobs, zones, offers, orders, invitations, links) is counted by these: a statement of the module says how many there were since then. For what
//!   leaves none, a [`Limit`] keeps one count for each subject.
//!
//! What is counted by strangers' addresses belongs to no account and stays with its module: tries to sign in, after which the pauses grow; numbers that
//! VIES is asked for, of which the same one counts once; wrong messages to webhooks, which have a second limit over all of them. Runs of cron jobs
//! are marks of their own as well: one of a job is looked for beside the number of all of its account.

mod queries;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use model::{Time, ids::TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

/// So many in a time, for each subject.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What is counted: lower case, `_` between words.
    pub kind: &'static str,
    /// How many are allowed.
    pub max: i32,
    /// In which time, from the first of them on; then the count begins anew.
    pub window: TimeDelta,
}

impl Limit {
    /// Counts one more for a subject of an account: one of its objects, or the account itself. False where there are too many by now.
    pub async fn admits(&self, conn: &mut PgConnection, tenant: TenantId, subject: Uuid, now: Time) -> sqlx::Result<bool> {
        Ok(queries::count(conn, (tenant, self.kind, subject), now, now - self.window).await? <= self.max)
    }
}
