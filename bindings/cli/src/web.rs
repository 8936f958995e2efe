//! Pictures over http(s) for threads that wait for them: the host library's `Fetcher` behind a small runtime of its own.
//!
//! The fetcher bounds time and bytes and judges every address. A row's URL may name any origin here, in digits too, for the feed and the
//! machine are the same owner's; only private addresses need their permission.

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use core_::OriginPolicy;
use futures_util::StreamExt;
use futures_util::stream::iter;
use templrender_host::{FetchOptions, Fetched, Fetcher, Refusal};
use tokio::runtime::{Builder, Runtime};

/// Pictures that are fetched at the same time for one plan.
const AT_ONCE: usize = 8;
/// Threads that carry TLS for all who wait.
const WORKERS: usize = 2;

/// The web as pictures are fetched from it.
#[derive(Debug)]
pub(crate) struct Web {
    fetcher: Fetcher,
    policy: OriginPolicy,
    /// Started by the first fetch: most commands and templates have none.
    runtime: OnceLock<io::Result<Runtime>>,
}

impl Web {
    /// `timeout` is for one picture, from the name's lookup to the last byte, redirects included.
    pub(crate) fn new(timeout: Duration, max_bytes: usize, allow_private: bool) -> Self {
        let fetcher = Fetcher::new(FetchOptions { timeout, max_bytes, allow_private, ..FetchOptions::default() });
        Self { fetcher, policy: OriginPolicy::any().with_ip_literals(), runtime: OnceLock::new() }
    }

    /// The bytes at each of the URLs, in their order.
    pub(crate) fn get(&self, urls: &[&str]) -> Vec<Result<Vec<u8>, Refusal>> {
        let start = || Builder::new_multi_thread().worker_threads(WORKERS).thread_name("web").enable_all().build();
        match self.runtime.get_or_init(start) {
            Ok(runtime) => runtime.block_on(iter(urls.iter().map(|url| self.fetch(url))).buffered(AT_ONCE).collect()),
            Err(error) => urls.iter().map(|_| Err(Refusal::Connection(crate::failure::io_reason(error)))).collect(),
        }
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>, Refusal> {
        let url = self.policy.check(url).map_err(Refusal::from)?;
        match self.fetcher.get(&url, &self.policy, None).await? {
            Fetched::Picture { bytes, .. } => Ok(bytes.into()),
            // Not without having asked for it.
            Fetched::Unchanged { .. } => Err(Refusal::Status { status: 304, retry_after: None }),
        }
    }
}

impl Drop for Web {
    /// A name that is still looked up keeps a thread, which is not waited for.
    fn drop(&mut self) {
        if let Some(Ok(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
