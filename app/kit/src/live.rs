//! What a page follows live over a WebSocket: a job, which resumes behind its last line after a cut, or an object, which the page fetches again
//! when it has changed.

use crate::load::use_refetch;
use leptos::prelude::*;
use model::{
    Time,
    administration::provisioning::{EventView, JobPage, JobView},
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
/// On the server it only holds the first state; in the browser it subscribes to `/api/live`, resumes by the last line's number,
/// and closes when the job has ended or the page goes.
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
