//! What the tests of the service share: a folder of templates, an origin that answers as a test says, a clock that jumps, and a service between them.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use templrender_host::{Clock, Config, Service};
use tower::ServiceExt;

#[path = "../common/mod.rs"]
mod common;

pub(crate) use common::Room;

/// How the origin answers a path.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    /// Fewer bytes than are announced.
    pub(crate) cut: bool,
}

impl Reply {
    pub(crate) fn picture(bytes: Vec<u8>) -> Self {
        Self { status: 200, headers: Vec::new(), body: bytes, delay: Duration::ZERO, cut: false }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::picture(Vec::new()) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// A server of the test's own.
pub(crate) struct Origin {
    pub(crate) port: u16,
    replies: Arc<Mutex<HashMap<String, Reply>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Origin {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let replies: Arc<Mutex<HashMap<String, Reply>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (all, log) = (replies.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (all, log) = (all.clone(), log.clone());
                std::thread::spawn(move || drop(answer(&stream, &all, &log)));
            }
        });
        Self { port, replies, asked }
    }

    pub(crate) fn says(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// Answers the requests of one connection; a client that goes away ends it.
fn answer(stream: &TcpStream, replies: &Mutex<HashMap<String, Reply>>, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream.try_clone()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).unwrap_or("").to_owned();
        let mut none_match = None;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? <= 2 {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("if-none-match")
            {
                none_match = Some(value.trim().to_owned());
            }
        }
        log.lock().unwrap().push(path.clone());
        let reply = replies.lock().unwrap().get(&path).cloned().unwrap_or_else(|| Reply::status(404));
        std::thread::sleep(reply.delay);
        let etag = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("etag")).map(|(_, value)| value.clone());
        let unchanged = etag.is_some() && etag == none_match;
        let (status, body) = if unchanged { (304, Vec::new()) } else { (reply.status, reply.body.clone()) };
        let length = if reply.cut { body.len() + 1_000 } else { body.len() };
        let mut head = format!("HTTP/1.1 {status} Said\r\n");
        if status != 304 {
            head.push_str(&format!("Content-Length: {length}\r\n"));
        }
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)?;
        if reply.cut {
            return stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// A picture of one colour.
pub(crate) fn png(width: u32, height: u32, rgba: [u8; 4]) -> Vec<u8> {
    let pixels = rgba.repeat((width * height) as usize);
    core_::Frame::from_rgba(width, height, pixels).unwrap().encode(&core_::Output::png()).unwrap()
}

/// The body of a 10x10 template: a background in the row's tint, and a photo.
fn template(name: &str, layer: &str, more: &str) -> String {
    format!(
        r##"{{ "templrender": 1, "name": "{name}", "size": [10, 10], "background": "{{{{ tint }}}}",
            "fields": {{ "tint": {{ "type": "color", "default": "#ffffff" }}, "photo": {{ "type": "image" }}, "count": {{ "type": "number" }} }},
            "layers": [ {{ "id": "photo", "type": "image", "src": ["{{{{ photo }}}}"], "width": 6, "height": 6{layer} }} ]{more} }}"##
    )
}

/// Draws nothing without its photo.
pub(crate) fn strict(name: &str) -> String {
    template(name, "", r#", "variants": { "wide": { "size": [20, 10] } }"#)
}

/// Leaves out a photo that is not there.
pub(crate) fn lenient(name: &str) -> String {
    template(name, r#", "missing": "hide""#, "")
}

/// Takes long to draw: a blur over many pixels.
pub(crate) fn heavy(side: u32) -> String {
    format!(
        r##"{{ "templrender": 1, "name": "heavy", "size": [{side}, {side}], "background": "{{{{ tint }}}}",
            "fields": {{ "tint": {{ "type": "color", "default": "#ffffff" }} }},
            "layers": [ {{ "type": "box", "width": "100%", "height": "100%", "background": "linear-gradient(red, blue)", "filter": "blur(40px)" }} ] }}"##
    )
}

/// A service over a folder of templates and an origin, with a clock of its own.
pub(crate) struct Kitchen {
    pub(crate) room: Room,
    pub(crate) origin: Origin,
    pub(crate) now_ms: Arc<AtomicU64>,
    pub(crate) service: Service,
    router: Router,
}

