use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use wire::Key;
use wire::message::FailureKind;
use wire::probe::Capability;
use wire::verb::{ArtifactHave, Install, PodList, Reply, Verb};

use super::*;

/// Keeps what was written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn session(input: Vec<u8>) -> Vec<FromNode> {
    let kept = Kept::default();
    serve(Cursor::new(input), kept.clone());
    let mut decoder = Decoder::new();
    decoder.push(&kept.0.lock().unwrap());
    let mut messages = Vec::new();
    while let Some(Frame::Json(json)) = decoder.pop().unwrap() {
        messages.push(serde_json::from_slice(&json).unwrap());
    }
    messages
}

fn json(message: &ToNode) -> Vec<u8> {
    Frame::Json(serde_json::to_vec(message).unwrap()).to_bytes().unwrap()
}

fn request(id: u64, deadline_ms: u64, verb: impl Into<Verb>) -> Vec<u8> {
    json(&ToNode::Request { id, deadline_ms, key: Key::new(format!("k{id}")).unwrap(), verb: verb.into(), window: None })
}

fn done(messages: &[FromNode], wanted: u64) -> Option<&crate::error::Result<Reply>> {
    messages.iter().find_map(|m| match m {
        FromNode::Done { id, result } if *id == wanted => Some(result),
        _ => None,
    })
}

#[test]
fn a_session_begins_with_version_protocol_and_verbs() {
    let messages = session(Vec::new());
    let FromNode::Hello { protocol, version, verbs, .. } = &messages[0] else { panic!("{messages:?}") };
    assert_eq!((*protocol, version.as_str()), (wire::PROTOCOL, env!("CARGO_PKG_VERSION")));
    assert_eq!(verbs, Verb::NAMES);
}

#[test]
fn a_request_whose_time_is_over_is_not_begun() {
    let messages = session(request(1, 0, Install { capability: Capability::Web }));
    let Some(Err(failure)) = done(&messages, 1) else { panic!("{messages:?}") };
    // The end of the input may come first; either way nothing was installed.
    assert!(matches!(failure.kind, FailureKind::Deadline | FailureKind::Cancelled));
}

#[test]
fn a_request_that_is_not_understood_is_answered_and_the_session_goes_on() {
    let odd = Frame::Json(br#"{"say":"request","id":5,"deadline_ms":1,"key":"k","verb":{"shell":"id"}}"#.to_vec());
    let mut input = odd.to_bytes().unwrap();
    input.extend(request(6, 0, PodList {}));
    let messages = session(input);
    assert!(matches!(done(&messages, 5), Some(Err(f)) if f.kind == FailureKind::Invalid));
    assert!(done(&messages, 6).is_some());
}

#[test]
fn a_broken_frame_ends_the_session() {
    let mut input = vec![0, 0, 0, 1, 77];
    input.extend(request(1, 1000, PodList {}));
    assert!(done(&session(input), 1).is_none());
}

#[test]
fn pieces_for_nobody_are_dropped() {
    let mut input = Frame::Chunk { id: 99, bytes: vec![1] }.to_bytes().unwrap();
    let sha256 = wire::Sha256::new("0".repeat(64)).unwrap();
    input.extend(request(1, 60_000, ArtifactHave { sha256 }));
    let messages = session(input);
    assert!(done(&messages, 1).is_some(), "{messages:?}");
}

#[test]
fn a_session_ends_although_nobody_reads_what_it_says() {
    struct Stuck;
    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            loop {
                thread::park();
            }
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    serve(Cursor::new(Vec::new()), Stuck);
}
