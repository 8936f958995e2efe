//! Requests: URLs that carry a row, and the keys that sign them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::boundary::attached;
use crate::context::{instant, now_of};
use crate::output::{Output, format_of};
use crate::row::{Row, row_from};

/// One picture that is asked for by its URL.
#[pyclass(frozen, module = "templrender")]
#[derive(Clone)]
pub(crate) struct Request {
    request: core_::Request,
    /// What a URL that was read said of who signed it; nobody has verified it.
    signature: Option<core_::Signature>,
}

impl Request {
    fn read(target: &str) -> PyResult<Self> {
        attached(|| core_::Request::parse(target)).map(|(request, signature)| Self { request, signature })
    }
}

#[pymethods]
impl Request {
    #[new]
    #[pyo3(signature = (tenant, template, format = "png", *, row = None, variant = None, digest = None, lang = None, version = None, expires = None))]
    #[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
    fn new(
        tenant: &str,
        template: &str,
        format: &str,
        row: Option<&Bound<'_, PyAny>>,
        variant: Option<String>,
        digest: Option<String>,
        lang: Option<String>,
        version: Option<String>,
        expires: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let row = row.map(row_from).transpose()?.map(|row| (*row).clone()).unwrap_or_default();
        let request = core_::Request {
            row,
            variant,
            digest,
            lang,
            version,
            expires: now_of(expires)?,
            ..core_::Request::new(tenant, template, format_of(format)?)
        };
        Ok(Self { request, signature: None })
    }

    /// Reads a path with its query, or a whole URL.
    #[staticmethod]
    fn parse(target: &str) -> PyResult<Self> {
        Self::read(target)
    }

    #[getter]
    fn tenant(&self) -> &str {
        &self.request.tenant
    }

    #[getter]
    fn template(&self) -> &str {
        &self.request.template
    }

    #[getter]
    fn format(&self) -> &'static str {
        Output::from(core_::Output { format: self.request.format, ..core_::Output::default() }).format()
    }

    #[getter]
    fn row(&self) -> Row {
        Row::from(self.request.row.clone())
    }

    #[getter]
    fn variant(&self) -> Option<&str> {
        self.request.variant.as_deref()
    }

    #[getter]
    fn digest(&self) -> Option<&str> {
        self.request.digest.as_deref()
    }

    #[getter]
    fn lang(&self) -> Option<&str> {
        self.request.lang.as_deref()
    }

    #[getter]
    fn version(&self) -> Option<&str> {
        self.request.version.as_deref()
    }

    #[getter]
    fn expires<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        instant(py, self.request.expires)
    }

    #[getter]
    fn key_id(&self) -> Option<&str> {
        self.signature.as_ref().map(core_::Signature::key_id)
    }

    /// The one spelling of the request, path and query, without a signature.
    fn canonical(&self) -> PyResult<String> {
        attached(|| self.request.canonical())
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.request == other.request
    }

    fn __repr__(&self) -> String {
        // not the row: it may hold what is not for a log
        format!(
            "<Request {}/{} as {}: {} columns>",
            self.request.tenant,
            self.request.template,
            self.format(),
            self.request.row.iter().count()
        )
    }
}

/// The keys that sign URLs and verify them.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Keyring {
    keys: Mutex<core_::Keyring>,
}

impl Keyring {
    fn locked(&self) -> MutexGuard<'_, core_::Keyring> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Keyring {
    #[new]
    #[pyo3(signature = (secrets = None))]
    fn new(secrets: Option<&str>) -> PyResult<Self> {
        let keys = secrets.map_or_else(|| Ok(core_::Keyring::new()), |secrets| attached(|| core_::Keyring::parse(secrets)))?;
        Ok(Self { keys: Mutex::new(keys) })
    }

    /// Adds a key, for one tenant's URLs or for all.
    #[pyo3(signature = (id, secret, *, tenant = None))]
    fn add(&self, id: &str, secret: &Bound<'_, PyAny>, tenant: Option<&str>) -> PyResult<()> {
        let secret = match secret.cast::<PyBytes>() {
            Ok(bytes) => bytes.as_bytes(),
            Err(_) => secret.cast::<PyString>()?.to_str()?.as_bytes(),
        };
        attached(|| self.locked().add(id, secret, tenant))
    }

    /// The path and query with their signature.
    fn sign(&self, request: &Request) -> PyResult<String> {
        attached(|| self.locked().sign(&request.request))
    }

    /// The request of a URL that one of the keys signed.
    #[pyo3(signature = (url, *, now = None))]
    fn verify(&self, url: &Bound<'_, PyAny>, now: Option<&Bound<'_, PyAny>>) -> PyResult<Request> {
        let request = match url.cast::<Request>() {
            Ok(request) => request.get().clone(),
            Err(_) => Request::read(url.cast::<PyString>()?.to_str()?)?,
        };
        let now = now_of(now)?.unwrap_or_else(clock_s);
        attached(|| self.locked().verify(&request.request, request.signature.as_ref(), now))?;
        Ok(request)
    }

    fn __bool__(&self) -> bool {
        !self.locked().is_empty()
    }

    /// Ids alone: what is secret is never shown.
    fn __repr__(&self) -> String {
        format!("<Keyring {:?}>", self.locked())
    }
}

/// Seconds since 1970; of a clock that stands before, the end of all times, for then nothing can be told to be in time.
fn clock_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(i64::MAX)
}
