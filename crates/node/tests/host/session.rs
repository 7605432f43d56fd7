//! One session with the program, many requests at the same time.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use wire::Key;
use wire::frame::{Decoder, Frame, MAX_CHUNK};
use wire::message::{Failure, FailureKind, FromNode, ToNode};
use wire::verb::{ArtifactPut, Call, Reply, Stored, Verb};

type Results = Arc<(Mutex<Arrived>, Condvar)>;

#[derive(Default)]
struct Arrived {
    done: HashMap<u64, Result<Reply, Failure>>,
    ended: bool,
}

/// Closed when dropped.
pub struct Session {
    child: Child,
    input: Mutex<Option<ChildStdin>>,
    results: Results,
    next: AtomicU64,
}

/// How long any request may take in a test.
const TIME: Duration = Duration::from_secs(120);

impl Session {
    /// Starts the program by this command.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = Mutex::new(child.stdin.take());
        let output = child.stdout.take().unwrap();
        let results = Results::default();
        let kept = results.clone();
        thread::spawn(move || read(output, &kept));
        Self { child, input, results, next: AtomicU64::new(1) }
    }

    fn write(&self, frame: &Frame) {
        if let Some(input) = self.input.lock().unwrap().as_mut() {
            // A program that was killed cannot be written to; the result tells.
            let _ = input.write_all(&frame.to_bytes().unwrap());
        }
    }

    fn say(&self, message: &ToNode) {
        self.write(&Frame::Json(serde_json::to_vec(message).unwrap()));
    }

    /// Sends a request and gives its number.
    pub fn send(&self, verb: impl Into<Verb>, time: Duration) -> u64 {
        let id = self.next.fetch_add(1, Ordering::SeqCst);
        let deadline_ms = time.as_millis().try_into().unwrap();
        self.say(&ToNode::Request { id, deadline_ms, key: Key::new(format!("test:{id}")).unwrap(), verb: verb.into(), window: None });
        id
    }

    /// Stops a request.
    pub fn cancel(&self, id: u64) {
        self.say(&ToNode::Cancel { id });
    }

    /// Waits for a result. The end of the session counts as an internal failure.
    pub fn wait(&self, id: u64) -> Result<Reply, Failure> {
        let arrived = self.results.0.lock().unwrap();
        let waiting = |a: &mut Arrived| !a.ended && !a.done.contains_key(&id);
        let (mut arrived, late) = self.results.1.wait_timeout_while(arrived, TIME, waiting).unwrap();
        assert!(!late.timed_out(), "request {id} is not answered");
        let lost = || Err(Failure::new(FailureKind::Internal, "the session ended"));
        arrived.done.remove(&id).unwrap_or_else(lost)
    }

    /// Sends a request and waits for its typed answer.
    pub fn call<C: Call>(&self, call: C) -> Result<C::Reply, Failure> {
        let reply = self.wait(self.send(call, TIME))?;
        Ok(C::read(reply).expect("the answer fits the verb"))
    }

    /// Ships a file.
    pub fn put(&self, put: ArtifactPut, path: &Path) -> Result<Stored, Failure> {
        self.upload(put, TIME, path)
    }

    /// Sends a request with its file, and waits for its typed answer.
    pub fn upload<C: Call>(&self, call: C, time: Duration, path: &Path) -> Result<C::Reply, Failure> {
        let id = self.send(call, time);
        let mut file = File::open(path).unwrap();
        let mut buffer = vec![0; MAX_CHUNK];
        loop {
            match file.read(&mut buffer).unwrap() {
                0 => break,
                n => self.write(&Frame::Chunk { id, bytes: buffer[..n].to_vec() }),
            }
        }
        Ok(C::read(self.wait(id)?).expect("the answer fits the verb"))
    }

    /// Sends a request with a stream behind it, and waits for its typed answer.
    pub fn feed<C: Call>(&self, call: C, bytes: &[u8]) -> Result<C::Reply, Failure> {
        let id = self.send(call, TIME);
        for piece in bytes.chunks(MAX_CHUNK).chain([&[][..]]) {
            self.write(&Frame::Chunk { id, bytes: piece.to_vec() });
        }
        Ok(C::read(self.wait(id)?).expect("the answer fits the verb"))
    }

    /// Closes the way in and waits until the program has ended.
    pub fn close(mut self) {
        self.input.lock().unwrap().take();
        self.child.wait().unwrap();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.input.lock().unwrap().take();
        let _ = self.child.wait();
    }
}

fn read(mut output: impl Read, results: &Results) {
    let (mut decoder, mut buffer) = (Decoder::new(), vec![0; 64 << 10]);
    while let Ok(n @ 1..) = output.read(&mut buffer) {
        decoder.push(&buffer[..n]);
        while let Ok(Some(Frame::Json(json))) = decoder.pop() {
            if let Ok(FromNode::Done { id, result }) = serde_json::from_slice(&json) {
                results.0.lock().unwrap().done.insert(id, result);
                results.1.notify_all();
            }
        }
    }
    results.0.lock().unwrap().ended = true;
    results.1.notify_all();
}
