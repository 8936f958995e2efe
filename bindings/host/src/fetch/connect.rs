//! Connections, to judged addresses only.
//!
//! The name is resolved here, each of its addresses is judged, and one of those that passed is connected to: nothing resolves it a second
//! time, so a name that changes its mind gains nothing. IP literals in whatever spelling the system reads, and the hosts of redirects, come
//! through here like everything else. TLS goes on top, with the name of the URL.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::ReadBufCursor;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::Service;

use super::refusal::Refusal;
use crate::folder::io_reason;
use core_::is_public_address;

/// Addresses of one name that are tried; the rest is left alone.
const MAX_ADDRESSES: usize = 8;
/// Names that are looked up at the same time. A lookup keeps a thread of the runtime until the system is done with it, though nobody waits for it any more: names whose servers
/// are silent must not take all of them.
const MAX_LOOKUPS: usize = 64;

/// Whether an address may be connected to.
pub(crate) type Judge = Arc<dyn Fn(SocketAddr) -> bool + Send + Sync>;

/// All addresses, or those of the public internet.
pub(crate) fn judge(allow_private: bool) -> Judge {
    Arc::new(move |address| allow_private || is_public_address(address.ip()))
}

/// TLS over judged addresses. Fails for certificates that are none.
pub(crate) fn connector(judged: Judged, more_roots: &[Vec<u8>]) -> Result<HttpsConnector<Judged>, Refusal> {
    let tls = |error: rustls::Error| Refusal::Tls(error.to_string());
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in more_roots {
        roots.add(CertificateDer::from(root.as_slice())).map_err(tls)?;
    }
    // Named here, since another crate of the same program may bring a second provider, and rustls picks none of two.
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(HttpsConnector::from((judged, config)))
}

/// Connects to addresses that may be asked.
#[derive(Clone)]
pub(crate) struct Judged {
    timeout: Duration,
    judge: Judge,
    open: Arc<AtomicUsize>,
    lookups: Arc<Semaphore>,
}

impl Service<Uri> for Judged {
    type Response = Wire;
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, Refused>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refused>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let judged = self.clone();
        Box::pin(async move { judged.connect(&uri).await.map_err(Refused) })
    }
}

impl Judged {
    /// `timeout` is for one connection, from the name's lookup.
    pub(crate) fn new(timeout: Duration, judge: Judge) -> Self {
        Self { timeout, judge, open: Arc::default(), lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }

    /// How many connections are open, idle ones too.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    async fn connect(&self, uri: &Uri) -> Result<Wire, Refusal> {
        let until = Instant::now() + self.timeout;
        let late = |_| Refusal::NoConnection(self.timeout);
        let mut left = tokio::time::timeout_at(until, self.addresses(uri)).await.map_err(late)??;
        let mut refusal = Refusal::UnknownHost;
        while let Some(address) = left.pop_front() {
            // An address that swallows packets leaves the others their share of the time.
            let share = until.saturating_duration_since(Instant::now()) / u32::try_from(left.len()).unwrap_or(0).saturating_add(1);
            refusal = match tokio::time::timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Wire::new(stream, self.open.clone()),
                Ok(Err(error)) => Refusal::Connection(io_reason(&error)),
                Err(_) => Refusal::NoConnection(self.timeout),
            };
        }
        Err(refusal)
    }

    async fn addresses(&self, uri: &Uri) -> Result<VecDeque<SocketAddr>, Refusal> {
        let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let (host, port) = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(default));
        let literal = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let found: Vec<SocketAddr> = match literal {
            Some(literal) => literal.parse::<Ipv6Addr>().into_iter().map(|v6| SocketAddr::new(v6.into(), port)).collect(),
            None => self.look_up(host.to_owned(), port).await?,
        };
        choose(found, &self.judge)
    }

    /// What the system's resolver says.
    async fn look_up(&self, host: String, port: u16) -> Result<Vec<SocketAddr>, Refusal> {
        let permit = self.lookups.clone().acquire_owned().await.map_err(|_| Refusal::UnknownHost)?;
        let looked_up = tokio::task::spawn_blocking(move || {
            let found = (host, port).to_socket_addrs();
            drop(permit);
            found
        });
        let found = looked_up.await.map_err(|_| Refusal::UnknownHost)?;
        found.map(Iterator::collect).map_err(|_| Refusal::UnknownHost)
    }
}

/// Those of the addresses that may be connected to, in the order in which they are tried: the resolver's, with IPv6 and IPv4 taking turns.
fn choose(found: Vec<SocketAddr>, judge: &Judge) -> Result<VecDeque<SocketAddr>, Refusal> {
    if found.is_empty() {
        return Err(Refusal::UnknownHost);
    }
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (like_first, other): (VecDeque<_>, VecDeque<_>) = found.into_iter().filter(|a| judge(*a)).partition(|a| a.is_ipv6() == first_is_v6);
    if like_first.is_empty() && other.is_empty() {
        return Err(Refusal::PrivateAddress);
    }
    let longest = like_first.len().max(other.len());
    let turns = (0..longest).flat_map(|i| [like_first.get(i), other.get(i)]).flatten();
    Ok(turns.copied().take(MAX_ADDRESSES).collect())
}

/// Carries a refusal through the client's own error.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Refusal);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

/// Whether a connection has answered before: one that has may be closed by the origin at any moment, which then says nothing about the
/// request that ran into it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used(Arc<AtomicBool>);

impl Used {
    pub(crate) fn mark(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn before(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A TCP connection to a judged address.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TokioIo<TcpStream>,
    used: Used,
    open: Arc<AtomicUsize>,
}

impl Wire {
    fn new(stream: TcpStream, open: Arc<AtomicUsize>) -> Result<Self, Refusal> {
        stream.set_nodelay(true).map_err(|error| Refusal::Connection(io_reason(&error)))?;
        open.fetch_add(1, Ordering::Relaxed);
        Ok(Self { stream: TokioIo::new(stream), used: Used::default(), open })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.used.clone())
    }
}

impl hyper::rt::Read for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn tried(found: &[&str], allow_private: bool) -> Result<Vec<String>, Refusal> {
        let found = found.iter().map(|ip| SocketAddr::new(ip.parse::<IpAddr>().unwrap(), 80)).collect();
        choose(found, &judge(allow_private)).map(|list| list.iter().map(|a| a.ip().to_string()).collect())
    }

    #[test]
    fn only_public_addresses_are_left_and_the_families_take_turns() {
        let found = ["2606:4700::1", "2606:4700::2", "10.0.0.1", "1.1.1.1", "::1", "1.0.0.1", "1.1.1.2"];
        let wanted = ["2606:4700::1", "1.1.1.1", "2606:4700::2", "1.0.0.1", "1.1.1.2"];
        assert_eq!(tried(&found, false).unwrap(), wanted);
        assert_eq!(tried(&["1.1.1.1", "2606:4700::1"], false).unwrap(), ["1.1.1.1", "2606:4700::1"]);
        assert_eq!(tried(&["127.0.0.1", "::1"], true).unwrap(), ["127.0.0.1", "::1"]);
        assert_eq!(tried(&["127.0.0.1", "::ffff:10.0.0.1", "fe80::1"], false), Err(Refusal::PrivateAddress));
        assert_eq!(tried(&[], false), Err(Refusal::UnknownHost));
    }

    #[test]
    fn a_certificate_that_is_none_is_told() {
        let said = connector(Judged::new(Duration::from_secs(1), judge(false)), &[b"no certificate".to_vec()]).err().unwrap();
        assert!(matches!(said, Refusal::Tls(_)), "{said}");
    }
}
