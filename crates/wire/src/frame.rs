//! Bytes on the channel: `u32` length (big endian, of what follows), `u8` kind, body.
//!
//! Kind 0 is one JSON message. Kind 1 is a piece of a stream: `u64` request id (big endian), then bytes.

/// Most bytes of one JSON message.
pub const MAX_JSON: usize = 1 << 20;
/// Most bytes of a stream in one frame. Senders cut files into pieces of this size.
pub const MAX_CHUNK: usize = 256 << 10;
/// How much of one stream may be on its way before its receiver gives credit for more. Covers a gigabit at 60 ms.
pub const WINDOW: u64 = 8 << 20;

const KIND_JSON: u8 = 0;
const KIND_CHUNK: u8 = 1;
const ID_LEN: usize = 8;

/// One unit on the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A [`crate::message::ToNode`] or [`crate::message::FromNode`] as JSON text.
    Json(Vec<u8>),
    /// The next piece of the stream of request `id`, in either direction.
    Chunk {
        /// The request that the stream belongs to.
        id: u64,
        /// At most [`MAX_CHUNK`] bytes.
        bytes: Vec<u8>,
    },
}

/// The other side broke the rules of the channel. There is no way to find the next frame: close it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameError {
    /// A frame longer than its kind allows (length in bytes).
    TooLong(usize),
    /// A frame too short to hold its own head.
    TooShort,
    /// A kind that does not exist.
    UnknownKind(u8),
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong(n) => write!(f, "a frame of {n} bytes is too long"),
            Self::TooShort => f.write_str("a frame is too short to hold its head"),
            Self::UnknownKind(k) => write!(f, "frame kind {k} does not exist"),
        }
    }
}

impl std::error::Error for FrameError {}

impl Frame {
    /// Appends the frame's bytes to `out`. Refuses a body longer than its kind allows.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        match self {
            Self::Json(body) => {
                within(body.len(), MAX_JSON)?;
                head(out, body.len(), KIND_JSON);
                out.extend_from_slice(body);
            }
            Self::Chunk { id, bytes } => {
                within(bytes.len(), MAX_CHUNK)?;
                head(out, ID_LEN + bytes.len(), KIND_CHUNK);
                out.extend_from_slice(&id.to_be_bytes());
                out.extend_from_slice(bytes);
            }
        }
        Ok(())
    }

    /// The frame's bytes in a new buffer.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FrameError> {
        let mut out = Vec::new();
        self.encode(&mut out)?;
        Ok(out)
    }
}

fn within(len: usize, most: usize) -> Result<(), FrameError> {
    if len > most { Err(FrameError::TooLong(len)) } else { Ok(()) }
}

fn head(out: &mut Vec<u8>, body: usize, kind: u8) {
    // Cannot overflow: the body was checked against a limit far below u32::MAX.
    out.extend_from_slice(&((body + 1) as u32).to_be_bytes());
    out.push(kind);
}

/// Cuts incoming bytes into frames. Feed it with [`Decoder::push`], drain it with [`Decoder::pop`].
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
}

impl Decoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came from the channel, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` until more bytes come.
    pub fn pop(&mut self) -> Result<Option<Frame>, FrameError> {
        let rest = &self.buffer[self.start..];
        let Some((length, after)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        within(length, 1 + ID_LEN + MAX_JSON)?;
        if length == 0 {
            return Err(FrameError::TooShort);
        }
        let Some((&kind, _)) = after.split_first() else { return Ok(None) };
        match kind {
            KIND_JSON => within(length - 1, MAX_JSON)?,
            KIND_CHUNK if length <= ID_LEN => return Err(FrameError::TooShort),
            KIND_CHUNK => within(length - 1 - ID_LEN, MAX_CHUNK)?,
            other => return Err(FrameError::UnknownKind(other)),
        }
        let Some(whole) = after.get(..length) else { return Ok(None) };
        let frame = read_body(kind, &whole[1..])?;
        self.start += 4 + length;
        Ok(Some(frame))
    }

    /// True when no bytes of an unfinished frame are left, as at a clean end of the channel.
    pub fn is_empty(&self) -> bool {
        self.start == self.buffer.len()
    }
}

fn read_body(kind: u8, body: &[u8]) -> Result<Frame, FrameError> {
    if kind == KIND_JSON {
        return Ok(Frame::Json(body.to_vec()));
    }
    let (id, bytes) = body.split_first_chunk::<ID_LEN>().ok_or(FrameError::TooShort)?;
    Ok(Frame::Chunk { id: u64::from_be_bytes(*id), bytes: bytes.to_vec() })
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
