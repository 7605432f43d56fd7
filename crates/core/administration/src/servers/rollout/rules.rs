//! Who gets the new agent next. Pure: whoever drives a rollout asks here.

use chrono::Duration;
use model::{
    Time,
    administration::agent_rollout::{RolloutStatus, UpgradeStatus},
    ids::ServerId,
};

/// Servers that get the new agent at the same time, once it works on one.
const AT_ONCE: usize = 4;
/// A server on which nothing has happened for so long lost its worker, and is taken up again. An upgrade takes no longer than ten minutes.
const ABANDONED_AFTER: Duration = Duration::minutes(15);
/// Longest pause before a server that could not be reached is tried again.
const MAX_PAUSE: Duration = Duration::minutes(10);

/// A server in service, as far as a rollout looks at it.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub id: ServerId,
    pub pods: i64,
    pub status: UpgradeStatus,
    /// When its status changed last.
    pub changed_at: Option<Time>,
    /// When one that waits is tried again.
    pub due_at: Option<Time>,
}

impl Candidate {
    fn is_running(&self, now: Time) -> bool {
        self.status == UpgradeStatus::Running && self.changed_at.is_some_and(|at| now - at < ABANDONED_AFTER)
    }

    fn is_ready(&self, now: Time) -> bool {
        match self.status {
            UpgradeStatus::Behind => true,
            UpgradeStatus::Running => !self.is_running(now),
            UpgradeStatus::Waiting => self.due_at.is_none_or(|due| due <= now),
            UpgradeStatus::Done | UpgradeStatus::Failed => false,
        }
    }
}

/// The servers to begin with now: those with the fewest pods first, so that a bad agent meets few sites.
pub(super) fn next(held: bool, now: Time, servers: &[Candidate]) -> Vec<ServerId> {
    if held || servers.iter().any(|server| server.status == UpgradeStatus::Failed) {
        return Vec::new();
    }
    let proved = servers.iter().any(|server| server.status == UpgradeStatus::Done);
    let running = servers.iter().filter(|server| server.is_running(now)).count();
    let mut ready: Vec<&Candidate> = servers.iter().filter(|server| server.is_ready(now)).collect();
    ready.sort_by_key(|server| (server.pods, server.id.0));
    let most = if proved { AT_ONCE } else { 1 };
    ready.into_iter().take(most.saturating_sub(running)).map(|server| server.id).collect()
}

/// How the whole stands.
pub(super) fn status(held: bool, servers: impl Iterator<Item = UpgradeStatus>) -> RolloutStatus {
    let (mut behind, mut failed) = (false, false);
    for status in servers {
        behind |= status != UpgradeStatus::Done;
        failed |= status == UpgradeStatus::Failed;
    }
    match (behind, held, failed) {
        (false, ..) => RolloutStatus::Completed,
        (true, true, _) => RolloutStatus::Held,
        (true, false, true) => RolloutStatus::Stopped,
        (true, false, false) => RolloutStatus::Running,
    }
}

/// How long to leave a server alone that could not be reached so often.
pub(super) fn pause(attempts: i32) -> Duration {
    let doubled = 1_i32 << attempts.clamp(0, 6);
    (Duration::seconds(15) * doubled).min(MAX_PAUSE)
}
