//! How long a connection is waited for: for the head of a request, for the next request, for a client that does not read.
//!
//! Hyper's own timer for heads also runs between two requests, so a connection could not stay open longer than a head may take. Here the
//! stream itself tells what it does: bytes came while nothing was asked (a head has begun), a request is being answered, a write waits for
//! the client. [`Patience::over`] says when one state has lasted too long;
//! whoever drives the connection asks it now and then.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long each state may last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) write: Duration,
}

/// What a connection does: times in milliseconds since the program began to look, 0 where it does not.
#[derive(Debug)]
pub(crate) struct State {
    /// Since when nothing was asked.
    idle_since: AtomicU64,
    /// Since when a head is arriving.
    head_since: AtomicU64,
    /// Since when a write waits.
    write_since: AtomicU64,
    answering: AtomicUsize,
}

impl State {
    fn new() -> Self {
        Self {
            idle_since: AtomicU64::new(now()),
            head_since: AtomicU64::new(0),
            write_since: AtomicU64::new(0),
            answering: AtomicUsize::new(0),
        }
    }

    /// A head has arrived whole.
    pub(crate) fn begin(self: &Arc<Self>) -> Answering {
        self.answering.fetch_add(1, Ordering::AcqRel);
        self.head_since.store(0, Ordering::Release);
        Answering(self.clone())
    }

    /// Whether no request is being read or answered.
    pub(crate) fn is_idle(&self) -> bool {
        self.answering.load(Ordering::Acquire) == 0
            && self.head_since.load(Ordering::Acquire) == 0
            && self.write_since.load(Ordering::Acquire) == 0
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Arc<State>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.idle_since.store(now(), Ordering::Release);
        self.0.answering.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Patience {
    /// Whether a connection has had enough time for what it does; else when to look again.
    pub(crate) fn over(&self, state: &State) -> Result<Duration, &'static str> {
        let now = now();
        let left = |since: &AtomicU64, most: Duration, what: &'static str| {
            let since = since.load(Ordering::Acquire);
            let took = Duration::from_millis(now.saturating_sub(since));
            match since {
                0 => Ok(most),
                _ if took >= most => Err(what),
                _ => Ok(most - took),
            }
        };
        let write = left(&state.write_since, self.write, "a client must read its answer")?;
        if state.answering.load(Ordering::Acquire) > 0 {
            return Ok(write);
        }
        let head = left(&state.head_since, self.head, "the head of a request must arrive in time")?;
        let idle = if state.head_since.load(Ordering::Acquire) == 0 { left(&state.idle_since, self.idle, "idle")? } else { head };
        Ok(write.min(head).min(idle))
    }
}

/// A stream that tells its state.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    pub(crate) state: Arc<State>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, state: Arc::new(State::new()) }
    }

    fn wrote<T>(&self, polled: &Poll<T>) {
        match polled {
            // Only the first of several waits counts.
            Poll::Pending => {
                let _ = self.state.write_since.compare_exchange(0, now(), Ordering::AcqRel, Ordering::Acquire);
            }
            Poll::Ready(_) => self.state.write_since.store(0, Ordering::Release),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let state = &self.state;
        if buffer.filled().len() > before && state.answering.load(Ordering::Acquire) == 0 {
            // A head that has begun goes on.
            let _ = state.head_since.compare_exchange(0, now(), Ordering::AcqRel, Ordering::Acquire);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(&polled);
        polled
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.wrote(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Milliseconds since the first call, from 1 on.
fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since = START.get_or_init(Instant::now).elapsed();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}
