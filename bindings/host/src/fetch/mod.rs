//! Pictures over http(s): bounded in time and bytes, and never from a private address unless the host's owner says otherwise.
//!
//! A URL of a row is somebody else's data. It is asked for nothing but its bytes: no cookies, no credentials, none of a client's headers, no
//! proxy from the environment (which would resolve names in our place). Each redirect passes the tenant's policy and the judgement of
//! addresses again. `connect` judges, `body` counts, `freshness` reads what caches need to know, `reason` says what broke.

mod body;
mod connect;
mod freshness;
mod reason;
mod refusal;

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, USER_AGENT};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use core_::{OriginPolicy, PictureUrl};

use connect::{Judge, Judged, Used};
pub use freshness::{Freshness, Validators};
use reason::{protocol, refusal, was_used};
pub use refusal::Refusal;

/// Of an answer before its body, give or take what is read at once.
const MAX_HEAD_BYTES: usize = 32 << 10;
/// Of an answer; hyper's own default.
const MAX_HEADERS: usize = 100;
/// Connections that wait for another request.
const MAX_IDLE_PER_ORIGIN: usize = 32;
/// With more connections open than this, none is kept for another request: each is a descriptor, and a row may name a new origin each time.
const MAX_OPEN_TO_KEEP: usize = 256;
const IDLE: Duration = Duration::from_secs(30);

/// How pictures are fetched.
///
/// ```
/// use std::time::Duration;
/// use templrender_host::FetchOptions;
/// let patient = FetchOptions { timeout: Duration::from_secs(60), ..FetchOptions::default() };
/// assert_eq!((patient.max_redirects, patient.allow_private), (5, false));
/// ```
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// For one picture, from the name's lookup to the last byte, redirects included.
    ///
    /// Default: 20 s.
    pub timeout: Duration,
    /// For one connection, from the name's lookup.
    ///
    /// Default: 5 s.
    pub connect_timeout: Duration,
    /// Of one picture, after decompression.
    ///
    /// Default: the core's `Limits::max_input_bytes`.
    pub max_bytes: usize,
    /// Redirects that are followed for one picture.
    ///
    /// Default: 5.
    pub max_redirects: u32,
    /// Whether this machine and the local network may be asked too.
    ///
    /// Default: `false`.
    pub allow_private: bool,
    /// What is said in `User-Agent`; left out where it is no header's value.
    ///
    /// Default: `templrender/` and the version.
    pub user_agent: String,
    /// Certificates (DER) of own authorities, beside those that browsers trust.
    ///
    /// Default: none.
    pub root_certificates: Vec<Vec<u8>>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(5),
            max_bytes: core_::Limits::default().max_input_bytes,
            max_redirects: 5,
            allow_private: false,
            user_agent: concat!("templrender/", env!("CARGO_PKG_VERSION")).into(),
            root_certificates: Vec::new(),
        }
    }
}

/// What came of a fetch.
///
/// ```
/// use templrender_host::{Fetched, Freshness};
/// fn bytes(fetched: &Fetched) -> usize {
///     match fetched {
///         Fetched::Picture { bytes, .. } => bytes.len(),
///         Fetched::Unchanged { .. } => 0,
///     }
/// }
/// assert_eq!(bytes(&Fetched::Unchanged { freshness: Freshness::default() }), 0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The bytes, which need not be a picture.
    Picture {
        /// The body, decompressed.
        bytes: Bytes,
        /// What to ask with next time.
        validators: Validators,
        /// For how long it need not be asked.
        freshness: Freshness,
    },
    /// The picture is the one that is known.
    Unchanged {
        /// For how long it need not be asked again.
        freshness: Freshness,
    },
}

/// The web as pictures are fetched from it. Clones share connections.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), core_::Error> {
/// # use core_ as templrender;
/// use templrender::OriginPolicy;
/// use templrender_host::{FetchOptions, Fetcher, Refusal};
/// let fetcher = Fetcher::new(FetchOptions::default());
/// // Names are resolved first; what is judged, and would be connected to, is the address.
/// let policy = OriginPolicy::any();
/// let inwards = policy.check("http://localhost/server-status")?;
/// assert_eq!(fetcher.get(&inwards, &policy, None).await, Err(Refusal::PrivateAddress));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Fetcher {
    options: FetchOptions,
    judged: Judged,
    client: Result<Web, Refusal>,
}

