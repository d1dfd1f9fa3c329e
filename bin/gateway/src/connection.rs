//! Connections that end when their client is too slow.
//!
//! The HTTP layer times only the head of a connection's first request. Here every later head has its deadline too, and
//! every answer: whoever begins a request and does not finish its head, or does not take in an answer, loses the
//! connection. Bodies have theirs in [`intake`](crate::middleware::intake), where a slow one can still be told so.

use std::cell::Cell;
use std::io::{ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use assembly::settings::HttpSettings;

/// What a connection waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// The client's next request.
    Request,
    /// Our answer, however long that takes: what works on it has deadlines of its own.
    Answer,
    /// The client, to take in the answer.
    Delivery,
    /// Nothing: the answer has no end, and only a client that takes in none of it is waited for.
    Stream,
}

/// A connection as the requests on it know it.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Rc<Cell<(u64, Phase)>>);

/// An answer on its way: delivered when this is dropped.
#[derive(Debug)]
pub(crate) struct Delivery(Progress);

impl Progress {
    fn enter(&self, phase: Phase) {
        let (step, _) = self.0.get();
        self.0.set((step.wrapping_add(1), phase));
    }

    /// A request's head has arrived.
    pub(crate) fn requested(&self) {
        self.enter(Phase::Answer);
    }

    /// The answer is there, and begins to be sent.
    pub(crate) fn answered(&self) -> Delivery {
        self.enter(Phase::Delivery);
        Delivery(self.clone())
    }
}

impl Delivery {
    /// It has no end.
    pub(crate) fn never_ends(&self) {
        self.0.enter(Phase::Stream);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.0.enter(Phase::Request);
    }
}

/// A connection that can be given up.
pub(crate) trait Abandon {
    /// Throws away what the client has not taken in, now and when the connection is dropped.
    fn abandon(&self);
}

impl Abandon for TcpStream {
    fn abandon(&self) {
        // Otherwise the system would go on offering it for minutes.
        let _ = self.set_zero_linger();
    }
}

/// A stream with deadlines.
#[derive(Debug)]
pub(crate) struct Timed<S> {
    stream: S,
    progress: Progress,
    /// The step of `progress` that the timer was set for.
    step: u64,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer counts.
    armed: bool,
    /// Whether the present timer was set by the first bytes of a request.
    begun: bool,
    /// Whether the client has not taken in what was written.
    blocked: bool,
    head: Duration,
    send: Duration,
    idle: Duration,
}

impl<S: Abandon> Timed<S> {
    pub(crate) fn new(stream: S, settings: &HttpSettings) -> Self {
        Self {
            stream,
            progress: Progress(Rc::new(Cell::new((0, Phase::Request)))),
            step: 0,
            timer: Box::pin(sleep_until(Instant::now())),
            armed: false,
            begun: false,
            blocked: false,
            head: settings.head_timeout,
            send: settings.send_timeout,
            // The HTTP layer ends what is merely idle; this ends what only looks busy.
            idle: settings.idle_timeout + settings.head_timeout,
        }
    }

    /// Lets requests find the connection's progress.
    pub(crate) fn introduce(&self, extensions: &mut Extensions) {
        extensions.insert(self.progress.clone());
    }

    fn set(&mut self, wait: Duration) {
        self.armed = true;
        self.timer.as_mut().reset(Instant::now() + wait);
    }

    /// Follows the connection's progress, and fails once its deadline has passed.
    fn check(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let (step, phase) = self.progress.0.get();
        if step != self.step {
            self.step = step;
            self.begun = false;
            match phase {
                Phase::Stream if self.blocked => self.set(self.send),
                Phase::Answer | Phase::Stream => self.armed = false,
                Phase::Delivery => self.set(self.send),
                Phase::Request => self.set(if self.blocked { self.send } else { self.idle }),
            }
        }
        if self.armed && self.timer.as_mut().poll(cx).is_ready() {
            if self.blocked {
                self.stream.abandon();
            }
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    fn phase(&self) -> Phase {
        self.progress.0.get().1
    }
}

impl<S: AsyncRead + Abandon + Unpin> AsyncRead for Timed<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let waiting = this.phase() == Phase::Request && !this.begun && !this.blocked;
        if waiting && buf.filled().len() > before {
            this.begun = true;
            this.set(this.head);
            this.check(cx)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Abandon + Unpin> Timed<S> {
    /// Notes whether the client has taken in what was written.
    fn wrote<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<Result<T>>) -> Poll<Result<T>> {
        if outcome.is_pending() && !self.blocked {
            self.blocked = true;
            if matches!(self.phase(), Phase::Request | Phase::Stream) {
                self.set(self.send);
                self.check(cx)?;
            }
        }
        outcome
    }
}

impl<S: AsyncWrite + Abandon + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        this.check(cx)?;
        let outcome = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.wrote(cx, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let this = self.get_mut();
        this.check(cx)?;
        let outcome = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.wrote(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// The HTTP layer flushes only when the stream has taken everything.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        if this.blocked {
            this.blocked = false;
            match this.phase() {
                Phase::Request => this.set(this.idle),
                Phase::Stream => this.armed = false,
                Phase::Answer | Phase::Delivery => {}
            }
        }
        this.check(cx)?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
