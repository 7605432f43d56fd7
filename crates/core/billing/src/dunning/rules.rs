//! What is to be done about an overdue invoice at a moment.

use super::Terms;
use crate::payments::{History, Waiting};
use chrono::Duration;
use model::{
    Time,
    billing::{dunning::DunningNotice, subscriptions::Upcoming},
};

/// An invoice that is due, and what was tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overdue {
    pub due_at: Time,
    pub history: History,
    /// Cards that can be charged.
    pub methods: usize,
    /// What the last attempt waits for, if it was neither taken nor declined yet.
    pub waiting: Option<Waiting>,
    /// Since when services are suspended because of it.
    pub suspended_at: Option<Time>,
    /// Until when staff have given the customer more time.
    pub extended_until: Option<Time>,
}

impl Overdue {
    /// What happens then, or when the time is over that staff have given.
    fn not_before_extension(&self, at: Time) -> Time {
        self.extended_until.map_or(at, |until| at.max(until))
    }

    /// Until when no card is charged again, whoever wants it: none twice within a few hours. One that failed for good is another than the next.
    pub fn cools_down_until(&self, terms: &Terms) -> Option<Time> {
        self.history.last_at.filter(|_| self.history.is_last_hard != Some(true)).map(|last| last + terms.attempt_spacing)
    }

    /// When a card may be charged next; nothing when there is none, or no attempt is left.
    pub fn next_attempt(&self, terms: &Terms) -> Option<Time> {
        if self.methods == 0 || self.waiting.is_some() {
            return None;
        }
        let tried = usize::try_from(self.history.soft).unwrap_or(usize::MAX);
        let planned = self.not_before_extension(self.due_at + *terms.attempts.get(tried)?);
        Some(self.cools_down_until(terms).map_or(planned, |until| planned.max(until)))
    }

    /// When an attempt that waits for the customer is given up: at the next one of the plan, before a suspension at the latest, and not within
    /// a day.
    pub fn given_up_at(&self, terms: &Terms) -> Option<Time> {
        if self.waiting != Some(Waiting::Customer) {
            return None;
        }
        let tried = usize::try_from(self.history.soft).unwrap_or(usize::MAX);
        let next = terms.attempts.get(tried.saturating_add(1)).map_or_else(|| self.suspends_at(terms), |planned| self.due_at + *planned);
        Some(next.min(self.suspends_at(terms)).max(self.history.last_at.unwrap_or(self.due_at) + Duration::days(1)))
    }

    /// Whether the money is on its way: nothing is done but wait.
    pub fn is_on_its_way(&self) -> bool {
        self.waiting == Some(Waiting::Provider)
    }

    /// Which of the usable cards the next attempt is for: the preferred one first, then the others in turn.
    pub fn next_method(&self) -> usize {
        usize::try_from(self.history.soft).unwrap_or(0) % self.methods.max(1)
    }

    /// Whether a charge failed, there is no card to charge, or none is charged when it is due since the customer has more time.
    pub fn has_failed(&self) -> bool {
        let is_put_off = self.extended_until.is_some_and(|until| until > self.due_at);
        self.history.soft + self.history.hard > 0 || ((self.methods == 0 || is_put_off) && self.waiting.is_none())
    }

    /// When services are suspended.
    pub fn suspends_at(&self, terms: &Terms) -> Time {
        self.not_before_extension(self.due_at + terms.suspend_after)
    }

    /// When the subscription is terminated: as long after the suspension as the terms say, were that late or not.
    pub fn terminates_at(&self, terms: &Terms) -> Time {
        self.not_before_extension(self.suspended_at.unwrap_or_else(|| self.suspends_at(terms)) + terms.terminate_after)
    }

    /// The notice that fits this moment. Earlier ones that were not sent in time are left out.
    pub fn notice(&self, terms: &Terms, now: Time) -> Option<DunningNotice> {
        if self.is_on_its_way() {
            return None;
        }
        let within = |end: Time, days: i64| end - now <= Duration::days(days);
        if self.suspended_at.is_some() {
            let end = self.terminates_at(terms);
            return Some(match () {
                () if within(end, 1) => DunningNotice::TerminationIn1,
                () if within(end, 7) => DunningNotice::TerminationIn7,
                () if within(end, 14) => DunningNotice::TerminationIn14,
                () => DunningNotice::Suspended,
            });
        }
        let end = self.suspends_at(terms);
        match () {
            () if !self.has_failed() => None,
            () if within(end, 1) => Some(DunningNotice::SuspensionIn1),
            () if within(end, 3) => Some(DunningNotice::SuspensionIn3),
            () if within(end, 7) => Some(DunningNotice::SuspensionIn7),
            () => Some(DunningNotice::PaymentFailed),
        }
    }

    /// What follows if it stays unpaid, in order.
    pub fn upcoming(&self, terms: &Terms) -> Vec<(Time, Upcoming)> {
        let mut steps = Vec::new();
        if self.is_on_its_way() {
            return steps;
        }
        if let Some(at) = self.next_attempt(terms) {
            steps.push((at, if self.history.last_at.is_some() { Upcoming::Retry } else { Upcoming::Charge }));
        }
        if self.suspended_at.is_none() {
            steps.push((self.suspends_at(terms), Upcoming::Suspension));
        }
        steps.push((self.terminates_at(terms), Upcoming::Termination));
        steps
    }

    /// When to check again: the next moment after `now` at which something of the above changes.
    pub fn next_check_at(&self, terms: &Terms, now: Time) -> Option<Time> {
        let (suspends, terminates) = (self.suspends_at(terms), self.terminates_at(terms));
        let before = |end: Time, days: i64| end - Duration::days(days);
        let moments = [
            suspends,
            before(suspends, 7),
            before(suspends, 3),
            before(suspends, 1),
            terminates,
            before(terminates, 14),
            before(terminates, 7),
            before(terminates, 1),
        ];
        moments.into_iter().chain(self.next_attempt(terms)).chain(self.given_up_at(terms)).filter(|at| *at > now).min()
    }
}
