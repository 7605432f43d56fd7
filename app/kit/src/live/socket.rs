//! The browser's half of the live link: one connection a tab, whatever its page follows.

use super::{Link, LiveJob, LogTail};
use crate::time::now;
use leptos::prelude::*;
use model::{
    Time,
    administration::provisioning::JobView,
    hosting::site_logs::LogFollow,
    live::{LiveMessage, LiveNews, LiveObject, LiveRequest, LiveTopic},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, WebSocket};

/// First pause between two tries.
const SHORTEST: Duration = Duration::from_millis(500);
/// Longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(20);
/// How long a connection stays that nothing is followed over.
const UNUSED: Duration = Duration::from_secs(5);

/// One connection with its callbacks; dropping it closes it quietly.
struct Connection {
    socket: WebSocket,
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Closing a closed socket is refused, and that is what is wanted.
        let _ = self.socket.close();
    }
}

/// What a channel is for.
trait Followed {
    /// What is asked for, and what is there of it.
    fn topic(&self) -> LiveTopic;
    /// What is heard.
    fn hear(&self, news: LiveNews);
    /// How it is.
    fn link(&self, link: Link);
    /// Whether there is nothing more to hear.
    fn ended(&self) -> bool;
}

struct Job {
    job: LiveJob,
    follow: Option<String>,
}

impl Followed for Job {
    fn topic(&self) -> LiveTopic {
        LiveTopic::Job {
            job: self.job.view.with_untracked(|view| view.job.id),
            after: self.job.events.with_untracked(|events| events.last().map_or(0, |event| event.id)),
            follow: self.follow.clone(),
        }
    }

    fn hear(&self, news: LiveNews) {
        match news {
            LiveNews::Event(event) => self.job.events.update(|events| {
                // After a cut the server may repeat a line that came through.
                if events.last().is_none_or(|last| last.id < event.id) {
                    events.push(event);
                }
            }),
            LiveNews::Job(view) => self.job.view.set(*view),
            LiveNews::Watching | LiveNews::Changed | LiveNews::Log(_) | LiveNews::LogFailed(_) | LiveNews::Refused => {}
        }
    }

    fn link(&self, link: Link) {
        self.job.link.set(link);
    }

    fn ended(&self) -> bool {
        self.job.view.with_untracked(JobView::is_settled)
    }
}

struct Object {
    object: LiveObject,
    again: Callback<()>,
}

impl Followed for Object {
    fn topic(&self) -> LiveTopic {
        LiveTopic::Object(self.object)
    }

    fn hear(&self, news: LiveNews) {
        // Also when it is up, first or again: what happened since the page was made, or since the cut, is unknown.
        if matches!(news, LiveNews::Watching | LiveNews::Changed) {
            self.again.run(());
        }
    }

    fn link(&self, _: Link) {}

    fn ended(&self) -> bool {
        false
    }
}

struct Log(LogTail);

impl Followed for Log {
    fn topic(&self) -> LiveTopic {
        LiveTopic::Log(self.0.follow.with_value(|follow| LogFollow { after: self.0.newer.get_untracked(), ..follow.clone() }))
    }

    fn hear(&self, news: LiveNews) {
        match news {
            LiveNews::Log(part) => self.0.add(*part),
            LiveNews::LogFailed(why) => self.0.failed.set(Some(why)),
            _ => {}
        }
    }

    fn link(&self, link: Link) {
        self.0.link.set(Some(link));
    }

    fn ended(&self) -> bool {
        false
    }
}

/// How the tab's connection is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// There is none.
    #[default]
    Down,
    /// Lost; the next try comes after a pause.
    Waiting,
    /// Connecting.
    Connecting,
    /// Open.
    Open,
}

/// What this tab follows.
#[derive(Default)]
struct Tab {
    channels: RefCell<Vec<(u32, Rc<dyn Followed>)>>,
    /// The number that was given last.
    last: Cell<u32>,
    connection: RefCell<Option<Connection>>,
    state: Cell<State>,
    pause: Cell<Duration>,
    lost_since: Cell<Option<Time>>,
}

thread_local! {
    static TAB: Rc<Tab> = Rc::default();
}

/// What the browser's callbacks act on.
fn tab() -> Rc<Tab> {
    TAB.with(Rc::clone)
}

/// Begins to follow a job; ends with the component that called.
pub(super) fn follow(job: LiveJob, follow: Option<String>) {
    start(Rc::new(Job { job, follow }));
}

/// Begins to follow an object; ends with the component that called.
pub(super) fn watch(object: LiveObject, again: Callback<()>) {
    start(Rc::new(Object { object, again }));
}

