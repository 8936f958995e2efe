//! Compiled templates: what the process keeps of them, shared by all renderers.

use std::sync::OnceLock;

use core_::CompiledCache;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::boundary::detached;

/// Most bytes that are kept where nobody says otherwise.
const MAX_BYTES: usize = 64 << 20;

/// What the process keeps.
pub(crate) fn cache() -> &'static CompiledCache {
    static CACHE: OnceLock<CompiledCache> = OnceLock::new();
    CACHE.get_or_init(|| CompiledCache::new(MAX_BYTES))
}

/// Says how many bytes may be kept from now on.
#[pyfunction]
pub(crate) fn set_compiled_bytes(py: Python<'_>, max_bytes: usize) -> PyResult<()> {
    detached(py, || {
        cache().set_max_bytes(max_bytes);
        Ok::<_, core_::Error>(())
    })
}

/// What is kept, and what came of it so far.
#[pyfunction]
pub(crate) fn compiled_stats(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let (max_bytes, stats) = (cache().max_bytes(), cache().stats());
    let told = PyDict::new(py);
    told.set_item("max_bytes", max_bytes)?;
    told.set_item("bytes", stats.bytes)?;
    told.set_item("templates", stats.templates)?;
    told.set_item("hits", stats.hits)?;
    told.set_item("plain", stats.plain)?;
    told.set_item("compiled", stats.compiled)?;
    told.set_item("dropped", stats.dropped)?;
    Ok(told)
}
