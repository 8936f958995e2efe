//! Where pictures may come from, for hosts that fetch them.

use std::net::IpAddr;

use pyo3::prelude::*;

use crate::boundary::attached;
use crate::error::bad;
use crate::items::Items;

/// Which origins pictures may come from, immutable, shared by all threads.
#[pyclass(frozen, eq, module = "templrender")]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OriginPolicy {
    policy: core_::OriginPolicy,
    patterns: Option<Vec<String>>,
    ip_literals: bool,
}

#[pymethods]
impl OriginPolicy {
    #[new]
    #[pyo3(signature = (patterns = None, *, ip_literals = false))]
    fn new(patterns: Option<Items<String>>, ip_literals: bool) -> PyResult<Self> {
        let patterns = patterns.map(|patterns| patterns.0);
        let policy = match &patterns {
            Some(patterns) => attached(|| core_::OriginPolicy::allow(patterns))?,
            None => core_::OriginPolicy::any(),
        };
        let policy = if ip_literals { policy.with_ip_literals() } else { policy };
        Ok(Self { policy, patterns, ip_literals })
    }

    /// A picture's URL in its normal form.
    fn check(&self, url: &str) -> PyResult<PictureUrl> {
        attached(|| self.policy.check(url)).map(|url| PictureUrl { url })
    }

    fn __repr__(&self) -> String {
        match &self.patterns {
            Some(patterns) => format!("<OriginPolicy {}>", patterns.join(", ")),
            None => "<OriginPolicy: all>".to_owned(),
        }
    }

    #[expect(clippy::type_complexity, reason = "a class and the arguments to call it with, as pickle has them")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Option<Vec<String>>, bool))> {
        Ok((py.import("templrender._templrender")?.getattr("_origin_policy")?, (self.patterns.clone(), self.ip_literals)))
    }
}

/// A policy as it was pickled.
#[pyfunction]
pub(crate) fn _origin_policy(patterns: Option<Items<String>>, ip_literals: bool) -> PyResult<OriginPolicy> {
    OriginPolicy::new(patterns, ip_literals)
}

/// A picture's URL in its one normal form, immutable. What it prints leaves out the query.
#[pyclass(frozen, eq, hash, module = "templrender")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PictureUrl {
    url: core_::PictureUrl,
}

#[pymethods]
impl PictureUrl {
    #[getter]
    fn url(&self) -> &str {
        self.url.as_str()
    }

    #[getter]
    fn scheme(&self) -> &'static str {
        self.url.scheme()
    }

    #[getter]
    fn host(&self) -> &str {
        self.url.host()
    }

    #[getter]
    fn port(&self) -> u16 {
        self.url.port()
    }

    #[getter]
    fn origin(&self) -> &str {
        self.url.origin()
    }

    /// What a reference in an answer from here means.
    fn resolve(&self, reference: &str) -> String {
        self.url.resolve(reference)
    }

    fn __str__(&self) -> String {
        self.url.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<PictureUrl {}>", self.url)
    }
}

/// Whether an address belongs to the public internet.
#[pyfunction]
pub(crate) fn is_public_address(address: &str) -> PyResult<bool> {
    let address: IpAddr = address.parse().map_err(|_| bad("address", format!("an address must be IPv4 or IPv6, found {address:?}")))?;
    Ok(core_::is_public_address(address))
}
