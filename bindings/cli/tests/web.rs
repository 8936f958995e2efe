//! Pictures over http, from a server of the test's own: what may arrive, what may not, and how long it may take.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{Room, STRICT, png};

/// A server that answers each path in a way of its own, and counts the requests.
struct Server {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counter = counter.clone();
                std::thread::spawn(move || answer(stream, port, &counter));
            }
        });
        Self { port, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// A client that gave up closes the connection, so writing may fail.
fn answer(mut stream: TcpStream, port: u16, requests: &AtomicUsize) {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    reader.read_line(&mut request).unwrap();
    let mut header = String::new();
    while reader.read_line(&mut header).is_ok_and(|n| n > 2) {
        header.clear();
    }
    requests.fetch_add(1, Ordering::SeqCst);
    let path = request.split(' ').nth(1).unwrap_or("").to_owned();
    let ok =
        |body: &[u8]| [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).as_bytes(), body].concat();
    let redirect =
        |to: &str| format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes();
    let picture = png(4, 4, [255, 0, 0, 255]);
    let bytes = match path.split('?').next().unwrap_or("") {
        "/a.png" => ok(&picture),
        "/page.jpg" => ok(b"<!doctype html><title>Not found</title>"),
        "/gone.jpg" => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
        "/moved.jpg" => redirect("/a.png"),
        "/round.jpg" => redirect("/round.jpg"),
        "/inwards.jpg" => redirect(&format!("http://localhost:{port}/a.png")),
        "/to-file.jpg" => redirect("file:///etc/passwd"),
        "/announced.jpg" => b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n".to_vec(),
        "/short.jpg" => [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n".as_slice(), &picture].concat(),
        "/endless.jpg" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\x89PNG\r\n\x1a\n");
            let block = vec![0_u8; 1 << 20];
            while stream.write_all(&block).is_ok() {}
            return;
        }
        "/silent.jpg" => {
            std::thread::sleep(Duration::from_secs(30));
            return;
        }
        "/slow.jpg" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            while stream.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(50));
            }
            return;
        }
        _ => b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec(),
    };
    let _ = stream.write_all(&bytes);
}

fn render(room: &Room, url: &str, more: &[&str]) -> (i32, String) {
    room.file("t.json", STRICT);
    let row = format!("{{ \"image_link\": {url:?} }}");
    let mut arguments = vec!["render", "t.json", "--row", &row, "-o", "x.png"];
    arguments.extend(more);
    let output = room.run(&arguments);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_picture_and_a_redirect_to_it_arrive() {
    let (room, server) = (Room::new("web"), Server::start());
    for path in ["/a.png", "/moved.jpg", "/inwards.jpg"] {
        let (status, said) = render(&room, &server.url(path), &["--allow-private"]);
        assert_eq!(status, 0, "{path}: {said}");
    }
}

#[test]
fn private_addresses_are_refused_before_a_connection_is_made() {
    let (room, server) = (Room::new("private"), Server::start());
    let port = server.port;
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
    ] {
        let (status, said) = render(&room, &format!("http://{host}:{port}/a.png"), &[]);
        assert_eq!(status, 1, "{host}: {said}");
        // A spelling that this system does not resolve is as good as refused.
        let refused = said.contains("the host has a private address, which needs --allow-private");
        assert!(refused || !["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"].contains(&host), "{host}: {said}");
    }
    let (_, said) = render(&room, "http://169.254.169.254/latest/meta-data/x.png", &["--timeout", "2"]);
    assert!(said.contains("private address"), "{said}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 0, "nothing was asked of the server");
}

#[test]
fn what_is_no_picture_is_told_with_its_reason() {
    let (room, server) = (Room::new("answers"), Server::start());
    for (path, why) in [
        ("/page.jpg", "this is an HTML page, not a picture"),
        ("/gone.jpg", "the server answered with status 404"),
        ("/oops.jpg", "the server answered with status 500"),
        ("/round.jpg", "more than 5 redirects"),
        ("/to-file.jpg", ""),
        ("/announced.jpg", "picture has 999999999 bytes, over the limit of 33554432"),
        ("/endless.jpg", "picture has more bytes than the limit of 33554432"),
        ("/short.jpg", ""),
    ] {
        let (status, said) = render(&room, &server.url(path), &["--allow-private"]);
        assert!(status == 1 && said.contains(why), "{path}: {said}");
        assert!(said.starts_with("--row: layers[0]"), "{path}: {said}");
    }
    assert!(!common::exists(room.0.join("x.png")));
}

#[test]
fn a_server_that_is_silent_slow_or_not_there_costs_no_more_than_the_timeout() {
    let (room, server) = (Room::new("timeout"), Server::start());
    for path in ["/silent.jpg", "/slow.jpg"] {
        let started = Instant::now();
        let (status, said) = render(&room, &server.url(path), &["--allow-private", "--timeout", "0.5"]);
        assert!(status == 1 && said.contains("it did not arrive within 0.5 s"), "{path}: {said}");
        assert!(started.elapsed() < Duration::from_secs(8), "{path} took {:?}", started.elapsed());
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (status, said) = render(&room, &format!("http://127.0.0.1:{closed}/a.png"), &["--allow-private"]);
    assert!(status == 1 && said.contains("connection refused"), "{said}");
}

#[test]
fn a_feed_asks_once_for_a_row_and_again_only_for_what_failed() {
    let (room, server) = (Room::new("web-feed"), Server::start());
    room.file("t.json", common::CARD);
    let (good, bad) = (server.url("/a.png"), server.url("/gone.jpg"));
    room.file("f.csv", format!("id,image_link\na,{good}\nb,{bad}\n"));
    let arguments = ["feed", "t.json", "f.csv", "--out", "out", "--variant", "default", "--variant", "tall", "--allow-private"];
    let said = room.says(0, &arguments);
    assert!(said.contains("2 rows in 2 variants: 4 drawn, 0 unchanged, 0 failed"), "{said}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 2, "one request for both variants of a row");
    let said = room.says(0, &arguments);
    assert!(said.contains("2 drawn, 2 unchanged"), "a picture that the web refused is tried again: {said}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 3);
}
