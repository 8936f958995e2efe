//! Who may go on now, who waits, who is sent away: a state and the time come in, an answer goes out.
//!
//! ```text
//! token_bucket    so many a second of one tenant or one origin, with bursts
//! slow_template   whether a template's pictures are slow to fetch
//! gate            so many at once, and so many that wait for it
//! ```
//!
//! All are plain old data of a fixed layout without pointers, and memory full of noughts is their start: a host may keep them in a map behind
//! a lock, or in memory that several processes share, in a slab or a table. Time is an argument, in milliseconds since any moment, so that
//! a test plays an hour in no time; it may go backwards or jump, and each says what it makes of that. Whose state is
//! which (a tenant's, an origin's, a template's) is the host's to say.

mod gate;
mod slow_template;
mod token_bucket;

pub use gate::{Admission, Gate, GateLimits};
pub use slow_template::SlowTemplate;
pub use token_bucket::{Rate, TokenBucket};
