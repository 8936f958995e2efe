//! An origin of the tests' own, on this machine: it answers bytes as they are told, well-formed or not, and counts what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use core_::{Frame, Limits, OriginPolicy, Output, PictureUrl};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// One request.
pub struct Asked {
    pub path: String,
    /// All of it, in lower case.
    pub head: String,
    /// How many came before on this origin.
    pub number: usize,
}

/// What to do with a connection after an answer.
#[derive(PartialEq, Eq)]
pub enum Then {
    Keep,
    Close,
}

pub trait Wire: Read + Write {
    /// Closes with a reset in place of an orderly end.
    fn reset(&mut self) {}
}

impl Wire for TcpStream {
    fn reset(&mut self) {
        // What is unread when a socket closes makes the system reset the connection: so the client's bytes are left there.
        let _ = self.shutdown(std::net::Shutdown::Write);
    }
}

impl Wire for rustls::StreamOwned<rustls::ServerConnection, TcpStream> {}

pub struct Origin {
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Origin {
    /// A writer may fail: a client that gave up closes the connection.
    pub fn start(answer: impl Fn(&Asked, &mut dyn Wire) -> Then + Send + Sync + 'static) -> Self {
        Self::serve(answer, None)
    }

    /// The same over TLS, with a certificate of [`authority`] for localhost.
    pub fn start_tls(answer: impl Fn(&Asked, &mut dyn Wire) -> Then + Send + Sync + 'static) -> Self {
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
    pub fn url(&self, path: &str) -> PictureUrl {
        everywhere().check(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    /// How often it was asked.
    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The heads of all requests, in lower case.
    pub fn heads(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
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
            wire.reset();
            return;
        }
    }
}

/// A status, headers and a body of announced length; the connection stays.
pub fn say(wire: &mut dyn Wire, status: &str, headers: &str, body: &[u8]) -> Then {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    let _ = wire.write_all(&[head.as_bytes(), body].concat());
    Then::Keep
}

/// These bytes and no more.
pub fn raw(wire: &mut dyn Wire, bytes: &[u8]) -> Then {
    let _ = wire.write_all(bytes);
    let _ = wire.flush();
    Then::Close
}

pub fn redirect(wire: &mut dyn Wire, to: &str) -> Then {
    say(wire, "302 Found", &format!("Location: {to}\r\n"), b"")
}

/// A policy for origins on this machine.
pub fn everywhere() -> OriginPolicy {
    OriginPolicy::any().with_ip_literals()
}

/// A picture; another seed is another picture.
pub fn png(seed: u32) -> Vec<u8> {
    Frame::new(4 + seed, 4, &Limits::default()).unwrap().encode(&Output::png()).unwrap()
}

/// The authority that signed the certificate of [`Origin::start_tls`], DER.
pub fn authority() -> Vec<u8> {
    CertificateDer::from_pem_slice(include_bytes!("tls/ca.pem")).unwrap().to_vec()
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
