use super::*;

fn sample() -> Vec<Frame> {
    vec![
        Frame::Json(b"{\"say\":\"cancel\",\"id\":7}".to_vec()),
        Frame::Chunk { id: u64::MAX, bytes: vec![0, 1, 2, 255] },
        Frame::Json(Vec::new()),
        Frame::Chunk { id: 1, bytes: Vec::new() },
    ]
}

#[test]
fn frames_survive_being_cut_at_every_byte() {
    let mut bytes = Vec::new();
    for frame in sample() {
        frame.encode(&mut bytes).unwrap();
    }
    let mut decoder = Decoder::new();
    let mut seen = Vec::new();
    for byte in bytes {
        decoder.push(&[byte]);
        while let Some(frame) = decoder.pop().unwrap() {
            seen.push(frame);
        }
    }
    assert_eq!(seen, sample());
    assert!(decoder.is_empty());
}

#[test]
fn many_frames_in_one_push_come_out_in_order() {
    let mut bytes = Vec::new();
    for frame in sample() {
        frame.encode(&mut bytes).unwrap();
    }
    let mut decoder = Decoder::new();
    decoder.push(&bytes);
    for frame in sample() {
        assert_eq!(decoder.pop().unwrap(), Some(frame));
    }
    assert_eq!(decoder.pop().unwrap(), None);
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_the_body_comes() {
    let mut decoder = Decoder::new();
    decoder.push(&u32::MAX.to_be_bytes());
    assert_eq!(decoder.pop(), Err(FrameError::TooLong(u32::MAX as usize)));

    let mut decoder = Decoder::new();
    decoder.push(&((MAX_CHUNK + 10) as u32).to_be_bytes());
    decoder.push(&[1]);
    assert!(matches!(decoder.pop(), Err(FrameError::TooLong(_))));
}

#[test]
fn empty_short_and_unknown_frames_are_refused() {
    for (bytes, error) in [
        (vec![0, 0, 0, 0], FrameError::TooShort),
        (vec![0, 0, 0, 5, 1, 0, 0, 0, 0], FrameError::TooShort),
        (vec![0, 0, 0, 1, 9], FrameError::UnknownKind(9)),
    ] {
        let mut decoder = Decoder::new();
        decoder.push(&bytes);
        assert_eq!(decoder.pop(), Err(error));
    }
}

#[test]
fn a_body_beyond_the_limit_is_not_sent() {
    let frame = Frame::Chunk { id: 1, bytes: vec![0; MAX_CHUNK + 1] };
    assert_eq!(frame.to_bytes(), Err(FrameError::TooLong(MAX_CHUNK + 1)));
    assert!(Frame::Chunk { id: 1, bytes: vec![0; MAX_CHUNK] }.to_bytes().is_ok());
}
