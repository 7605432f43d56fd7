use std::io::Write;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use wire::frame::{Decoder, Frame, MAX_CHUNK, WINDOW};
use wire::message::{FailureKind, FromNode};

use super::download::{Credit, Download};
use super::upload::Upload;
use super::writer::{MessageSender, write_all};
use crate::task::Task;

/// Tells of every write.
struct Wire(Arc<Mutex<Decoder>>, Sender<Frame>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut decoder = self.0.lock().unwrap();
        decoder.push(bytes);
        while let Ok(Some(frame)) = decoder.pop() {
            let _ = self.1.send(frame);
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A sender, and what comes out of it on the other side.
fn line() -> (MessageSender, std::sync::mpsc::Receiver<Frame>) {
    let (out, outbox) = MessageSender::new();
    let (seen, frames) = channel();
    thread::spawn(move || write_all(&outbox, Wire(Arc::default(), seen)));
    (out, frames)
}

#[test]
fn a_download_sends_what_there_is_credit_for_and_ends_with_its_cancel() {
    let (out, frames) = line();
    let (credit, task) = (Arc::new(Credit::new(3)), Task::new(1, Duration::from_secs(60), out.clone()));
    let download = Download::new(1, Arc::clone(&credit), out);
    let sending = thread::spawn({
        let task = task.clone();
        move || download.send(&task, &vec![7; MAX_CHUNK + 5])
    });
    let next = || match frames.recv_timeout(Duration::from_secs(10)).unwrap() {
        Frame::Chunk { id: 1, bytes } => bytes.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(next(), 3);
    credit.grant(4);
    assert_eq!(next(), 4);
    assert!(frames.recv_timeout(Duration::from_millis(300)).is_err(), "nothing without credit");
    task.cancel();
    assert_eq!(sending.join().unwrap().unwrap_err().kind, FailureKind::Cancelled);
}

#[test]
fn an_upload_gives_credit_for_what_it_took_and_none_to_a_panel_that_waits_for_none() {
    for waits in [true, false] {
        let (out, frames) = line();
        let task = Task::new(1, Duration::from_secs(60), out.clone());
        let (chunks, queue) = sync_channel(64);
        let size = WINDOW;
        for _ in 0..WINDOW as usize / MAX_CHUNK {
            chunks.send(vec![0; MAX_CHUNK]).unwrap();
        }
        Upload::new(1, size, queue, waits.then(|| out.clone())).discard(&task).unwrap();
        drop((out, task));
        let mut given = 0;
        while let Ok(Frame::Json(json)) = frames.recv_timeout(Duration::from_secs(10)) {
            match serde_json::from_slice(&json).unwrap() {
                FromNode::Credit { id: 1, bytes } => given += bytes,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(given, if waits { WINDOW } else { 0 });
    }
}

#[test]
fn an_answer_that_no_message_can_carry_fails_instead_of_being_left_out() {
    let (out, frames) = line();
    let reply = wire::verb::Reply::SiteReleases(1);
    let large = Err(crate::error::internal("x".repeat(wire::frame::MAX_JSON)));
    assert!(out.send_message(FromNode::Done { id: 7, result: large }) && out.send_message(FromNode::Done { id: 8, result: Ok(reply) }));
    let next = || match frames.recv_timeout(Duration::from_secs(60)).unwrap() {
        Frame::Json(body) => serde_json::from_slice::<FromNode>(&body).unwrap(),
        Frame::Chunk { .. } => panic!("no chunk was sent"),
    };
    assert!(matches!(next(), FromNode::Done { id: 7, result: Err(failure) } if failure.message == "the answer is too large for a message"));
    assert!(matches!(next(), FromNode::Done { id: 8, result: Ok(_) }));
}
