//! `serve`: the program as a service, asked over sockets.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Room, png};

/// The program, serving; ended by force when a test is over.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(room: &Room, arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        Self::of(&mut room.program(&all))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let Some(address) = line.trim_end().strip_prefix("listening on http://") else {
            let output = child.wait_with_output().unwrap();
            panic!("{line:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        Self { address: address.to_owned(), child }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Status, headers in lower case, body.
    fn get(&self, target: &str) -> (u16, String, Vec<u8>) {
        let mut stream = self.connect();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
        answer(&mut stream)
    }

    /// Asks the program to end, and waits for it: its exit status and what it logged.
    #[cfg(unix)]
    fn end(mut self) -> (Option<i32>, String) {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answer(stream: &mut TcpStream) -> (u16, String, Vec<u8>) {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    let split = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&all)));
    let head = String::from_utf8(all[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), all[split + 4..].to_vec())
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates").canonicalize().unwrap()
}

/// A server with one photo.
fn photos(bytes: Vec<u8>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                line.clear();
            }
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
            // Who has gone wants no photo.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&bytes));
        }
    });
    format!("http://{address}/photo.jpg")
}

fn escaped(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The columns of a row as a query.
fn query(row: &serde_json::Value) -> String {
    let pairs = row.as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", escaped(value.as_str().unwrap())));
    pairs.collect::<Vec<_>>().join("&")
}

#[test]
fn a_served_picture_is_the_rendered_one_to_the_byte() {
    let room = Room::new("serve");
    let all = templates();
    let all = all.to_str().unwrap();
    let served = Served::start(&room, &["--templates", all, "--allow-private", "--log", "off"]);
    let photo = photos(std::fs::read(templates().join("product-sale/rows/photos/citrus.jpg")).unwrap());
    for (template, ending, photo_column) in [("og-card", "png", "avatar"), ("product-sale", "jpg", "image_link")] {
        let rows = templates().join(template).join("rows");
        let file =
            std::fs::read_dir(rows).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|e| e == "json")).unwrap();
        let mut row: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        row[photo_column] = photo.clone().into();
        let (text, out) = (row.to_string(), format!("{template}.{ending}"));
        room.says(0, &["render", &format!("{all}/{template}"), "--row", &text, "-o", &out, "--allow-private"]);
        let (status, head, body) = served.get(&format!("/shop/{template}.{ending}?{}", query(&row)));
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        assert!(body == room.read(&out), "{template}: other bytes than render's");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    }
    let (status, _, body) = served.get("/shop/og-card.png?author=A");
    assert_eq!(status, 400);
    let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&error["error"]["code"], &error["error"]["place"]), (&"missing-field".into(), &"field title".into()));
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_served() {
    let room = Room::new("serve-usage");
    room.file("templates/card/template.json", common::CARD);
    room.file("short.txt", "k1 short\n");
    room.file("tenants.json", r#"{ "acme": { "allow-hosts": [], "rate": -1, "burst": 2 } }"#);
    let said = room.says(2, &["serve", "--templates", "templates", "--listen", "0.0.0.0:0"]);
    assert!(said.starts_with("--listen 0.0.0.0:0: without a --secret-file only this machine may ask"), "{said}");
    let said = room.says(1, &["serve", "--templates", "templates", "--listen", "0.0.0.0:0", "--secret-file", "short.txt"]);
    assert_eq!(said, "short.txt: line 1: a secret must have 32 to 1024 characters, found 5\n");
    let said = room.says(1, &["serve", "--templates", "templates", "--tenants", "tenants.json"]);
    assert_eq!(
        said,
        "tenants.json: acme.allow-hosts: unknown key \"allow-hosts\", did you mean \"allow_hosts\"?\n\
         tenants.json: acme.rate: a rate must be a positive number, found -1\n"
    );
    let said = room.says(1, &["serve", "--templates", "nowhere"]);
    assert_eq!(said, "nowhere: no such file or directory\n");
    let said = room.says(2, &["serve", "--templates", "templates", "--allow-host", "http://a b"]);
    assert!(said.starts_with("allowed hosts: "), "{said}");
    let said = room.says(2, &["serve", "--templates", "templates", "--cache-memory", "5X"]);
    assert!(said.contains("a number of bytes is written"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_signal_lets_requests_end_and_the_log_says_what_was_answered() {
    let room = Room::new("serve-end");
    room.file("templates/card/template.json", common::CARD);
    room.file("secret.txt", "2026 0123456789abcdef0123456789abcdef\n");
    let served = Served::start(&room, &["--templates", "templates", "--secret-file", "secret.txt", "--log", "json"]);
    let (status, _, body) = served.get("/acme/card.png?tint=red&secret=hunter2");
    assert_eq!(status, 403, "{}", String::from_utf8_lossy(&body));
    assert_eq!(served.get("/healthz").0, 200);
    let request = core_::Request::parse("/acme/card/tall.png?tint=red").unwrap().0;
    let signed = core_::Keyring::parse("2026 0123456789abcdef0123456789abcdef").unwrap().sign(&request).unwrap();
    assert_eq!(served.get(&signed).0, 200);
    // A connection that waits for its next request does not hold the end up.
    let idle = served.connect();
    let started = Instant::now();
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(started.elapsed() < Duration::from_secs(10));
    drop(idle);
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), 2, "{said}");
    assert_eq!((&requests[0]["status"], &requests[0]["code"]), (&403.into(), &"bad-signature".into()));
    assert_eq!((&requests[1]["status"], &requests[1]["variant"], &requests[1]["cache"]), (&200.into(), &"tall".into(), &"miss".into()));
    assert!(!said.contains("hunter2") && !said.contains("tint") && !said.contains("0123456789abcdef"), "{said}");
}

#[test]
fn a_disk_cache_outlives_the_program() {
    let room = Room::new("serve-disk");
    room.file("templates/card/template.json", common::CARD);
    let photo = photos(png(4, 4, [255, 0, 0, 255]));
    let target = format!("/acme/card.png?image_link={}", escaped(&photo));
    let arguments = ["--templates", "templates", "--allow-private", "--cache-dir", "cache", "--cache-disk", "50M", "--log", "off"];
    let mut first = Served::start(&room, &arguments);
    let (status, head, body) = first.get(&target);
    assert!(status == 200 && head.contains("cache-status: templrender; fwd=miss; stored"), "{head}");
    let deadline = Instant::now() + Duration::from_secs(10);
    // The answer and its photo.
    while !String::from_utf8(first.get("/metrics").2).unwrap().contains("templrender_cache_entries{tier=\"disk\"} 2\n") {
        assert!(Instant::now() < deadline, "nothing was written");
        std::thread::sleep(Duration::from_millis(20));
    }
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let second = Served::start(&room, &arguments);
    let (status, head, again) = second.get(&target);
    assert!(status == 200 && head.contains("cache-status: templrender; hit"), "{head}");
    assert_eq!(again, body);
}

/// A limit of 4 KiB for each file stands for a disk that takes no more: a write fails in the middle.
#[test]
#[cfg(unix)]
fn a_full_disk_costs_no_answer() {
    let room = Room::new("serve-full");
    std::fs::create_dir(room.0.join("cache")).unwrap();
    let all = templates();
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let mut command = Command::new("sh");
    command.current_dir(&room.0).args(["-c", script, "sh", env!("CARGO_BIN_EXE_templrender"), "serve", "--listen", "127.0.0.1:0"]);
    let served = Served::of(command.args(["--templates", all.to_str().unwrap(), "--cache-dir", "cache", "--log", "off"]));
    let mut first = Vec::new();
    for turn in 0..2 {
        for title in ["One", "Another", "A third"] {
            let (status, head, body) = served.get(&format!("/shop/og-card.png?author=A&title={}", escaped(title)));
            assert!(status == 200 && body.len() > 10_000, "{title}: {head}");
            if turn == 0 { first.push(body) } else { assert!(first.contains(&body), "{title}: {head}") }
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    // What is there is no part of a picture: only whole files have names.
    let mut files = vec![room.0.join("cache")];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            assert!(std::fs::metadata(&path).unwrap().len() < 4_096, "{}", path.display());
        }
    }
    let (_, _, metrics) = served.get("/metrics");
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains("templrender_cache_entries{tier=\"disk\"} 0\n"), "{metrics}");
}

/// The README's lines for pictures on demand, as they stand there.
#[test]
fn the_readme_serves_what_render_draws() {
    let readme = std::fs::read_to_string(templates().join("../README.md")).unwrap();
    let line = readme.lines().find(|line| line.starts_with("curl -o card.png 'http://127.0.0.1:8080/")).unwrap();
    let target = line.split_once("8080").unwrap().1.trim_end_matches('\'');
    let room = Room::new("serve-readme");
    let all = templates();
    let served = Served::start(&room, &["--templates", all.to_str().unwrap(), "--log", "off"]);
    let (status, head, body) = served.get(target);
    assert!(status == 200 && head.contains("content-type: image/png"), "{head}");
    let row = r#"{ "title": "Drawn when somebody asks", "author": "Mira Larch" }"#;
    room.says(0, &["render", all.join("og-card").to_str().unwrap(), "--row", row, "-o", "card.png"]);
    assert!(body == room.read("card.png"), "other bytes than render's");
}

#[test]
fn every_option_is_in_the_docs() {
    let room = Room::new("serve-help");
    let help = String::from_utf8(room.run(&["serve", "--help"]).stdout).unwrap();
    let page = std::fs::read_to_string(templates().join("../docs/cli.md")).unwrap();
    let section = page.split("\n## serve\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let options: Vec<&str> = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2).collect();
    assert!(options.len() > 15, "{help}");
    for option in options.iter().filter(|option| **option != "--help") {
        assert!(section.contains(&format!("`{option} ")) || section.contains(&format!("`{option}`")), "{option}");
    }
}

#[test]
fn a_template_that_names_a_model_is_served_with_it() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/models");
    let room = Room::new("serve-models");
    let layer = r#""src": "asset:photo", "width": "100%", "height": "100%", "missing": "original""#;
    let template = |model: &str| {
        format!(
            r#"{{ "templrender": 1, "name": "t", "size": [32, 32], "assets": {{ "photo": "red.png" }},
                 "layers": [ {{ "type": "image", {layer}{model} }} ] }}"#
        )
    };
    room.file("templates/plain/template.json", template(""));
    room.file("templates/tiny/template.json", template(r#", "model": "ugatit-tiny-seeded""#));
    for name in ["plain", "tiny"] {
        room.file(&format!("templates/{name}/red.png"), png(16, 16, [255, 0, 0, 255]));
    }
    let served = Served::start(&room, &["--templates", "templates", "--models", models.to_str().unwrap(), "--model-threads", "2"]);
    let get = |name: &str| served.get(&format!("/shop/{name}.png"));
    let (plain, tiny, again) = (get("plain"), get("tiny"), get("tiny"));
    assert_eq!((plain.0, tiny.0, again.0), (200, 200, 200), "{}", String::from_utf8_lossy(&tiny.2));
    assert_ne!(plain.2, tiny.2);
    assert_eq!(tiny.2, again.2);
    let metrics = String::from_utf8(served.get("/metrics").2).unwrap();
    assert!(metrics.contains("templrender_model_runs_total{result=\"made\"} 1"), "{metrics}");
}
