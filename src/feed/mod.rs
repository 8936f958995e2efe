//! Feeds.
mod xml;
