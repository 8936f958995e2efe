//! The fetcher against origins that are slow, broken, lying or hostile, each with the answer that is expected.

mod origin;

use std::io::Write;
use std::time::{Duration, Instant};

use core_::OriginPolicy;
use flate2::write::GzEncoder;
use origin::{Asked, Origin, Then, Wire, authority, everywhere, ms, png, raw, redirect, say};
use templrender_host::{FetchOptions, Fetched, Fetcher, Refusal, Validators};

proptest::proptest! {
    /// Whatever a policy passes can be put into a request, and means the same there.
    #[test]
    fn every_url_that_a_policy_passes_can_be_asked_for(tail in "[/?][ -~é-ü中]{0,40}") {
        if let Ok(url) = everywhere().check(&format!("http://EXAMPLE.com:8080{tail}")) {
            let uri: http::Uri = url.as_str().parse().unwrap();
            proptest::prop_assert_eq!(uri.authority().unwrap().as_str(), "example.com:8080");
            let rest = url.as_str().strip_prefix("http://example.com:8080").unwrap();
            proptest::prop_assert_eq!(uri.path_and_query().unwrap().as_str().trim_start_matches('/'), rest.trim_start_matches('/'));
        }
    }
}

const LIMIT: usize = 100_000;

fn options() -> FetchOptions {
    FetchOptions { timeout: ms(5_000), max_bytes: LIMIT, allow_private: true, ..FetchOptions::default() }
}

fn fetcher() -> Fetcher {
    Fetcher::new(options())
}

async fn get(origin: &Origin, path: &str) -> Result<Fetched, Refusal> {
    fetcher().get(&origin.url(path), &everywhere(), None).await
}

async fn refusal(origin: &Origin, path: &str) -> Refusal {
    get(origin, path).await.expect_err(path)
}

