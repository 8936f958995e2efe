//! Who may go on now, who waits, who is sent away: state machines of plain old data that a host may keep in shared memory, with time as an
//! argument.
