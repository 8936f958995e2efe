//! An origin of the tests' own, on this machine: it answers bytes as they are told, well-formed or not, and counts what it was asked.

#![allow(dead_code, reason = "each test uses some of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use core_::{Frame, Limits, OriginPolicy, Output, PictureUrl};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// One request.
pub(crate) struct Asked {
    pub(crate) path: String,
    /// All of it, in lower case.
    pub(crate) head: String,
    /// How many came before on this origin.
    pub(crate) number: usize,
}

/// What to do with a connection after an answer.
#[derive(PartialEq, Eq)]
pub(crate) enum Then {
    Keep,
    Close,
}

/// A connection, with TLS or without.
pub(crate) trait Wire: Read + Write {}

impl<T: Read + Write> Wire for T {}

pub(crate) struct Origin {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Origin {
    /// A writer may fail: a client that gave up closes the connection.
    pub(crate) fn start(answer: impl Fn(&Asked, &mut dyn Wire) -> Then + Send + Sync + 'static) -> Self {
        Self::serve(answer, None)
    }

    /// The same over TLS, with a certificate of [`authority`] for localhost.
    pub(crate) fn start_tls(answer: impl Fn(&Asked, &mut dyn Wire) -> Then + Send + Sync + 'static) -> Self {
        let chain = vec![CertificateDer::from_pem_slice(include_bytes!("tls/localhost.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/localhost.key")).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self::serve(answer, Some(Arc::new(config)))
    }

    fn serve(answer: impl Fn(&Asked, &mut dyn Wire) -> Then + Send + Sync + 'static, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (requests, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let origin = Self { port, requests: requests.clone(), connections: connections.clone() };
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (answer, requests, tls) = (answer.clone(), requests.clone(), tls.clone());
                std::thread::spawn(move || match tls {
                    None => talk(stream, &*answer, &requests),
                    Some(config) => {
                        let connection = rustls::ServerConnection::new(config).unwrap();
                        talk(rustls::StreamOwned::new(connection, stream), &*answer, &requests);
                    }
                });
            }
        });
        origin
    }

    /// A URL here, as a row may have it.
    pub(crate) fn url(&self, path: &str) -> PictureUrl {
        everywhere().check(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The heads of all requests, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn talk(stream: impl Wire, answer: &(dyn Fn(&Asked, &mut dyn Wire) -> Then + Send + Sync), requests: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match reader.read_line(&mut head) {
                Ok(read) if read > 0 => {}
                _ => return,
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let head = head.to_lowercase();
        let number = {
            let mut requests = requests.lock().unwrap();
            requests.push(head.clone());
            requests.len() - 1
        };
        let wire = reader.get_mut();
        if answer(&Asked { path, head, number }, wire) == Then::Close {
            return;
        }
    }
}

/// A status, headers and a body of announced length; the connection stays.
pub(crate) fn say(wire: &mut dyn Wire, status: &str, headers: &str, body: &[u8]) -> Then {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    let _ = wire.write_all(&[head.as_bytes(), body].concat());
    Then::Keep
}

/// These bytes and no more.
pub(crate) fn raw(wire: &mut dyn Wire, bytes: &[u8]) -> Then {
    let _ = wire.write_all(bytes);
    let _ = wire.flush();
    Then::Close
}

pub(crate) fn redirect(wire: &mut dyn Wire, to: &str) -> Then {
    say(wire, "302 Found", &format!("Location: {to}\r\n"), b"")
}

/// A policy for origins on this machine.
pub(crate) fn everywhere() -> OriginPolicy {
    OriginPolicy::any().with_ip_literals()
}

/// A picture; another seed is another picture.
pub(crate) fn png(seed: u32) -> Vec<u8> {
    Frame::new(4 + seed, 4, &Limits::default()).unwrap().encode(&Output::png()).unwrap()
}

/// The authority that signed the certificate of [`Origin::start_tls`], DER.
pub(crate) fn authority() -> Vec<u8> {
    CertificateDer::from_pem_slice(include_bytes!("tls/ca.pem")).unwrap().to_vec()
}

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
