//! So many at once, and so many that wait: two counts. Who waits, and how one that waits is woken, is the host's.

/// How many may be inside of a gate, and before it.
///
/// ```
/// use templrender::GateLimits;
/// let limits = GateLimits { running: 8, waiting: 100 };
/// assert_eq!(limits, GateLimits { running: 8, ..limits });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct GateLimits {
    /// How many run at once; of 0, none.
    pub running: u32,
    /// How many may wait.
    pub waiting: u32,
}

/// What a gate says to one that comes.
///
/// ```
/// use templrender::{Admission, Gate, GateLimits};
/// let limits = GateLimits { running: 1, waiting: 0 };
/// let mut gate = Gate::default();
/// assert_eq!((gate.enter(limits), gate.enter(limits)), (Admission::Run, Admission::Refuse));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub enum Admission {
    /// Go on, and [`leave`](Gate::leave) when done.
    Run,
    /// Wait until one that leaves hands its place over, or [`give_up`](Gate::give_up).
    Wait,
    /// Go away.
    Refuse,
}

/// Lets so many run at once and so many wait for it.
///
/// Three 32-bit numbers; all noughts is an empty gate. Each that got [`Run`](Admission::Run) leaves once. Each that got
/// [`Wait`](Admission::Wait) is either let in (a `true` of [`leave`](Self::leave) or [`admit`](Self::admit): the host picks one that waits
/// and wakes it, and that one leaves once, even if it has no more use for its place) or gives up once. State and queue are
/// to be changed under one lock, so that nobody gives up who was just picked. Nobody that comes is let in before one that waits, and no place stays empty while
/// somebody waits, as long as the limits stay; after they changed, the host calls `admit` until it is `false`.
///
/// ```
/// use templrender::{Admission, Gate, GateLimits};
/// let limits = GateLimits { running: 1, waiting: 2 };
/// let mut gate = Gate::default();
/// assert_eq!(gate.enter(limits), Admission::Run);
/// assert_eq!(gate.enter(limits), Admission::Wait);
/// assert_eq!(gate.enter(limits), Admission::Wait);
/// assert_eq!(gate.enter(limits), Admission::Refuse);
/// gate.give_up();
/// assert!(gate.leave(), "the one that waits runs now");
/// assert_eq!((gate.running(), gate.waiting()), (1, 0));
/// assert!(!gate.leave());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C)]
pub struct Gate {
    running: u32,
    waiting: u32,
    /// How many may run, as it was said last.
    limit: u32,
}

impl Gate {
    /// One comes.
    pub fn enter(&mut self, limits: GateLimits) -> Admission {
        self.limit = limits.running;
        if self.waiting == 0 && self.running < self.limit {
            self.running += 1;
            Admission::Run
        } else if self.limit > 0 && self.waiting < limits.waiting {
            self.waiting += 1;
            Admission::Wait
        } else {
            Admission::Refuse
        }
    }

    /// One that ran is done; whether one that waits runs in its place.
    pub fn leave(&mut self) -> bool {
        self.running = self.running.saturating_sub(1);
        self.hand_over()
    }

    /// One that waited, and was not let in, goes away.
    pub fn give_up(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Whether one that waits may run now, for hosts whose limits changed.
    pub fn admit(&mut self, limits: GateLimits) -> bool {
        self.limit = limits.running;
        self.hand_over()
    }

    /// How many run.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// How many wait.
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    fn hand_over(&mut self) -> bool {
        let free = self.waiting > 0 && self.running < self.limit;
        if free {
            self.waiting -= 1;
            self.running += 1;
        }
        free
    }
}
