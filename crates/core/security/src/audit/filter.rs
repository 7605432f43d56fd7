//! What of the record is asked for.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use engine::{Error, Result};
use model::{Time, audit_action::AuditAction, page::PageRequest};

/// A filter on the record; empty lets everything through.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// This action only.
    pub action: Option<AuditAction>,
    /// Somewhere in the actor.
    pub actor: Option<String>,
    /// Id or slug of a customer.
    pub tenant: Option<String>,
    /// Kind of the thing.
    pub target_type: Option<String>,
    /// Id of the thing.
    pub target_id: Option<String>,
    /// Not before.
    pub since: Option<Time>,
    /// Before.
    pub until: Option<Time>,
    /// Each somewhere in actor, action or thing, in lowercase.
    pub words: Vec<String>,
}

/// Words that are looked at; more would only cost work.
const WORDS: usize = 8;

impl Filter {
    /// Reads `state` as an action, and `search` as words and as `actor:`, `tenant:`, `target:`, `since:`, `until:`.
    ///
    /// # Errors
    /// On field `state` or `search`.
    pub fn from_request(request: &PageRequest) -> Result<Self> {
        let mut filter = Self::default();
        if let Some(action) = request.state.as_deref().filter(|state| !state.is_empty()) {
            filter.action = Some(action.parse().map_err(|_| Error::field("state", "Unknown action."))?);
        }
        for part in request.search.as_deref().unwrap_or_default().replace('\0', "").split_whitespace() {
            match part.split_once(':').filter(|(_, value)| !value.is_empty()) {
                Some(("actor", actor)) => filter.actor = Some(actor.to_lowercase()),
                Some(("tenant", tenant)) => filter.tenant = Some(tenant.to_lowercase()),
                Some(("target", target)) => match target.split_once('/') {
                    Some((kind, id)) => (filter.target_type, filter.target_id) = (Some(kind.to_owned()), Some(id.to_owned())),
                    None => filter.target_type = Some(target.to_owned()),
                },
                Some(("since", time)) => filter.since = Some(moment(time)?),
                Some(("until", time)) => filter.until = Some(moment(time)?),
                _ if filter.words.len() < WORDS => filter.words.push(part.to_lowercase()),
                _ => return Err(Error::field("search", "Use at most eight terms.")),
            }
        }
        Ok(filter)
    }
}

/// A day, which begins at midnight UTC, or a moment.
fn moment(text: &str) -> Result<Time> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    let moment = DateTime::parse_from_rfc3339(text).map(|moment| moment.with_timezone(&Utc));
    moment.map_err(|_| Error::field("search", "Use a date like 2026-11-01 or a time like 2026-11-01T14:00:00Z."))
}