fn body(fetched: Fetched) -> Vec<u8> {
    match fetched {
        Fetched::Picture { bytes, .. } => bytes.into(),
        Fetched::Unchanged { .. } => panic!("nothing was known"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn nothing_is_said_but_what_is_asked_for() {
    let origin = Origin::start(|_, wire| say(wire, "200 OK", "Set-Cookie: a=b\r\n", &png(0)));
    let fetcher = fetcher();
    for _ in 0..2 {
        let fetched = fetcher.get(&origin.url("/a.png?secret=1"), &everywhere(), None).await.unwrap();
        assert_eq!(body(fetched), png(0));
    }
    let version = env!("CARGO_PKG_VERSION");
    for head in origin.heads() {
        let mut lines: Vec<&str> = head.lines().filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        let host = format!("host: 127.0.0.1:{}", origin.port);
        let agent = format!("user-agent: templrender/{version}");
        assert_eq!(lines, ["accept-encoding: identity", "accept: image/*", "get /a.png?secret=1 http/1.1", &host, &agent]);
    }
    assert_eq!(origin.connections(), 1, "the connection is used again");
}

#[tokio::test]
async fn bodies_arrive_whole_or_not_at_all() {
    let origin = Origin::start(|asked, wire| match asked.path.as_str() {
        "/chunked" => raw(wire, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
        "/to-the-end" => raw(wire, b"HTTP/1.1 200 OK\r\n\r\nabcde"),
        "/longer" => raw(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcdefghij"),
        "/gzip" => say(wire, "200 OK", "Content-Encoding: gzip\r\n", &gzip(b"abcde")),
        "/truncated" => raw(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabcde"),
        "/chunks-end" => raw(wire, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        "/two-lengths" => raw(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 3\r\n\r\nabcde"),
        "/ill-length" => raw(wire, b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcde"),
        "/ill-chunk" => raw(wire, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n"),
        "/huge-chunk" => raw(wire, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n"),
        "/greatest-chunk" => raw(wire, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc\r\n"),
        "/gzip-cut" => say(wire, "200 OK", "Content-Encoding: gzip\r\n", &gzip(&png(9))[..30]),
        "/brotli" => say(wire, "200 OK", "Content-Encoding: br\r\n", b"abcde"),
        other => panic!("{other}"),
    });
    for path in ["/chunked", "/to-the-end", "/longer", "/gzip"] {
        assert_eq!(body(get(&origin, path).await.unwrap()), b"abcde", "{path}");
    }
    for (path, said) in [
        ("/truncated", "the connection ended before the answer did"),
        ("/chunks-end", "the connection ended before the answer did"),
        ("/greatest-chunk", "the connection ended before the answer did"),
        ("/two-lengths", "the answer is not HTTP"),
        ("/ill-length", "the answer is not HTTP"),
        ("/ill-chunk", "the answer is not HTTP"),
        ("/huge-chunk", "the answer is not HTTP"),
        ("/gzip-cut", "the answer's gzip data is broken"),
        ("/brotli", "the answer is compressed in a way that was not asked for"),
    ] {
        let refusal = refusal(&origin, path).await;
        assert_eq!(refusal.to_string(), said, "{path}");
        assert!(refusal.is_transient() && !refusal.is_too_large(), "{path}");
    }
}

#[tokio::test]
async fn what_follows_a_body_belongs_to_no_other_answer() {
    let smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcdeHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    let origin = Origin::start(move |asked, wire| match asked.path.as_str() {
        "/first" => {
            wire.write_all(smuggled).unwrap();
            Then::Keep
        }
        _ => say(wire, "200 OK", "", b"mine!"),
    });
    let fetcher = fetcher();
    for (path, bytes) in [("/first", b"abcde"), ("/second", b"mine!")] {
        assert_eq!(body(fetcher.get(&origin.url(path), &everywhere(), None).await.unwrap()), bytes, "{path}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_or_while_it_comes() {
    let origin = Origin::start(|asked, wire| match asked.path.as_str() {
        "/at-the-limit" => say(wire, "200 OK", "", &[7; LIMIT]),
        "/announced" => raw(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"),
        "/bomb" => say(wire, "200 OK", "Content-Encoding: gzip\r\n", &gzip(&vec![0; 64 << 20])),
        "/endless" | "/endless-chunks" => {
            let chunked = asked.path == "/endless-chunks";
            let header = if chunked { "Transfer-Encoding: chunked\r\n" } else { "" };
            raw(wire, format!("HTTP/1.1 200 OK\r\n{header}\r\n").as_bytes());
            let block = if chunked { [b"1000\r\n".as_slice(), &[0; 0x1000], b"\r\n"].concat() } else { vec![0; 0x1000] };
            while wire.write_all(&block).is_ok() {}
            Then::Close
        }
        other => panic!("{other}"),
    });
    assert_eq!(body(get(&origin, "/at-the-limit").await.unwrap()).len(), LIMIT);
    assert_eq!(refusal(&origin, "/announced").await, Refusal::TooLarge { bytes: Some(999_999_999), limit: LIMIT });
    for path in ["/bomb", "/endless", "/endless-chunks"] {
        let refusal = refusal(&origin, path).await;
        assert_eq!(refusal, Refusal::TooLarge { bytes: None, limit: LIMIT }, "{path}");
        assert!(refusal.is_too_large() && !refusal.is_transient());
    }
}

#[tokio::test]
async fn slow_origins_cost_no_more_than_the_timeout() {
    let drip = |wire: &mut dyn Wire, head: &[u8]| {
        let mut going = wire.write_all(head).is_ok();
        while going {
            going = wire.write_all(b"x").is_ok();
            std::thread::sleep(ms(20));
        }
        Then::Close
    };
    let origin = Origin::start(move |asked, wire| match asked.path.as_str() {
        "/silent" => {
            std::thread::sleep(Duration::from_secs(2));
            Then::Close
        }
        "/slow-head" => drip(wire, b"HTTP/1.1 200 OK\r\nX-Slow: "),
        "/slow-body" => drip(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n"),
        "/slow-chunks" => drip(wire, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"),
        "/slow-redirects" => {
            std::thread::sleep(ms(100));
            redirect(wire, "/slow-redirects")
        }
        other => panic!("{other}"),
    });
    let fetcher = Fetcher::new(FetchOptions { timeout: ms(250), ..options() });
    for path in ["/silent", "/slow-head", "/slow-body", "/slow-chunks", "/slow-redirects"] {
        let started = Instant::now();
        let refusal = fetcher.get(&origin.url(path), &everywhere(), None).await.unwrap_err();
        assert_eq!(refusal.to_string(), "it did not arrive within 0.25 s", "{path}");
        assert!(refusal.is_transient() && started.elapsed() < ms(1_500), "{path} took {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn broken_connections_and_answers_have_their_sentences() {
    let origin = Origin::start(|asked, wire| match asked.path.as_str() {
        "/closed" => Then::Close,
        "/garbage" => raw(wire, b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        "/http-0.9" => raw(wire, b"just bytes"),
        "/status" => raw(wire, b"HTTP/1.1 2xx OK\r\n\r\n"),
        "/head-cut" => raw(wire, b"HTTP/1.1 200 OK\r\nContent-Le"),
        "/long-head" => raw(wire, format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(100_000)).as_bytes()),
        "/many-headers" => raw(wire, format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(1_000)).as_bytes()),
        "/continues" => {
            while wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {}
            Then::Close
        }
        other => panic!("{other}"),
    });
    for (path, said) in [
        ("/closed", "the connection ended before the answer did"),
        ("/garbage", "the answer is not HTTP"),
        ("/http-0.9", "the answer is not HTTP"),
        ("/status", "the answer is not HTTP"),
        ("/head-cut", "the connection ended before the answer did"),
        ("/long-head", "an answer must have at most 100 headers in 32768 bytes, found more"),
        ("/many-headers", "an answer must have at most 100 headers in 32768 bytes, found more"),
    ] {
        let refusal = refusal(&origin, path).await;
        assert_eq!(refusal.to_string(), said, "{path}");
        assert!(refusal.is_transient(), "{path}");
    }
    let fetcher = Fetcher::new(FetchOptions { timeout: ms(200), ..options() });
    let endless = fetcher.get(&origin.url("/continues"), &everywhere(), None).await.unwrap_err();
    assert_eq!(endless, Refusal::Late(ms(200)));
}

#[tokio::test]
async fn a_reset_connection_and_a_closed_port_are_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = everywhere().check(&format!("http://127.0.0.1:{port}/a.png")).unwrap();
    let reset = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        stream.set_zero_linger().unwrap();
        drop((stream, listener));
    });
    let refusal = fetcher().get(&url, &everywhere(), None).await.unwrap_err();
    assert_eq!(refusal.to_string(), "connection reset by peer");
    reset.await.unwrap();
    let refusal = fetcher().get(&url, &everywhere(), None).await.unwrap_err();
    assert_eq!(refusal, Refusal::Connection("connection refused".into()));
    assert!(refusal.is_transient());
}

#[tokio::test]
async fn a_kept_connection_that_its_origin_closed_is_replaced() {
    let origin = Origin::start(|asked, wire| match asked.number {
        // Asked, answered, and closed as the next request arrives.
        0 | 3 => say(wire, "200 OK", "", b"abcde"),
        1 | 4 => Then::Close,
        2 => say(wire, "200 OK", "", b"again"),
        _ => Then::Close,
    });
    let fetcher = fetcher();
    for bytes in [b"abcde", b"again"] {
        assert_eq!(body(fetcher.get(&origin.url("/"), &everywhere(), None).await.unwrap()), bytes);
    }
    assert_eq!((origin.count(), origin.connections()), (3, 2));
    assert_eq!(body(fetcher.get(&origin.url("/"), &everywhere(), None).await.unwrap()), b"abcde");
    // This time the new connection is closed too, which is the origin's answer.
    let refusal = fetcher.get(&origin.url("/"), &everywhere(), None).await.unwrap_err();
    assert_eq!(refusal.to_string(), "the connection ended before the answer did");
    assert_eq!((origin.count(), origin.connections()), (6, 3));
}

#[tokio::test]
async fn statuses_bring_no_picture() {
    let origin = Origin::start(|asked, wire| {
        let status = asked.path.trim_start_matches('/').to_owned();
        say(wire, &format!("{status} X"), "Retry-After: 7\r\n", b"no picture")
    });
    let transient = [408, 425, 429, 500, 502, 503, 504];
    for status in [201, 204, 206, 300, 302, 304, 400, 401, 403, 404, 407, 410, 416, 418, 451].into_iter().chain(transient) {
        let refusal = refusal(&origin, &format!("/{status}")).await;
        assert_eq!(refusal, Refusal::Status { status, retry_after: Some(Duration::from_secs(7)) });
        assert_eq!(refusal.is_transient(), transient.contains(&status), "{status}");
        assert_eq!(refusal.to_string(), format!("the server answered with status {status}"));
    }
    assert_eq!(body(get(&origin, "/203").await.unwrap()), b"no picture");
}

#[tokio::test]
async fn a_picture_that_is_known_is_asked_about() {
    let origin = Origin::start(|asked: &Asked, wire| {
        let told = asked.head.contains("if-none-match: w/\"1\"\r\n")
            && asked.head.contains("if-modified-since: sun, 06 nov 1994 08:49:37 gmt\r\n");
        match asked.path.as_str() {
            "/same" if told => raw(wire, b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=77\r\n\r\n"),
            "/new" if told => say(wire, "200 OK", "ETag: \"2\"\r\nCache-Control: max-age=5, immutable\r\n", b"abcde"),
            _ => panic!("{}", asked.head),
        }
    });
    let known = Validators { etag: Some("W/\"1\"".into()), last_modified: Some("Sun, 06 Nov 1994 08:49:37 GMT".into()) };
    let ask = async |path| fetcher().get(&origin.url(path), &everywhere(), Some(&known)).await.unwrap();
    let Fetched::Unchanged { freshness } = ask("/same").await else { panic!("a 304 is no picture") };
    assert_eq!(freshness.max_age, Some(Duration::from_secs(77)));
    let Fetched::Picture { bytes, validators, freshness } = ask("/new").await else { panic!("a 200 is a picture") };
    assert_eq!((&bytes[..], validators.etag.as_deref(), validators.last_modified), (b"abcde".as_slice(), Some("\"2\""), None));
    assert!(freshness.immutable && freshness.max_age == Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn redirects_are_followed_as_far_as_the_policy_goes() {
    let there = Origin::start(|_, wire| say(wire, "200 OK", "", b"there"));
    let port = there.port;
    let origin = Origin::start(move |asked, wire| match asked.path.as_str() {
        "/a/301" => say(wire, "301 Moved", "Location: ../b\r\n", b""),
        "/a/307" => say(wire, "307 Moved", "Location: /b#part\r\n", b"a body"),
        "/a/308" => say(wire, "308 Moved", "Location: ?q\r\n", b""),
        "/b" | "/a/308?q" => say(wire, "200 OK", "", b"abcde"),
        "/away" => redirect(wire, &format!("http://127.0.0.1:{port}/x")),
        "/nowhere" => say(wire, "302 Found", "", b""),
        "/round" => redirect(wire, "/round"),
        "/to-user" => redirect(wire, "http://user:hunter2@127.0.0.1/"),
        "/to-file" => redirect(wire, "file:///etc/passwd"),
        "/to-data" => redirect(wire, "data:image/png;base64,AAAA"),
        "/to-ftp" => redirect(wire, "ftp://127.0.0.1/"),
        "/to-short" => redirect(wire, "http://0x7f.1/"),
        "/to-number" => redirect(wire, "http://2130706433/"),
        "/to-backslash" => redirect(wire, "http://127.0.0.1\\@example.com/"),
        "/to-bytes" => raw(wire, b"HTTP/1.1 302 Found\r\nLocation: http://\xff/\r\nContent-Length: 0\r\n\r\n"),
        other => panic!("{other}"),
    });
    for path in ["/a/301", "/a/307", "/a/308"] {
        assert_eq!(body(get(&origin, path).await.unwrap()), b"abcde", "{path}");
    }
    assert_eq!(body(get(&origin, "/away").await.unwrap()), b"there");
    assert_eq!(refusal(&origin, "/nowhere").await, Refusal::Status { status: 302, retry_after: None });
    let before = origin.count();
    assert_eq!(refusal(&origin, "/round").await.to_string(), "more than 5 redirects");
    assert_eq!(origin.count() - before, 6);
    for path in ["/to-user", "/to-file", "/to-data", "/to-ftp", "/to-short", "/to-number", "/to-backslash"] {
        let refusal = refusal(&origin, path).await;
        assert!(matches!(refusal, Refusal::Origin(_)) && !refusal.is_transient(), "{path}: {refusal}");
        assert!(!refusal.to_string().contains("hunter2"), "{refusal}");
    }
    assert_eq!(refusal(&origin, "/to-bytes").await.to_string(), "the server redirects to a URL that cannot be read");
    // A list holds for the redirect's target as for the URL itself.
    let list = OriginPolicy::allow([format!("http://127.0.0.1:{}", origin.port)]).unwrap().with_ip_literals();
    assert_eq!(body(fetcher().get(&origin.url("/a/301"), &list, None).await.unwrap()), b"abcde");
    let asked = there.count();
    let refused = fetcher().get(&origin.url("/away"), &list, None).await.unwrap_err();
    assert!(refused.to_string().contains("tenant's list"), "{refused}");
    assert_eq!(there.count(), asked);
}

#[tokio::test]
async fn private_addresses_are_refused_before_a_connection_is_made() {
    let origin = Origin::start(|_, wire| say(wire, "200 OK", "", b"secret"));
    let fetcher = Fetcher::new(FetchOptions { allow_private: false, ..options() });
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
        "169.254.169.254",
        "10.0.0.1",
    ] {
        let url = everywhere().check(&format!("http://{host}:{}/", origin.port)).unwrap();
        let refusal = fetcher.get(&url, &everywhere(), None).await.unwrap_err();
        assert_eq!(refusal, Refusal::PrivateAddress, "{host}");
        assert_eq!(refusal.to_string(), "the host has a private address, which needs --allow-private");
    }
    assert_eq!(origin.connections(), 0);
    let url = everywhere().check("http://there-is-no-such-name.invalid/").unwrap();
    let refusal = fetcher.get(&url, &everywhere(), None).await.unwrap_err();
    assert_eq!(refusal.to_string(), "its host is not known");
}

#[tokio::test]
async fn tls_needs_an_authority_that_is_known_and_the_right_name() {
    let origin = Origin::start_tls(|asked, wire| match asked.path.as_str() {
        "/a.png" => say(wire, "200 OK", "", b"abcde"),
        "/down" => redirect(wire, "http://example.com/a.png"),
        other => panic!("{other}"),
    });
    let plain = Origin::start(|_, wire| raw(wire, b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let knows = Fetcher::new(FetchOptions { root_certificates: vec![authority()], ..options() });
    let ask = async |fetcher: &Fetcher, url: String| fetcher.get(&everywhere().check(&url).unwrap(), &everywhere(), None).await;
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(body(ask(&knows, format!("https://{host}:{}/a.png", origin.port)).await.unwrap()), b"abcde", "{host}");
    }
    for (fetcher, url, said) in [
        (&fetcher(), format!("https://localhost:{}/a.png", origin.port), "no trusted connection: the certificate is of no known authority"),
        (&knows, format!("https://[::ffff:127.0.0.1]:{}/a.png", origin.port), "no trusted connection: the certificate is for another name"),
        (&knows, format!("https://localhost:{}/down", origin.port), "a redirect must not lead from https to http"),
    ] {
        let refusal = ask(fetcher, url).await.unwrap_err();
        assert_eq!(refusal.to_string(), said);
        assert!(!refusal.is_transient());
    }
    let refusal = ask(&knows, format!("https://localhost:{}/a.png", plain.port)).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Tls(_) | Refusal::Connection(_)), "{refusal}");
    let unread = Fetcher::new(FetchOptions { root_certificates: vec![b"none".to_vec()], ..options() });
    let refusal = ask(&unread, format!("https://localhost:{}/a.png", origin.port)).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Tls(_)), "{refusal}");
}
