//! What a page follows live over the one WebSocket of its tab: jobs and logs, which resume behind their last line after a cut, and objects, which
//! the page fetches again when they have changed.

use crate::load::use_refetch;
use leptos::prelude::*;
use model::{
    Time,
    administration::provisioning::{EventView, JobPage, JobView},
    hosting::site_logs::{LogFollow, SiteLogKind, SiteLogPart},
    ids::WebsiteId,
    live::LiveObject,
};

#[cfg(feature = "hydrate")]
mod socket;

/// How the live link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Link {
    /// Not yet up.
    #[default]
    Connecting,
    /// Up: what is shown is what is.
    Up,
    /// Down since then; it connects again by itself.
    Lost {
        /// Last moment that the page knew what is.
        since: Time,
    },
    /// The server does not show this job here.
    Refused,
}

/// A job that follows what the server does.
#[derive(Clone, Copy)]
pub struct LiveJob {
    /// The job as it is.
    pub view: RwSignal<JobView>,
    /// Its log so far, oldest first.
    pub events: RwSignal<Vec<EventView>>,
    /// How the link is.
    pub link: RwSignal<Link>,
}

impl LiveJob {
    /// The link for a [`LiveLog`](crate::log::LiveLog): nothing once the job has ended.
    pub fn shown_link(self) -> Signal<Option<Link>> {
        Signal::derive(move || (!self.view.with(|view| view.job.status.ended())).then(|| self.link.get()))
    }

    /// When the link is lost, since when.
    pub fn lost_since(self) -> Signal<Option<Time>> {
        Signal::derive(move || match self.shown_link().get() {
            Some(Link::Lost { since }) => Some(since),
            _ => None,
        })
    }
}

/// Follows a job from what the page already shows. `follow` is the token of a buyer who has no session.
///
/// On the server it only holds the first state; in the browser it subscribes over the tab's connection, resumes by the last line's number,
/// and ends when the page goes.
pub fn use_live_job(page: JobPage, follow: Option<String>) -> LiveJob {
    let job = LiveJob { view: RwSignal::new(page.view), events: RwSignal::new(page.events), link: RwSignal::new(Link::Connecting) };
    start(job, follow);
    job
}

/// Has the [`Load`](crate::load::Load) around this place fetch again whenever the object has changed, and after a cut.
pub fn watch_object(object: LiveObject) {
    let again = use_refetch();
    start_watch(object, again);
}

/// Most lines that a page keeps of a followed log.
#[cfg(feature = "hydrate")]
const MAX_TAIL: usize = 5000;

/// A log that grows at its end while it is followed.
#[derive(Clone, Copy)]
pub struct LogTail {
    /// Its lines, the oldest first, each with a number of its own.
    pub lines: RwSignal<Vec<(u64, String)>>,
    /// Why it could not be read when that was tried last.
    pub failed: RwSignal<Option<String>>,
    /// How the link is; nothing while it is not followed.
    pub link: RwSignal<Option<Link>>,
    /// Where lines begin that are not shown yet.
    newer: RwSignal<String>,
    follow: StoredValue<LogFollow>,
}

impl LogTail {
    /// Adds what is new.
    #[cfg(feature = "hydrate")]
    fn add(self, part: SiteLogPart) {
        self.newer.set(part.newer);
        self.failed.set(None);
        let gap = part.skipped.then(|| "Some lines are not shown here: too many came at once.".to_owned());
        if gap.is_none() && part.lines.is_empty() {
            return;
        }
        self.lines.update(|lines| {
            let next = lines.last().map_or(0, |(number, _)| number + 1);
            lines.extend((next..).zip(gap.into_iter().chain(part.lines)));
            let excess = lines.len().saturating_sub(MAX_TAIL);
            lines.drain(..excess);
        });
    }
}

/// Follows a log from the part that the page shows, as long as `is_on` holds and the component that called is there.
pub fn use_log_tail(part: SiteLogPart, (site, log, search): (WebsiteId, SiteLogKind, Option<String>), is_on: Signal<bool>) -> LogTail {
    let tail = LogTail {
        lines: RwSignal::new((0..).zip(part.lines).collect()),
        failed: RwSignal::new(None),
        link: RwSignal::new(None),
        newer: RwSignal::new(part.newer),
        follow: StoredValue::new(LogFollow { site, log, search, after: String::new() }),
    };
    start_tail(tail, is_on);
    tail
}

#[cfg(feature = "hydrate")]
fn start_tail(tail: LogTail, is_on: Signal<bool>) {
    Effect::new(move |_| {
        if is_on.get() {
            socket::tail(tail);
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn start_tail(tail: LogTail, _: Signal<bool>) {
    // What a browser goes on from.
    let _ = (tail.newer, tail.follow);
}

#[cfg(feature = "hydrate")]
fn start(job: LiveJob, follow: Option<String>) {
    Effect::new(move |_| socket::follow(job, follow.clone()));
}

#[cfg(feature = "hydrate")]
fn start_watch(object: LiveObject, again: Callback<()>) {
    Effect::new(move |_| socket::watch(object, again));
}

#[cfg(not(feature = "hydrate"))]
fn start(_: LiveJob, _: Option<String>) {}

#[cfg(not(feature = "hydrate"))]
fn start_watch(_: LiveObject, _: Callback<()>) {}
