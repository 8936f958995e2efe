//! Compiled templates
//!
//! What is the same in every picture of a template is painted once and kept: from the third picture on the rest is drawn over it, with the same bytes and
//! sooner. All renderers of a process share what is kept. It may take 64 MiB, or what the host says.

use std::sync::OnceLock;

use core_::{CompiledCache, CompiledStats, Renderer};

use crate::boundary::{boundary, neutral};
use crate::error::templrender_error;
use crate::growing::{self, Growing};
use crate::library::templrender_status;

/// What is kept, and what came of it so far.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct templrender_compiled {
    /// `sizeof(templrender_compiled)`, set by the caller.
    pub struct_size: usize,
    /// Most bytes that may be kept.
    pub max_bytes: usize,
    /// Bytes that are kept.
    pub bytes: usize,
    /// Compiled templates that are kept: one for each variant, size and encoding that is asked for often.
    pub templates: usize,
    /// Pictures that were drawn over one.
    pub hits: u64,
    /// Pictures that were drawn without.
    pub plain: u64,
    /// Times that a template was compiled.
    pub compiled: u64,
    /// Compiled templates that were let go again.
    pub dropped: u64,
}

// SAFETY: `repr(C)`, its size first, numbers.
unsafe impl Growing for templrender_compiled {
    const FIRST: usize = 64;

    fn defaults() -> Self {
        Self { struct_size: size_of::<Self>(), ..Self::default() }
    }
}

/// Most bytes that are kept where the host says nothing.
const MAX_BYTES: usize = 64 << 20;

/// What the process keeps.
fn cache() -> &'static CompiledCache {
    static CACHE: OnceLock<CompiledCache> = OnceLock::new();
    CACHE.get_or_init(|| CompiledCache::new(MAX_BYTES))
}

/// A renderer as hosts get it.
pub(crate) fn with_compiled(renderer: Renderer) -> Renderer {
    renderer.with_compiled(cache().clone())
}

/// Most bytes of compiled templates from now on, of all renderers of the process; what is more is let go, and 0 keeps none. By default 64 MiB. Any
/// thread may call it at any time.
#[unsafe(no_mangle)]
pub extern "C" fn templrender_compiled_limit(max_bytes: usize) {
    neutral((), || cache().set_max_bytes(max_bytes));
}

/// Writes what is kept at this moment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_compiled_now(
    compiled: *mut templrender_compiled,
    err: *mut *mut templrender_error,
) -> templrender_status {
    let write = || {
        let cache = cache();
        let CompiledStats { templates, bytes, hits, plain, compiled: made, dropped, .. } = cache.stats();
        let struct_size = size_of::<templrender_compiled>();
        let now =
            templrender_compiled { struct_size, max_bytes: cache.max_bytes(), bytes, templates, hits, plain, compiled: made, dropped };
        // SAFETY: NULL, or of the size that it says.
        unsafe { growing::write(compiled, "compiled", &now) }
    };
    // SAFETY: NULL or the caller's to write.
    unsafe { boundary(err, write) }
}
