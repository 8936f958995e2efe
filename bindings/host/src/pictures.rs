//! Stand-in.
use std::time::Duration;
use bytes::Bytes;
use core_::{OriginPolicy, PictureUrl};
use crate::cache::Cache;
use crate::fetch::{Fetched, Fetcher, Refusal};
#[derive(Debug, Clone, Default)]
pub struct PicturesOptions {}
#[derive(Clone)]
pub struct Pictures { fetcher: Fetcher }
#[derive(Debug, Clone, Copy)]
pub enum Demand { Fresh, StaleOk }
#[derive(Debug, Clone, Copy)]
pub enum State { Hit, Stale, Miss(Duration), Revalidated(Duration) }
#[derive(Debug, Clone)]
pub struct Found { pub bytes: Bytes, pub hash: [u8; 32], pub state: State, pub immutable: bool, pub fresh_for: Duration }
impl Pictures {
    pub fn new(_: PicturesOptions, fetcher: Fetcher, _: Cache) -> Self { Self { fetcher } }
    pub async fn get(&self, url: &PictureUrl, policy: &OriginPolicy, _: Demand) -> Result<Found, Refusal> {
        match self.fetcher.get(url, policy, None).await? {
            Fetched::Picture { bytes, freshness, .. } => Ok(Found { hash: *blake3::hash(&bytes).as_bytes(), bytes, state: State::Miss(Duration::ZERO), immutable: freshness.immutable, fresh_for: Duration::from_secs(300) }),
            _ => Err(Refusal::UnknownHost),
        }
    }
}
