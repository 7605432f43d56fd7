//! A connection whose other end has to read: who asks for much and takes it in drops would keep the answer, and the connection, for ever.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

/// How long a visitor may take nothing at all of what waits for it.
const GRACE: Duration = Duration::from_secs(20);
/// And how much it has to take in each second after that, on the average.
const BYTES_PER_SECOND: u64 = 2048;

/// A connection that breaks when what is written to it is not taken in time.
pub struct WriteDeadline {
    stream: TcpStream,
    /// What the visitor has to take, while something waits.
    backlog: Option<Backlog>,
}

struct Backlog {
    since: Instant,
    taken: u64,
    end: Pin<Box<Sleep>>,
}

impl WriteDeadline {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, backlog: None }
    }

    /// Notes how a write went; fails it when its time is over.
    fn note(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            if let (Some(backlog), Ok(bytes)) = (&mut self.backlog, &written) {
                backlog.taken += *bytes as u64;
            }
            return Poll::Ready(written);
        }
        let backlog = self.backlog.get_or_insert_with(|| {
            let since = Instant::now();
            Backlog { since, taken: 0, end: Box::pin(tokio::time::sleep_until(since + GRACE)) }
        });
        backlog.end.as_mut().reset(backlog.since + GRACE + Duration::from_secs(backlog.taken / BYTES_PER_SECOND));
        ready!(backlog.end.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for WriteDeadline {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for WriteDeadline {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note(cx, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.note(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// It is called once everything was written: nothing waits any more.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.backlog = None;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
