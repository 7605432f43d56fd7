//! What the registry has.

use super::{Fault, OTHER, PASSWORD, USER};
use chrono::{DateTime, Months, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long the registrar that loses a domain may refuse.
const TRANSFER: TimeDelta = TimeDelta::days(5);
/// How long a domain that was not renewed can be brought back.
const REDEMPTION: TimeDelta = TimeDelta::days(30);

/// Everything that is in it.
pub struct Objects {
    /// Its clock.
    pub now: DateTime<Utc>,
    /// Accounts and their passwords.
    pub accounts: BTreeMap<String, String>,
    /// Domains by name.
    pub domains: BTreeMap<String, Domain>,
    /// The ids of contacts with their email addresses, and whose they are.
    pub contacts: BTreeMap<String, (String, String)>,
    /// Names of hosts.
    pub hosts: BTreeSet<String>,
    /// Names that have a price of their own.
    pub premium: BTreeSet<String>,
    /// Whether it tells prices (RFC 8748).
    pub has_prices: bool,
    /// What was changed by accounts, one line a change: `create domain NAME` ...
    pub changes: Vec<String>,
    /// Every document that was received.
    pub received: Vec<String>,
    pub(super) messages: BTreeMap<String, VecDeque<Message>>,
    pub(super) fault: Option<Fault>,
    sent: u32,
}

/// A domain.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The registrar that has it.
    pub sponsor: String,
    /// The contact of its holder.
    pub registrant: String,
    /// Further contacts: what each is for, and its id.
    pub contacts: Vec<(String, String)>,
    /// Its name servers.
    pub hosts: Vec<String>,
    /// Statuses that were set by its registrar.
    pub statuses: BTreeSet<String>,
    /// By which it is transferred.
    pub code: String,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When the registration ends.
    pub expires_at: DateTime<Utc>,
    /// Its last transfer.
    pub transfer: Option<Transfer>,
    /// How far it is restored, after it was deleted.
    pub restore: Option<Restore>,
}

/// How far a domain is restored (RFC 3915).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restore {
    /// It was asked for; the report of it has to come.
    Pending,
    /// It was reported on: the domain is back, to be renewed.
    Done,
}

/// A transfer.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// As RFC 5730 has it: `pending`, `clientApproved` ...
    pub status: &'static str,
    /// Who wants the domain.
    pub requested_by: String,
    /// Since when.
    pub requested_at: DateTime<Utc>,
    /// Who has it.
    pub decided_by: String,
    /// When it was decided, or is decided by itself.
    pub decides_at: DateTime<Utc>,
}

pub(super) struct Message {
    pub(super) id: u32,
    pub(super) at: DateTime<Utc>,
    pub(super) text: String,
    pub(super) domain: String,
}

impl Objects {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            accounts: [(USER.to_owned(), PASSWORD.to_owned())].into(),
            domains: BTreeMap::new(),
            contacts: BTreeMap::new(),
            hosts: BTreeSet::new(),
            premium: BTreeSet::new(),
            has_prices: true,
            changes: Vec::new(),
            received: Vec::new(),
            messages: BTreeMap::new(),
            fault: None,
            sent: 0,
        }
    }

    /// Adds a domain of another registrar.
    pub fn add_foreign(&mut self, name: &str, code: &str, expires_at: DateTime<Utc>) {
        let domain = Domain {
            sponsor: OTHER.to_owned(),
            registrant: "OTHER-1".to_owned(),
            contacts: vec![("admin".to_owned(), "OTHER-1".to_owned())],
            hosts: Vec::new(),
            statuses: BTreeSet::new(),
            code: code.to_owned(),
            created_at: self.now,
            expires_at,
            transfer: None,
            restore: None,
        };
        self.domains.insert(name.to_owned(), domain);
    }

    /// The registrar that loses a domain decides.
    pub fn decide_transfer(&mut self, name: &str, is_approved: bool) {
        let status = if is_approved { "clientApproved" } else { "clientRejected" };
        self.end_transfer(name, status, self.now);
    }

    /// Another registrar asks for a domain.
    pub fn begin_transfer_away(&mut self, name: &str) {
        self.begin_transfer(name, OTHER);
    }

    /// What the clock has brought about.
    pub(super) fn settle(&mut self) {
        let now = self.now;
        let due: Vec<(String, DateTime<Utc>)> = self
            .domains
            .iter()
            .filter_map(|(name, domain)| Some((name.clone(), domain.transfer.as_ref().filter(|one| one.status == "pending")?.decides_at)))
            .filter(|(_, at)| *at <= now)
            .collect();
        for (name, at) in due {
            self.end_transfer(&name, "serverApproved", at);
        }
        self.domains.retain(|_, domain| domain.restore.is_some() || domain.expires_at + REDEMPTION > now);
    }

    pub(super) fn begin_transfer(&mut self, name: &str, requested_by: &str) {
        let now = self.now;
        let Some(domain) = self.domains.get_mut(name) else { return };
        let decided_by = domain.sponsor.clone();
        let requested_by = requested_by.to_owned();
        let transfer = Transfer { status: "pending", requested_by, requested_at: now, decided_by: decided_by.clone(), decides_at: now + TRANSFER };
        domain.transfer = Some(transfer);
        self.tell(&decided_by, name, "Transfer requested.");
    }

    pub(super) fn end_transfer(&mut self, name: &str, status: &'static str, at: DateTime<Utc>) {
        let Some(domain) = self.domains.get_mut(name) else { return };
        let Some(transfer) = domain.transfer.as_mut() else { return };
        transfer.status = status;
        transfer.decides_at = at;
        let (requested_by, decided_by) = (transfer.requested_by.clone(), transfer.decided_by.clone());
        if status.ends_with("Approved") {
            domain.sponsor.clone_from(&requested_by);
            domain.expires_at = domain.expires_at.checked_add_months(Months::new(12)).unwrap_or(domain.expires_at);
        }
        for party in [requested_by, decided_by] {
            self.tell(&party, name, &format!("Transfer is {status}."));
        }
    }

    fn tell(&mut self, account: &str, domain: &str, text: &str) {
        self.sent += 1;
        let message = Message { id: self.sent, at: self.now, text: text.to_owned(), domain: domain.to_owned() };
        self.messages.entry(account.to_owned()).or_default().push_back(message);
    }
}

impl Domain {
    /// Whether a transfer is under way.
    pub fn is_being_transferred(&self) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.status == "pending")
    }

    /// Statuses of RFC 5731, and those of RFC 3915.
    pub(super) fn all_statuses(&self, now: DateTime<Utc>) -> (Vec<&str>, Vec<&str>) {
        let mut statuses: Vec<&str> = self.statuses.iter().map(String::as_str).collect();
        statuses.extend(self.is_being_transferred().then_some("pendingTransfer"));
        let is_deleted = self.is_in_redemption(now);
        if self.restore == Some(Restore::Pending) {
            return (vec!["pendingDelete"], vec!["pendingRestore"]);
        }
        statuses.extend(is_deleted.then_some("pendingDelete"));
        if statuses.is_empty() {
            statuses.push("ok");
        }
        let grace = if is_deleted { vec!["redemptionPeriod"] } else { Vec::from_iter(self.is_new(now).then_some("addPeriod")) };
        (statuses, grace)
    }

    /// Whether it was deleted, and can be restored.
    pub(super) fn is_in_redemption(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now && self.restore.is_none()
    }

    /// Whether its registration can be taken back.
    pub(super) fn is_new(&self, now: DateTime<Utc>) -> bool {
        self.created_at + TimeDelta::days(5) > now
    }
}
