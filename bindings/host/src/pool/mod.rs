//! The threads that render: off the async threads, bounded, fair between lanes.
//!
//! In: jobs, each with a lane and perhaps a deadline. Out: what the job gave, or a [`PoolError`]. A job gets the [`Scratch`] of the thread
//! that runs it and a flag that is set when nobody waits for it any more; core's `Guard` reads that flag.
//!
//! A lane is a template or a tenant. Lanes share threads, not jobs: the next job is one of the lane that has the fewest running, so that a
//! thousand slow jobs of one lane cost another lane at most the job that is running. A full queue takes the newest job of the lane that has
//! most of them before it refuses a shorter lane: a flood fills the queue with its own.

mod job;
pub(crate) mod lanes;
mod queue;

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use core_::Scratch;
use tokio::sync::{oneshot, watch};

use job::{Counts, Job};
use queue::{Entered, Queue};

/// What a thread may use for its stack: layouts are recursive.
const STACK_BYTES: usize = 16 << 20;

/// How many threads, and how long a queue.
///
/// ```
/// use templrender_host::PoolOptions;
/// let options = PoolOptions { queue: 64, ..PoolOptions::default() };
/// assert!(options.threads >= 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOptions {
    /// Threads; at least one is started.
    ///
    /// Default: as many as the process may run at once
    pub threads: usize,
    /// Jobs that may wait while all threads are busy.
    ///
    /// Default: 128
    pub queue: usize,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { threads: std::thread::available_parallelism().map_or(1, usize::from), queue: 128 }
    }
}

/// Threads that render. Clones share them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use core_::{Context, Fonts, Renderer, Resources, Row, Template};
/// use templrender_host::{Pool, PoolOptions};
/// let pool = Pool::new(PoolOptions { threads: 2, queue: 8 })?;
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 5], "layers": [] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
/// let lane = 1;
/// let rendered = pool.run(lane, None, move |scratch, _cancel| renderer.render(&plan, &Resources::new(), scratch)).await??;
/// assert_eq!(rendered.frame.width(), 9);
/// pool.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Pool {
    owner: Arc<Owner>,
}

/// Why a job gave nothing.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use templrender_host::{Pool, PoolError, PoolOptions};
/// let pool = Pool::new(PoolOptions { threads: 1, queue: 1 })?;
/// let late = std::time::Instant::now();
/// assert_eq!(pool.run(1, Some(late), |_, _| 5).await, Err(PoolError::Deadline));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolError {
    /// The queue was full, or was filled by shorter lanes afterwards.
    Full,
    /// The deadline passed before the job began.
    Deadline,
    /// The job panicked; the panic's text.
    Panicked(String),
    /// The pool was shut down before the job began.
    Closed,
}

/// What a pool does and did.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use templrender_host::{Pool, PoolOptions, PoolStats};
/// let pool = Pool::new(PoolOptions { threads: 2, queue: 8 })?;
/// assert_eq!(pool.stats(), PoolStats { threads: 2, ..PoolStats::default() });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolStats {
    /// Threads that live.
    pub threads: usize,
    /// Jobs that run now.
    pub running: usize,
    /// Jobs that wait now.
    pub waiting: usize,
    /// Lanes that have a job now.
    pub lanes: usize,
    /// Jobs that ran to their end.
    pub done: u64,
    /// Jobs that panicked.
    pub panicked: u64,
    /// Jobs that were refused for want of room.
    pub refused: u64,
    /// Jobs whose deadline passed before they began.
    pub expired: u64,
    /// Jobs whose asker went away before they began.
    pub abandoned: u64,
}

