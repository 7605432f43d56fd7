//! A job, live: one WebSocket that resumes behind the last line after a cut.

use leptos::prelude::*;
use model::{
    Time,
    administration::provisioning::{EventView, JobPage, JobView},
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
/// On the server it only holds the first state; in the browser it subscribes to `/api/live`, resumes by the last line's number,
/// and closes when the job has ended or the page goes.
pub fn use_live_job(page: JobPage, follow: Option<String>) -> LiveJob {
    let job = LiveJob { view: RwSignal::new(page.view), events: RwSignal::new(page.events), link: RwSignal::new(Link::Connecting) };
    start(job, follow);
    job
}

#[cfg(feature = "hydrate")]
fn start(job: LiveJob, follow: Option<String>) {
    Effect::new(move |_| socket::start(job, follow.clone()));
}

#[cfg(not(feature = "hydrate"))]
fn start(_: LiveJob, _: Option<String>) {}
