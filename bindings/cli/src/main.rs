//! The `templrender` program.

fn main() {}
