//! The Python module `templrender._templrender`: converts, releases the interpreter, calls the core, converts.
//!
//! One file per noun, each a thin layer over the core's type; `boundary` is what every call into the core runs in. Classes are frozen and shared between threads
//! without a lock of Python's, so the module runs without the GIL as well. Its docs are in `python/templrender/_templrender.pyi`.

mod arrow;
mod boundary;
mod buffer;
mod bundle;
mod check;
mod compiled;
mod context;
mod error;
mod feed;
mod fonts;
mod frame;
mod guard;
mod hash;
mod items;
mod limits;
mod models;
mod money;
mod origin;
mod output;
mod pack;
mod pixels;
mod plan;
mod rendered;
mod renderer;
mod report;
mod request;
mod resources;
mod row;
mod save;
mod template;
mod value;

use pyo3::prelude::*;

/// The native half of the package `templrender`.
#[pymodule(gil_used = false)]
mod _templrender {
    use super::*;

    #[pymodule_export]
    use crate::boundary::_provoke_panic;
    #[pymodule_export]
    use crate::bundle::{_open_bundle, Bundle};
    #[pymodule_export]
    use crate::check::{CheckReport, Checker, WorstRow};
    #[pymodule_export]
    use crate::compiled::{compiled_stats, set_compiled_bytes};
    #[pymodule_export]
    use crate::error::{_error_json, Fault};
    #[pymodule_export]
    use crate::feed::{FeedReader, FeedRow, Overrides};
    #[pymodule_export]
    use crate::fonts::Fonts;
    #[pymodule_export]
    use crate::frame::{_frame_of_png, Frame};
    #[pymodule_export]
    use crate::guard::Cancel;
    #[pymodule_export]
    use crate::limits::Limits;
    #[pymodule_export]
    use crate::models::{_made_of, _models_of, Array, Face, Job, Made, Model, Models, run_jobs};
    #[pymodule_export]
    use crate::money::{Interval, Money};
    #[pymodule_export]
    use crate::origin::{_origin_policy, OriginPolicy, PictureUrl, is_public_address};
    #[pymodule_export]
    use crate::output::Output;
    #[pymodule_export]
    use crate::pack::Pack;
    #[pymodule_export]
    use crate::plan::{Need, Plan};
    #[pymodule_export]
    use crate::rendered::Rendered;
    #[pymodule_export]
    use crate::renderer::Renderer;
    #[pymodule_export]
    use crate::report::{LayerReport, LineReport, ModelReport, Note, Report};
    #[pymodule_export]
    use crate::request::{Keyring, Request};
    #[pymodule_export]
    use crate::resources::Resources;
    #[pymodule_export]
    use crate::row::Row;
    #[pymodule_export]
    use crate::template::Template;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        error::add_classes(module)?;
        row::register(module.py())?;
        arrow::register(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        keep_freed_memory();
        // the stub says what there is; the package's own list is the one to import by
        module.delattr("__all__")
    }
}

/// Has glibc's allocator keep some MiB that are freed, as it does anyhow once a photo was decoded: until then it gave the memory of each picture back to the system
/// and asked for it again, which took 75 of the 98 us of a small one. A large block that is freed is what tells it so; this one is never touched.
fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(4 << 20)));
}
