//! What a Rust host needs around templrender.
