//! The browser's half of the live link.

use super::{Link, LiveJob};
use crate::time::now;
use leptos::prelude::*;
use model::{
    Time,
    live::{LiveMessage, LiveObject, LiveRequest},
};
use std::{cell::RefCell, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, WebSocket};

/// Longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(20);

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

/// What a connection is for.
trait Followed {
    /// What is said when it is up.
    fn request(&self) -> LiveRequest;
    /// What is heard.
    fn hear(&self, message: LiveMessage);
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
    fn request(&self) -> LiveRequest {
        LiveRequest::Subscribe {
            job: self.job.view.with_untracked(|view| view.job.id),
            after: self.job.events.with_untracked(|events| events.last().map_or(0, |event| event.id)),
            follow: self.follow.clone(),
        }
    }

    fn hear(&self, message: LiveMessage) {
        match message {
            LiveMessage::Event(event) => self.job.events.update(|events| {
                // After a cut the server may repeat a line that came through.
                if events.last().is_none_or(|last| last.id < event.id) {
                    events.push(event);
                }
            }),
            LiveMessage::Job(view) => self.job.view.set(*view),
            LiveMessage::Watching | LiveMessage::Changed | LiveMessage::Refused => {}
        }
    }

    fn link(&self, link: Link) {
        self.job.link.set(link);
    }

    fn ended(&self) -> bool {
        self.job.view.with_untracked(|view| view.job.status.ended())
    }
}

struct Object {
    object: LiveObject,
    again: Callback<()>,
}

impl Followed for Object {
    fn request(&self) -> LiveRequest {
        LiveRequest::Watch(self.object)
    }

    fn hear(&self, message: LiveMessage) {
        // Also when it is up, first or again: what happened since the page was made, or since the cut, is unknown.
        if matches!(message, LiveMessage::Watching | LiveMessage::Changed) {
            self.again.run(());
        }
    }

    fn link(&self, _: Link) {}

    fn ended(&self) -> bool {
        false
    }
}

struct Follower {
    followed: Box<dyn Followed>,
    connection: RefCell<Option<Connection>>,
    pause: RefCell<Duration>,
    lost_since: RefCell<Option<Time>>,
    stopped: RefCell<bool>,
}

/// Begins to follow a job; ends with the component that called.
pub(super) fn follow(job: LiveJob, follow: Option<String>) {
    start(Box::new(Job { job, follow }));
}

/// Begins to follow an object; ends with the component that called.
pub(super) fn watch(object: LiveObject, again: Callback<()>) {
    start(Box::new(Object { object, again }));
}

fn start(followed: Box<dyn Followed>) {
    if followed.ended() {
        return;
    }
    let follower = Rc::new(Follower {
        followed,
        connection: RefCell::new(None),
        pause: RefCell::new(Duration::from_millis(500)),
        lost_since: RefCell::new(None),
        stopped: RefCell::new(false),
    });
    follower.clone().connect();
    let guard = send_wrapper(follower);
    on_cleanup(move || guard.with_value(|follower| follower.stop()));
}

/// The follower lives on the one thread of the browser; the owner's cleanup wants it sendable.
fn send_wrapper(follower: Rc<Follower>) -> StoredValue<Rc<Follower>, LocalStorage> {
    StoredValue::new_local(follower)
}

impl Follower {
    fn stop(&self) {
        *self.stopped.borrow_mut() = true;
        self.connection.borrow_mut().take();
    }

    fn connect(self: Rc<Self>) {
        if *self.stopped.borrow() {
            return;
        }
        let place = window().location();
        let scheme = if place.protocol().is_ok_and(|protocol| protocol == "https:") { "wss" } else { "ws" };
        let Ok(socket) = place.host().and_then(|host| WebSocket::new(&format!("{scheme}://{host}/api/live"))) else {
            self.lost();
            return;
        };
        let opened = self.clone();
        let open = Closure::<dyn FnMut()>::new(move || opened.subscribe());
        let heard = self.clone();
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                heard.hear(&text);
            }
        });
        let closed = self.clone();
        let close = Closure::<dyn FnMut()>::new(move || closed.clone().lost());
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        *self.connection.borrow_mut() = Some(Connection { socket, _open: open, _message: message, _close: close });
    }

    fn subscribe(&self) {
        let request = self.followed.request();
        if let (Ok(text), Some(connection)) = (serde_json::to_string(&request), self.connection.borrow().as_ref())
            && connection.socket.send_with_str(&text).is_ok()
        {
            *self.pause.borrow_mut() = Duration::from_millis(500);
            *self.lost_since.borrow_mut() = None;
            self.followed.link(Link::Up);
        }
    }

    fn hear(&self, text: &str) {
        match serde_json::from_str::<LiveMessage>(text) {
            Ok(LiveMessage::Refused) => {
                *self.stopped.borrow_mut() = true;
                self.followed.link(Link::Refused);
            }
            Ok(message) => self.followed.hear(message),
            // A newer server may say what this page does not know; the rest still holds.
            Err(_) => {}
        }
    }

    fn lost(self: Rc<Self>) {
        if *self.stopped.borrow() {
            return;
        }
        if self.followed.ended() {
            return;
        }
        let since = *self.lost_since.borrow_mut().get_or_insert_with(now);
        self.followed.link(Link::Lost { since });
        let pause = *self.pause.borrow();
        *self.pause.borrow_mut() = (pause * 2).min(LONGEST);
        set_timeout(move || self.connect(), pause);
    }
}