/// The time when a test begins.
pub(crate) const START_MS: u64 = 1_795_000_000_000;

impl Kitchen {
    /// Templates `strict`, `lenient` and `plan-b` (which has a fallback), and whatever a test adds.
    pub(crate) fn new(prepare: impl FnOnce(&Room, &mut Config)) -> Self {
        let room = Room::new("kitchen");
        room.file("templates/strict/template.json", strict("strict"));
        room.file("templates/lenient/template.json", lenient("lenient"));
        room.file("templates/plan-b/template.json", lenient("plan-b").replace(r#", "missing": "hide""#, ""));
        let inline = core_base64(&png(6, 6, [0, 0, 255, 255]));
        room.file("templates/plan-b/fallback.json", format!(r##"{{ "tint": "#00ff00", "photo": "data:image/png;base64,{inline}" }}"##));
        let now_ms = Arc::new(AtomicU64::new(START_MS));
        let clock = now_ms.clone();
        let mut config = Config {
            unsigned: true,
            allow_private: true,
            render_threads: 2,
            refresh_every: Duration::ZERO,
            clock: Clock::new(move || clock.load(Ordering::SeqCst)),
            ..Config::new(room.0.join("templates"))
        };
        prepare(&room, &mut config);
        let service = Service::new(config).unwrap();
        let router = service.clone().into_router();
        let origin = Origin::start();
        Self { room, origin, now_ms, service, router }
    }

    pub(crate) fn plain() -> Self {
        Self::new(|_, _| {})
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, seconds: u64) {
        self.now_ms.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    pub(crate) async fn get(&self, target: &str) -> Got {
        self.ask("GET", target, &[]).await
    }

    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Got {
        ask(self.router.clone(), method, target, headers).await
    }

    /// What the origin says to a path.
    pub(crate) fn origin_reply(&self, path: &str) -> Reply {
        self.origin.replies.lock().unwrap()[path].clone()
    }

    /// The address of a picture of this template with a photo of the origin.
    pub(crate) fn target(&self, template: &str, photo: &str) -> String {
        format!("/acme/{template}.png?photo={}", escaped(&self.origin.url(photo)))
    }

    /// The version of everybody's template of this name, as the files have it.
    pub(crate) fn version(&self, name: &str) -> String {
        let templates = templrender_host::Templates::open(&self.room.0.join("templates"), &[]).unwrap();
        templates.get("", name, None).unwrap().version.clone()
    }

    /// Whether a metric comes to a value soon; requests make the service look at its files.
    pub(crate) async fn metric_comes(&self, series: &str, wanted: f64) -> bool {
        for _ in 0..100 {
            self.get("/nothing/none.png").await;
            if (self.metric(series).await - wanted).abs() < 1e-9 {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    /// What a metric says; 0 where it has not been counted yet.
    pub(crate) async fn metric(&self, series: &str) -> f64 {
        let text = self.get("/metrics").await.text();
        text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok()).unwrap_or(0.0)
    }
}

/// Percent-encoded for a query.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Base64, for a `data:` URL of a row.
pub(crate) fn core_base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            out.push(char::from(LETTERS[(bits >> (18 - 6 * i) & 63) as usize]));
        }
    }
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn error(&self) -> serde_json::Value {
        let mut json: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()));
        json["error"].take()
    }

    /// The code of the error that it is.
    pub(crate) fn code(&self) -> String {
        self.error()["code"].as_str().unwrap().to_owned()
    }

    /// The colour of a pixel of the picture that it is.
    pub(crate) fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        let frame = core_::Frame::decode(&self.body, &core_::Limits::default()).unwrap();
        let at = (y * frame.width() as usize + x) * 4;
        frame.to_rgba()[at..at + 4].try_into().unwrap()
    }
}

pub(crate) async fn ask(router: Router, method: &str, target: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Got { status: StatusCode::as_u16(&parts.status), headers: parts.headers, body }
}

pub(crate) const RED: [u8; 4] = [255, 0, 0, 255];
pub(crate) const GREEN: [u8; 4] = [0, 255, 0, 255];
pub(crate) const BLUE: [u8; 4] = [0, 0, 255, 255];
pub(crate) const WHITE: [u8; 4] = [255, 255, 255, 255];
