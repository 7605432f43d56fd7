//! A log of a site that somebody follows: read from its server again and again, for whoever may see it at that moment.

use super::{Holder, access::allowed};
use app_auth::Request;
use core_hosting::websites::{self, LogPlace, LogQuery};
use engine::{Error, Result, quota::Place};
use model::{
    error::ErrorCode,
    hosting::site_logs::{LogFollow, SiteLogPart},
    permission::WebsitesRead,
};
use std::time::Duration;
use tokio::time::Instant;

/// How often a link reads the log that it follows, at most.
pub const INTERVAL: Duration = Duration::from_secs(1);
/// How long a log that could not be read is left alone.
const REST: Duration = Duration::from_secs(5);

/// A followed log.
pub struct LogTail {
    follow: LogFollow,
    /// What it counts for.
    _place: Place<Holder>,
    /// It is left alone until then.
    rests_until: Option<Instant>,
    /// The browser knows that it can be read.
    is_known_good: bool,
}

/// What came of reading one.
pub struct LogRead {
    /// For which channel it was read.
    pub channel: u32,
    follow: LogFollow,
    answer: Result<Option<SiteLogPart>>,
}

/// What there is to be said of a followed log.
pub enum LogNews {
    /// These are new.
    Part(SiteLogPart),
    /// Nothing.
    None,
    /// It cannot be read now.
    Failed(String),
    /// It is not there for this caller.
    Refused,
}

impl LogTail {
    /// Nothing was read of it yet.
    pub fn new(follow: LogFollow, place: Place<Holder>) -> Self {
        Self { follow, _place: place, rests_until: None, is_known_good: false }
    }

    /// Reads what is new, unless the log is left alone now.
    pub fn read(&self, channel: u32, request: Request) -> Option<impl Future<Output = LogRead> + Send + use<>> {
        if self.rests_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let follow = self.follow.clone();
        Some(async move {
            let answer = read(&request, &follow).await;
            LogRead { channel, follow, answer }
        })
    }

    /// Takes up what was read. What was asked for before another log took the channel's number is nothing now.
    pub fn take(&mut self, read: LogRead) -> LogNews {
        if read.follow != self.follow {
            return LogNews::None;
        }
        match read.answer {
            Ok(None) => LogNews::Refused,
            Ok(Some(part)) => {
                self.follow.after.clone_from(&part.newer);
                let was_known = std::mem::replace(&mut self.is_known_good, true);
                if was_known && part.lines.is_empty() && !part.skipped { LogNews::None } else { LogNews::Part(part) }
            }
            Err(error) => {
                (self.rests_until, self.is_known_good) = (Some(Instant::now() + REST), false);
                LogNews::Failed(error.into_api().message)
            }
        }
    }
}

/// By the platform's permission, or by that of the account whose site it is.
async fn read(request: &Request, follow: &LogFollow) -> Result<Option<SiteLogPart>> {
    let (services, Some(viewer)) = (&request.services, &request.viewer) else { return Ok(None) };
    let caller = &request.caller;
    let query = LogQuery { log: follow.log, search: follow.search.clone(), place: LogPlace::After(follow.after.clone()) };
    if viewer.platform_role.is_some()
        && let Some(tx) = allowed(services.db.platform::<WebsitesRead>(caller).await)?
    {
        return found(websites::log(services, tx, follow.site, &query).await);
    }
    for membership in &viewer.memberships {
        if let Some(tx) = allowed(services.db.tenant::<WebsitesRead>(caller, membership.tenant).await)?
            && let Some(part) = found(websites::own_log(services, tx, follow.site, &query).await)?
        {
            return Ok(Some(part));
        }
    }
    Ok(None)
}

fn found(answer: Result<SiteLogPart>) -> Result<Option<SiteLogPart>> {
    match answer {
        Ok(part) => Ok(Some(part)),
        Err(Error::Api(error)) if error.code == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