type Web = Client<HttpsConnector<Judged>, Empty<Bytes>>;

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Fetcher {
    /// Root certificates that cannot be read are told by every fetch.
    pub fn new(options: FetchOptions) -> Self {
        let judge = connect::judge(options.allow_private);
        Self::with_judge(options, judge)
    }

    fn with_judge(options: FetchOptions, judge: Judge) -> Self {
        let judged = Judged::new(options.connect_timeout.min(options.timeout), judge);
        let client = connect::connector(judged.clone(), &options.root_certificates).map(|connector| {
            Client::builder(TokioExecutor::new())
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(MAX_IDLE_PER_ORIGIN)
                .http1_max_buf_size(MAX_HEAD_BYTES)
                .http1_max_headers(MAX_HEADERS)
                .build(connector)
        });
        Self { options, judged, client }
    }

    /// What this was made with.
    pub fn options(&self) -> &FetchOptions {
        &self.options
    }

    /// The bytes at a URL, or that they are those which are `known`.
    ///
    /// The policy has passed `url` already; it is asked again for every redirect.
    pub async fn get(&self, url: &PictureUrl, policy: &OriginPolicy, known: Option<&Validators>) -> Result<Fetched, Refusal> {
        let client = self.client.as_ref().map_err(Clone::clone)?;
        let late = |_| Refusal::Late(self.options.timeout);
        tokio::time::timeout(self.options.timeout, self.follow(client, url, policy, known)).await.map_err(late)?
    }

    async fn follow(&self, client: &Web, url: &PictureUrl, policy: &OriginPolicy, known: Option<&Validators>) -> Result<Fetched, Refusal> {
        let mut url = url.clone();
        let mut followed = 0;
        loop {
            let answer = self.ask(client, &url, known).await?;
            let Some(reference) = redirect(&answer)? else { return self.take(answer, known).await };
            if followed == self.options.max_redirects {
                return Err(Refusal::Redirects(followed));
            }
            followed += 1;
            let next = policy.check(&url.resolve(reference)).map_err(Refusal::from)?;
            if url.scheme() == "https" && next.scheme() != "https" {
                return Err(Refusal::Redirect("a redirect must not lead from https to http".into()));
            }
            url = next;
        }
    }

    /// One request, tried again on another connection where a used one was closed under it.
    async fn ask(&self, client: &Web, url: &PictureUrl, known: Option<&Validators>) -> Result<Response<Incoming>, Refusal> {
        let uri: Uri = url.as_str().parse().map_err(|_| Refusal::Origin("its URL cannot be read".into()))?;
        let mut tried = 0;
        loop {
            let mut request = Request::new(Empty::new());
            *request.uri_mut() = uri.clone();
            *request.headers_mut() = self.headers(known);
            let connection = capture_connection(&mut request);
            match client.request(request).await {
                Ok(answer) => {
                    answer.extensions().get::<Used>().inspect(|used| used.mark());
                    if self.judged.open() > MAX_OPEN_TO_KEEP {
                        connection.connection_metadata().as_ref().inspect(|open| open.poison());
                    }
                    return Ok(answer);
                }
                // Each idle connection may be a dead one.
                Err(error) if tried <= MAX_IDLE_PER_ORIGIN && was_used(&error) => tried += 1,
                Err(error) => return Err(refusal(&error)),
            }
        }
    }

    fn headers(&self, known: Option<&Validators>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("image/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let known = known.cloned().unwrap_or_default();
        let said: [(HeaderName, Option<&str>); 3] = [
            (USER_AGENT, Some(&self.options.user_agent)),
            (IF_NONE_MATCH, known.etag.as_deref()),
            (IF_MODIFIED_SINCE, known.last_modified.as_deref()),
        ];
        for (name, value) in said {
            if let Some(value) = value.and_then(|v| HeaderValue::from_str(v).ok()) {
                headers.insert(name, value);
            }
        }
        headers
    }

    async fn take(&self, answer: Response<Incoming>, known: Option<&Validators>) -> Result<Fetched, Refusal> {
        let (head, body) = answer.into_parts();
        let now = SystemTime::now();
        let freshness = Freshness::of(&head.headers, now);
        match head.status {
            StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => {
                let bytes = body::read(&head.headers, body, self.options.max_bytes, protocol).await?;
                Ok(Fetched::Picture { bytes, validators: Validators::of(&head.headers), freshness })
            }
            StatusCode::NOT_MODIFIED if known.is_some_and(|known| !known.is_empty()) => Ok(Fetched::Unchanged { freshness }),
            status => Err(Refusal::Status { status: status.as_u16(), retry_after: freshness::retry_after(&head.headers, now) }),
        }
    }
}

/// The `Location` of an answer that has one to follow.
fn redirect(answer: &Response<Incoming>) -> Result<Option<&str>, Refusal> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers().get(LOCATION) else { return Ok(None) };
    match std::str::from_utf8(location.as_bytes()) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Refusal::Redirect("the server redirects to a URL that cannot be read".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Where only one port counts as public, whatever leads to another one is refused without a connection, names among it.
    #[tokio::test]
    async fn a_redirect_to_a_private_address_is_refused_however_it_is_written() {
        let (public, private) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let (open, closed) = (public.local_addr().unwrap().port(), private.local_addr().unwrap().port());
        let fetcher = Fetcher::with_judge(FetchOptions::default(), Arc::new(move |address| address.port() == open));
        let policy = OriginPolicy::any().with_ip_literals();
        let url = policy.check(&format!("http://localhost:{open}/")).unwrap();
        for host in ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"] {
            let get = fetcher.get(&url, &policy, None);
            let answer = async {
                let (mut wire, _) = public.accept().await.unwrap();
                wire.read_buf(&mut Vec::new()).await.unwrap();
                let head = format!("HTTP/1.1 302 Found\r\nLocation: http://{host}:{closed}/\r\nConnection: close\r\n\r\n");
                wire.write_all(head.as_bytes()).await.unwrap();
            };
            let (refusal, ()) = tokio::join!(get, answer);
            assert_eq!(refusal, Err(Refusal::PrivateAddress), "{host}");
        }
        assert!(tokio::time::timeout(Duration::from_millis(20), private.accept()).await.is_err(), "nothing connected");
    }
}
