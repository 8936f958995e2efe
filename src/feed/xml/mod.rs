//! RSS and Atom.
mod cut;
mod item;
mod names;
#[cfg(test)]
mod tests;
