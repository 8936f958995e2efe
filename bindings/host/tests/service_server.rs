//! The service behind a socket: clients that are slow, silent, gone or too many, and an end that cuts nothing off.

mod kitchen;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kitchen::{Kitchen, RED, Reply, heavy, png};
use templrender_host::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// A kitchen that serves.
struct Open {
    kitchen: Kitchen,
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Open {
    async fn new(prepare: impl FnOnce(&mut Config)) -> Self {
        let kitchen = Kitchen::new(|room, config| {
            room.file("templates/heavy/template.json", heavy(400));
            room.file("templates/huge/template.json", heavy(4_000));
            prepare(config);
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let serving = tokio::spawn(kitchen.service.clone().serve(listener, async { drop(ended.await) }));
        Self { kitchen, address, end: Some(end), serving }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn ask(&self, target: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(request(target).as_bytes()).await.unwrap();
        stream
    }

    async fn comes(&self, series: &str, wanted: f64) -> bool {
        for _ in 0..150 {
            if (self.kitchen.metric(series).await - wanted).abs() < 1e-9 {
                return true;
            }
            sleep(Duration::from_millis(20)).await;
        }
        false
    }

    fn end(&mut self) {
        self.end.take().unwrap().send(()).unwrap();
    }
}

fn request(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// One answer of a connection that stays open: its head in lower case and its body.
async fn answer(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut all = Vec::new();
    loop {
        let mut block = [0; 4_096];
        let read = timeout(Duration::from_secs(10), stream.read(&mut block)).await.unwrap().unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&block[..read]);
        let Some(split) = all.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(all[..split].to_vec()).unwrap().to_ascii_lowercase();
        let length: usize = head.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
        if all.len() >= split + 4 + length {
            return (head, all[split + 4..].to_vec());
        }
    }
}

/// How long until the other side closes the connection.
async fn closed(stream: &mut TcpStream, most: Duration) -> Option<Duration> {
    let started = Instant::now();
    let mut block = [0; 65_536];
    timeout(most, async { while stream.read(&mut block).await.is_ok_and(|n| n > 0) {} }).await.ok()?;
    Some(started.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_has_to_arrive_in_time_and_a_connection_may_wait_for_its_next_request() {
    let open =
        Open::new(|config| (config.header_timeout, config.keep_alive) = (Duration::from_millis(300), Duration::from_millis(1_200))).await;
    let mut slow = open.connect().await;
    let started = Instant::now();
    // A byte now and then does not help.
    let dripping = async {
        for byte in request("/healthz").repeat(10).bytes() {
            if slow.write_all(&[byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(60)).await;
        }
    };
    let mut idle = open.ask("/healthz").await;
    assert!(answer(&mut idle).await.0.starts_with("http/1.1 200"));
    dripping.await;
    assert!((Duration::from_millis(300)..Duration::from_millis(1_000)).contains(&started.elapsed()), "{:?}", started.elapsed());
    idle.write_all(request("/healthz").as_bytes()).await.unwrap();
    assert!(answer(&mut idle).await.0.starts_with("http/1.1 200"), "open after {:?}", started.elapsed());
    let waited = closed(&mut idle, Duration::from_secs(5)).await.unwrap();
    assert!((Duration::from_millis(1_000)..Duration::from_millis(2_000)).contains(&waited), "{waited:?}");
    // Also one that never asks.
    let mut silent = open.connect().await;
    assert!(closed(&mut silent, Duration::from_secs(5)).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_left() {
    let open = Open::new(|config| config.write_timeout = Duration::from_millis(400)).await;
    let mut stream = open.connect().await;
    let all = request("/metrics").repeat(4_000);
    // More answers than the buffers between the two hold.
    let _ = timeout(Duration::from_millis(600), stream.write_all(all.as_bytes())).await;
    assert!(open.comes("templrender_connections", 0.0).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_is_too_large_is_refused() {
    let open = Open::new(|_| {}).await;
    let mut stream = open.connect().await;
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(100_000));
    // It may be refused before all of it was sent.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut said = Vec::new();
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut said)).await.unwrap();
    let said = String::from_utf8_lossy(&said);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    assert!(open.comes("templrender_connections", 0.0).await);
    assert_eq!(open.kitchen.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_too_many_waits() {
    let open = Open::new(|config| config.max_connections = 2).await;
    let (mut first, mut second) = (open.ask("/healthz").await, open.ask("/healthz").await);
    answer(&mut first).await;
    answer(&mut second).await;
    let mut third = open.ask("/healthz").await;
    let mut byte = [0];
    assert!(timeout(Duration::from_millis(200), third.peek(&mut byte)).await.is_err(), "nobody is there yet");
    drop(first);
    assert!(answer(&mut third).await.0.starts_with("http/1.1 200"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_waits_for_is_not_drawn() {
    let open = Open::new(|config| config.render_threads = 1).await;
    let stream = open.ask("/acme/huge.png?tint=red").await;
    assert!(open.comes("templrender_queue_seconds_count", 1.0).await, "its drawing has begun");
    drop(stream);
    assert!(open.comes("templrender_renders_total{result=\"cancelled\"}", 1.0).await);
    assert!(open.comes("templrender_requests_total{status=\"499\"}", 1.0).await);
    // One who waits with another keeps the drawing alive.
    let gone = open.ask("/acme/heavy.png?tint=blue").await;
    let mut waits = open.ask("/acme/heavy.png?tint=blue").await;
    sleep(Duration::from_millis(50)).await;
    drop(gone);
    assert!(answer(&mut waits).await.0.starts_with("http/1.1 200"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_is_told_and_lets_requests_end() {
    let mut open = Open::new(|config| config.drain_delay = Duration::from_millis(400)).await;
    open.kitchen.origin.says("/slow.png", Reply::picture(png(6, 6, RED)).after(Duration::from_millis(1_000)));
    let target = open.kitchen.target("strict", "/slow.png");
    let mut asked = open.ask(&target).await;
    let mut idle = open.ask("/healthz").await;
    assert!(answer(&mut idle).await.0.starts_with("http/1.1 200"));
    open.end();
    sleep(Duration::from_millis(100)).await;
    // The listener is still open, and says that it will not be.
    let mut asks = open.ask("/healthz").await;
    assert!(answer(&mut asks).await.0.starts_with("http/1.1 503"));
    assert!(closed(&mut idle, Duration::from_secs(2)).await.is_some());
    sleep(Duration::from_millis(50)).await;
    assert!(TcpStream::connect(open.address).await.is_err());
    let (head, body) = answer(&mut asked).await;
    assert!(head.starts_with("http/1.1 200") && head.contains("connection: close"), "{head}");
    assert!(body.starts_with(b"\x89PNG"));
    assert!(timeout(Duration::from_secs(2), open.serving).await.unwrap().unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_waits_only_so_long() {
    let mut open = Open::new(|config| config.drain_timeout = Duration::from_millis(300)).await;
    open.kitchen.origin.says("/slow.png", Reply::picture(png(6, 6, RED)).after(Duration::from_secs(3)));
    let mut asked = open.ask(&open.kitchen.target("strict", "/slow.png")).await;
    sleep(Duration::from_millis(100)).await;
    open.end();
    let ended = timeout(Duration::from_secs(2), open.serving).await.unwrap().unwrap();
    assert_eq!(ended.unwrap_err().to_string(), "1 connections were cut off after 0.3 s");
    assert!(closed(&mut asked, Duration::from_secs(1)).await.is_some());
}