impl Pool {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn new(options: PoolOptions) -> io::Result<Self> {
        let threads = options.threads.max(1);
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::new(threads, options.queue)),
            wake: Condvar::new(),
            alive: watch::Sender::new(0),
            counts: Counts::default(),
        });
        // Shuts down what was started if one cannot be started.
        let pool = Self { owner: Arc::new(Owner(shared.clone())) };
        for number in 0..threads {
            let alive = Alive::new(shared.clone());
            std::thread::Builder::new()
                .name(format!("templrender-render-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || work(&alive.0))?;
        }
        Ok(pool)
    }

    /// Runs a job on one of the threads, when it is its turn.
    ///
    /// Dropped before the job began, this takes the job out of the queue; dropped after, it sets the flag that the job was given, and what
    /// the job gives is dropped.
    ///
    /// # Errors
    /// [`PoolError`] tells them all.
    pub async fn run<T, F>(&self, lane: u64, deadline: Option<Instant>, job: F) -> Result<T, PoolError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Scratch, &AtomicBool) -> T + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let cancel = Arc::new(AtomicBool::new(false));
        let job = Job::new(deadline, cancel.clone(), job, tell);
        let shared = &self.owner.0;
        let number = shared.enter(lane, job)?;
        let mut ticket = Ticket { shared, lane, number, cancel, over: false };
        let answer = told.await;
        ticket.over = true;
        answer.unwrap_or(Err(PoolError::Closed))
    }

    /// What it does and did.
    pub fn stats(&self) -> PoolStats {
        let shared = &self.owner.0;
        let (running, waiting, lanes) = shared.locked().size();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counts { done, panicked, refused, expired, abandoned } = &shared.counts;
        PoolStats {
            threads: *shared.alive.borrow(),
            running,
            waiting,
            lanes,
            done: count(done),
            panicked: count(panicked),
            refused: count(refused),
            expired: count(expired),
            abandoned: count(abandoned),
        }
    }

    /// Takes no more jobs, answers those that wait with [`PoolError::Closed`], and waits until those that run have ended and the threads
    /// are gone.
    ///
    /// Dropping the last clone does the same without waiting.
    pub async fn shutdown(&self) {
        self.owner.0.close();
        // The sender is here, so that the wait can only end well.
        let _ = self.owner.0.alive.subscribe().wait_for(|alive| *alive == 0).await;
    }
}

/// What the clones share: when the last of them goes, the threads end.
#[derive(Debug)]
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct Shared {
    queue: Mutex<Queue<Job>>,
    wake: Condvar,
    /// Threads that have not ended.
    alive: watch::Sender<usize>,
    counts: Counts,
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, Queue<Job>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job into its lane. What has to go for it is answered after the lock is given back: answers may drop somebody's values.
    fn enter(&self, lane: u64, job: Job) -> Result<u64, PoolError> {
        let now = Instant::now();
        let Entered { number, expired, crowded } = {
            let mut queue = self.locked();
            if !queue.is_open {
                return Err(PoolError::Closed);
            }
            queue.enter(lane, job, |job| job.is_late(now))
        };
        self.wake.notify_one();
        self.counts.refused.fetch_add(u64::from(number.is_none()) + u64::from(crowded.is_some()), Ordering::Relaxed);
        self.counts.expired.fetch_add(expired.len() as u64, Ordering::Relaxed);
        for job in expired {
            job.refuse(PoolError::Deadline);
        }
        if let Some(job) = crowded {
            job.refuse(PoolError::Full);
        }
        number.ok_or(PoolError::Full)
    }

    /// The next job, once there is one; the lane of the job that this thread has just ended counts as busy until then, so that another lane
    /// goes first.
    fn next(&self, mut ended: Option<u64>) -> Option<(u64, Job)> {
        let mut queue = self.locked();
        loop {
            let next = queue.next(ended.take());
            if next.is_some() || !queue.is_open {
                return next;
            }
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        let waiting = {
            let mut queue = self.locked();
            queue.is_open = false;
            queue.take_where(|_| true)
        };
        self.wake.notify_all();
        for job in waiting {
            job.refuse(PoolError::Closed);
        }
    }
}

/// A thread's life.
fn work(shared: &Shared) {
    let mut scratch = Scratch::new();
    let mut ended = None;
    while let Some((lane, job)) = shared.next(ended.take()) {
        ended = Some(lane);
        if !job.run(&mut scratch, &shared.counts) {
            scratch = Scratch::new();
        }
    }
}

/// An asker's hold on a job.
struct Ticket<'a> {
    shared: &'a Shared,
    lane: u64,
    number: u64,
    cancel: Arc<AtomicBool>,
    over: bool,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        self.cancel.store(true, Ordering::Relaxed);
        let job = self.shared.locked().remove(self.lane, self.number);
        if job.is_some() {
            self.shared.counts.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Counts a thread for as long as it lives.
struct Alive(Arc<Shared>);

impl Alive {
    fn new(shared: Arc<Shared>) -> Self {
        shared.alive.send_modify(|alive| *alive += 1);
        Self(shared)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.send_modify(|alive| *alive = alive.saturating_sub(1));
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("threads", &*self.alive.borrow()).field("size", &self.locked().size()).finish_non_exhaustive()
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the render queue is full"),
            Self::Deadline => f.write_str("the deadline passed before the job began"),
            Self::Panicked(text) => write!(f, "the job panicked: {text}"),
            Self::Closed => f.write_str("the pool is shut down"),
        }
    }
}

impl std::error::Error for PoolError {}
