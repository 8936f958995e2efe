"""Draws pictures from a template, a data row and photos: ads out of a shop's feed, cards for shared links, collages.

>>> import templrender as tr
>>> photo = "templates/product-ad/rows/photos/bee.webp"
>>> ad = tr.render("templates/product-ad", {"name": "Aster honey", "price": "€6.90", "photo": photo})
>>> ad
<Rendered 1080x1080, 0 notes>

`open` reads a template once for many pictures, `arender` is for `asyncio`, `read_feed` reads a shop's feed and `check`
says what would fail in it. Below them are the core's own steps: `Template`, `Renderer.plan`, `Plan.pending`,
`Resources`, `Renderer.render`, `Frame.encode`. docs/python.md has recipes.
"""

from __future__ import annotations

from templrender._templrender import (
    ArgumentError,
    BatchJob,
    BugError,
    Bundle,
    Cancel,
    Cancelled,
    Checker,
    CheckReport,
    DeadlineError,
    Error,
    Face,
    Fault,
    FeedReader,
    FeedRow,
    Fonts,
    Frame,
    HostError,
    Interval,
    Job,
    Keyring,
    LayerReport,
    Limits,
    LineReport,
    Made,
    Model,
    ModelError,
    ModelReport,
    Models,
    Money,
    Need,
    Note,
    OriginPolicy,
    Output,
    Overrides,
    Pack,
    PictureUrl,
    Plan,
    RecordBatch,
    Rendered,
    Renderer,
    Report,
    Request,
    RequestError,
    ResourceError,
    Resources,
    Row,
    RowError,
    Rows,
    Template,
    TemplateError,
    WorstRow,
    __version__,
    check_batches,
    compiled_stats,
    is_public_address,
    run_jobs,
    set_compiled_bytes,
)

# Type checkers know the name; importing it from typing would take longer than the rest of this file.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from templrender._arender import arender
    from templrender._check import check
    from templrender._feeds import read_feed
    from templrender._load_error import LoadError
    from templrender._open import open
    from templrender._render import render
    from templrender.loading import Loader

__all__ = [
    "ArgumentError",
    "BatchJob",
    "BugError",
    "Bundle",
    "Cancel",
    "Cancelled",
    "CheckReport",
    "Checker",
    "DeadlineError",
    "Error",
    "Face",
    "Fault",
    "FeedReader",
    "FeedRow",
    "Fonts",
    "Frame",
    "HostError",
    "Interval",
    "Job",
    "Keyring",
    "LayerReport",
    "Limits",
    "LineReport",
    "LoadError",
    "Loader",
    "Made",
    "Model",
    "ModelError",
    "ModelReport",
    "Models",
    "Money",
    "Need",
    "Note",
    "OriginPolicy",
    "Output",
    "Overrides",
    "Pack",
    "PictureUrl",
    "Plan",
    "RecordBatch",
    "Rendered",
    "Renderer",
    "Report",
    "Request",
    "RequestError",
    "ResourceError",
    "Resources",
    "Row",
    "RowError",
    "Rows",
    "Template",
    "TemplateError",
    "WorstRow",
    "__version__",
    "arender",
    "check",
    "check_batches",
    "compiled_stats",
    "is_public_address",
    "open",
    "read_feed",
    "render",
    "run_jobs",
    "set_compiled_bytes",
]

# What is written in Python, by the file that it is in; imported on use, so that `import templrender` takes no longer
# than its native half.
_HOMES = {
    "LoadError": "_load_error",
    "Loader": "loading",
    "arender": "_arender",
    "check": "_check",
    "open": "_open",
    "read_feed": "_feeds",
    "render": "_render",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"templrender.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