/// Begins to follow a log; ends with the component that called.
pub(super) fn tail(tail: LogTail) {
    tail.link.set(Some(Link::Connecting));
    start(Rc::new(Log(tail)));
    on_cleanup(move || {
        // The log may be gone with its page.
        let _ = tail.link.try_set(None);
    });
}

fn start(followed: Rc<dyn Followed>) {
    if followed.ended() {
        return;
    }
    let channel = tab().add(followed);
    on_cleanup(move || tab().remove(channel));
}

impl Tab {
    fn add(&self, followed: Rc<dyn Followed>) -> u32 {
        let channel = self.last.get().wrapping_add(1);
        self.last.set(channel);
        self.channels.borrow_mut().push((channel, followed.clone()));
        match self.state.get() {
            State::Open => self.subscribe(channel, &*followed),
            State::Connecting => {}
            State::Down | State::Waiting => self.connect(),
        }
        channel
    }

    fn remove(&self, channel: u32) {
        let known = self.forget(channel);
        if known && self.state.get() == State::Open {
            self.say(&LiveRequest::Unsubscribe { channel });
        }
        if self.channels.borrow().is_empty() {
            // The page that comes next mostly follows something too.
            set_timeout(|| tab().close_unused(), UNUSED);
        }
    }

    /// Whether it was there.
    fn forget(&self, channel: u32) -> bool {
        let mut channels = self.channels.borrow_mut();
        let before = channels.len();
        channels.retain(|(known, _)| *known != channel);
        channels.len() < before
    }

    fn close_unused(&self) {
        if self.channels.borrow().is_empty() {
            self.connection.borrow_mut().take();
            self.state.set(State::Down);
            self.lost_since.set(None);
        }
    }

    fn connect(&self) {
        let place = window().location();
        let scheme = if place.protocol().is_ok_and(|protocol| protocol == "https:") { "wss" } else { "ws" };
        let Ok(socket) = place.host().and_then(|host| WebSocket::new(&format!("{scheme}://{host}/api/live"))) else {
            self.lost();
            return;
        };
        let open = Closure::<dyn FnMut()>::new(|| tab().opened());
        let message = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                tab().hear(&text);
            }
        });
        let close = Closure::<dyn FnMut()>::new(|| tab().lost());
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        self.state.set(State::Connecting);
        *self.connection.borrow_mut() = Some(Connection { socket, _open: open, _message: message, _close: close });
    }

    /// Every channel goes on behind what its page has.
    fn opened(&self) {
        self.state.set(State::Open);
        self.lost_since.set(None);
        for (channel, followed) in self.all() {
            self.subscribe(channel, &*followed);
        }
    }

    fn subscribe(&self, channel: u32, followed: &dyn Followed) {
        self.say(&LiveRequest::Subscribe { channel, to: followed.topic() });
        followed.link(Link::Up);
    }

    fn say(&self, request: &LiveRequest) {
        if let (Ok(text), Some(connection)) = (serde_json::to_string(request), self.connection.borrow().as_ref()) {
            // A socket that takes nothing more says by itself that it is closed.
            let _ = connection.socket.send_with_str(&text);
        }
    }

    fn hear(&self, text: &str) {
        // A newer server may say what this page does not know; the rest still holds.
        let Ok(LiveMessage { channel, news }) = serde_json::from_str(text) else { return };
        // Only now: one that takes connections and closes them again is not asked every moment.
        self.pause.set(SHORTEST);
        // What still came for a channel that has ended is for nobody.
        let Some((_, followed)) = self.all().into_iter().find(|(known, _)| *known == channel) else { return };
        if matches!(news, LiveNews::Refused) {
            self.forget(channel);
            followed.link(Link::Refused);
        } else {
            followed.hear(news);
        }
    }

    fn lost(&self) {
        let all = self.all();
        if all.iter().all(|(_, followed)| followed.ended()) {
            self.state.set(State::Down);
            self.lost_since.set(None);
            return;
        }
        self.state.set(State::Waiting);
        let since = self.lost_since.get().unwrap_or_else(now);
        self.lost_since.set(Some(since));
        for (_, followed) in all {
            followed.link(Link::Lost { since });
        }
        let pause = self.pause.get().max(SHORTEST);
        self.pause.set((pause * 2).min(LONGEST));
        // All tabs lose a panel that restarts in the same moment; they do not come back in the same one.
        set_timeout(|| tab().retry(), pause.mul_f64(0.5 + js_sys::Math::random()));
    }

    fn retry(&self) {
        if self.state.get() == State::Waiting {
            self.connect();
        }
    }

    /// The channels, so that what one of them does may change which there are.
    fn all(&self) -> Vec<(u32, Rc<dyn Followed>)> {
        self.channels.borrow().clone()
    }
}
