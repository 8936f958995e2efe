//! Keys and signatures: HMAC-SHA256 (RFC 2104) over the plain canonical form with the key's id, whatever form the URL has.
//!
//! Nothing here prints a secret or says which part of a signature differed, and signatures are compared in constant time.

use std::fmt;

use base64::engine::{Engine as _, general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::url::Encoded;
use super::{Request, bad};
use crate::error::{Code, Error, Fault, quoted};

/// Longest id of a key.
pub(super) const MAX_ID_CHARS: usize = 32;
/// A signature as base64url.
pub(super) const MAC_CHARS: usize = 43;
/// Shortest and longest secret.
const SECRET_CHARS: std::ops::RangeInclusive<usize> = 32..=1_024;
/// What stands before a secret where its id is made of it.
const ID_LABEL: &[u8] = b"templrender key id\n";

/// Who signed a URL, and how: parts of it that have been read, not verified.
///
/// ```
/// use templrender::Request;
/// let url = "/shop/og-card.png?title=Aster%20honey&~k=2026-11&~s=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// let (_, signature) = Request::parse(url)?;
/// assert_eq!(signature.map(|signature| signature.key_id().to_owned()).as_deref(), Some("2026-11"));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone)]
pub struct Signature {
    key: String,
    mac: [u8; 32],
}

/// The keys that sign URLs and verify them: two while one takes the other's place.
///
/// ```
/// use templrender::{Code, Keyring, Request};
/// let mut keys = Keyring::new();
/// keys.add("2026-11", b"an example's secret, which everybody knows", None)?;
/// let url = keys.sign(&Request::parse("/shop/card.png?title=Aster%20honey")?.0)?;
/// assert!(url.starts_with("/shop/card.png?title=Aster%20honey&~k=2026-11&~s="));
///
/// let now = 1_795_000_000;
/// let (request, signature) = Request::parse(&url)?;
/// keys.verify(&request, signature.as_ref(), now)?;
/// let (other, signature) = Request::parse(&url.replace("honey", "money"))?;
/// assert_eq!(keys.verify(&other, signature.as_ref(), now).unwrap_err().code(), Code::BadSignature);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: Vec<u8>,
    /// Whose URLs it is for; `None` is everybody's.
    tenant: Option<String>,
}

impl Signature {
    /// The id of the key that it names.
    pub fn key_id(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").field("key", &self.key).finish_non_exhaustive()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

/// The signature of the two parameters that hold it.
pub(super) fn read(key: Option<String>, mac: Option<String>) -> Result<Option<Signature>, Fault> {
    let (key, mac) = match (key, mac) {
        (None, None) => return Ok(None),
        (Some(key), Some(mac)) => (key, mac),
        (Some(_), None) => return Err(bad("parameter ~s", "a URL with ~k must have ~s, found none")),
        (None, Some(_)) => return Err(bad("parameter ~k", "a URL with ~s must have ~k, found none")),
    };
    check_id(&key).map_err(|message| bad("parameter ~k", message))?;
    let bytes = URL_SAFE_NO_PAD.decode(&mac).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let mac = bytes.ok_or_else(|| {
        let message = format!("a signature must be 32 bytes as base64url, found {} characters that are not", mac.chars().count());
        Fault::new(Code::BadSignature, "parameter ~s", message)
    })?;
    Ok(Some(Signature { key, mac }))
}

fn check_id(id: &str) -> Result<(), String> {
    let is_id = (1..=MAX_ID_CHARS).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    if is_id { Ok(()) } else { Err(format!("a key's id must be 1 to {MAX_ID_CHARS} letters, digits and -._, found {}", quoted(id))) }
}

impl Keyring {
    /// No keys: nothing can be signed, and nothing verified.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, for one tenant's URLs or for all. The first that may sign for a tenant does; all verify.
    pub fn add(&mut self, id: &str, secret: &[u8], tenant: Option<&str>) -> Result<(), Error> {
        Ok(self.insert(id, secret, tenant).map_err(|message| Fault::new(Code::BadSecret, "key", message))?)
    }

    /// Reads a file of secrets: lines of `ID SECRET`, or `ID SECRET TENANT` for a key of one tenant's URLs, or a secret alone, whose id is
    /// made of it. Empty lines and those that begin with `#` say nothing.
    ///
    /// ```
    /// use templrender::Keyring;
    /// let keys = Keyring::parse("# made with: openssl rand -hex 32\n4d1f0c7be26a9835d0b1c6f2a7e48395\n")?;
    /// assert!(!keys.is_empty());
    /// assert!(Keyring::parse("2026-11 short").is_err());
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut keys = Self::new();
        let mut faults = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let added = match words.as_slice() {
                [] => continue,
                [first, ..] if first.starts_with('#') => continue,
                [secret] => keys.insert(&id_of(secret), secret.as_bytes(), None),
                [id, secret] => keys.insert(id, secret.as_bytes(), None),
                [id, secret, tenant] => keys.insert(id, secret.as_bytes(), Some(tenant)),
                more => Err(format!("a key must be ID SECRET TENANT, found {} words", more.len())),
            };
            faults.extend(added.err().map(|message| Fault::new(Code::BadSecret, format!("line {}", i + 1), message)));
        }
        if keys.is_empty() && faults.is_empty() {
            faults.push(Fault::new(Code::BadSecret, "", "a file of secrets must have a key, found none"));
        }
        if faults.is_empty() { Ok(keys) } else { Err(Error::from_faults(faults)) }
    }

    fn insert(&mut self, id: &str, secret: &[u8], tenant: Option<&str>) -> Result<(), String> {
        // What stands in the id's place may be a secret, so it is not shown.
        check_id(id).map_err(|_| format!("a key's id must be 1 to {MAX_ID_CHARS} letters, digits and -._, found another"))?;
        if !SECRET_CHARS.contains(&secret.len()) {
            let (least, most) = (SECRET_CHARS.start(), SECRET_CHARS.end());
            return Err(format!("a secret must have {least} to {most} characters, found {}", secret.len()));
        }
        if self.keys.iter().any(|key| key.id == id) {
            return Err(format!("a key's id must stand once, found {} twice", quoted(id)));
        }
        self.keys.push(Key { id: id.to_owned(), secret: secret.to_owned(), tenant: tenant.map(str::to_owned) });
        Ok(())
    }

    /// Takes over another ring's keys, after its own.
    ///
    /// ```
    /// use templrender::Keyring;
    /// let mut keys = Keyring::parse("new an-example-that-everybody-knows-1")?;
    /// keys.append(Keyring::parse("old an-example-that-everybody-knows-2")?)?;
    /// assert_eq!(format!("{keys:?}"), r#"["new", "old"]"#);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn append(&mut self, other: Self) -> Result<(), Error> {
        other.keys.iter().try_for_each(|key| self.add(&key.id, &key.secret, key.tenant.as_deref()))
    }

    /// Whether it has no keys. Whether requests without signatures are answered then is the host's choice.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The whole URL, path and query, with its signature.
    pub fn sign(&self, request: &Request) -> Result<String, Error> {
        let key = self.keys.iter().find(|key| key.is_for(&request.tenant)).ok_or_else(|| {
            let message = format!("a key must be there to sign for tenant {}, found none", quoted(&request.tenant));
            Fault::new(Code::BadSecret, "", message)
        })?;
        let encoded = Encoded::of(request)?;
        let mac = key.mac(&encoded)?.finalize().into_bytes();
        Ok(encoded.canonical(&[("~k", &key.id), ("~s", &URL_SAFE_NO_PAD.encode(mac))])?)
    }

    /// Whether a request is signed by one of the keys that may sign for its tenant, and its time is not over.
    ///
    /// Without keys nothing is verified: a host that answers unsigned requests asks [`is_empty`](Self::is_empty) first.
    pub fn verify(&self, request: &Request, signature: Option<&Signature>, now: i64) -> Result<(), Error> {
        let refused = |message: String| Fault::new(Code::BadSignature, "url", message);
        let signature = signature.ok_or_else(|| refused("a URL must be signed, found no ~k and ~s".to_owned()))?;
        let key = self.keys.iter().find(|key| key.id == signature.key);
        let key = key.ok_or_else(|| refused(format!("a URL must be signed with a known key, found {}", quoted(&signature.key))))?;
        if !key.is_for(&request.tenant) {
            let (id, tenant) = (quoted(&key.id), quoted(&request.tenant));
            return Err(refused(format!("a URL must be signed with a key of its tenant, found {id} for {tenant}")).into());
        }
        let mac = key.mac(&Encoded::of(request)?)?;
        mac.verify_slice(&signature.mac).map_err(|_| refused("a signature must be that of the URL, found another".to_owned()))?;
        match request.expires {
            Some(end) if request.is_expired(now) => {
                Err(Fault::new(Code::UrlExpired, "url", format!("a URL must be asked for before its end, {end}, found {now}")).into())
            }
            _ => Ok(()),
        }
    }
}

impl Key {
    fn is_for(&self, tenant: &str) -> bool {
        self.tenant.as_deref().is_none_or(|own| own == tenant)
    }

    fn mac(&self, encoded: &Encoded) -> Result<Hmac<Sha256>, Fault> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).map_err(|_| Fault::new(Code::Bug, "key", "HMAC takes secrets of any length"))?;
        mac.update(encoded.plain(&[("~k", &self.id)]).as_bytes());
        Ok(mac)
    }
}

/// The id of a secret that has none.
fn id_of(secret: &str) -> String {
    let hash = Sha256::new().chain_update(ID_LABEL).chain_update(secret.as_bytes()).finalize();
    hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
