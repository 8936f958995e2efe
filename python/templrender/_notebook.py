"""How a template looks in a notebook: drawn with what lies beside it, without asking the web.

A bundle or a template comes in; PNG bytes go out, or nothing where no row at hand makes a picture, and the notebook
then shows the object's text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ._files import read
from ._load_error import LoadError
from ._render import render
from ._templrender import Bundle, Error, Limits, Row, Template
from .loading import Loader


def preview(shown: Bundle | Template) -> bytes | None:
    """The first of these that makes a picture: a row in `rows/` (`default.json` before others), the examples of the
    template's fields, its fallback.

    >>> import templrender as tr
    >>> preview(tr.open("templates/og-card"))[:4]
    b'\\x89PNG'
    >>> fields = '{ "title": { "type": "text", "required": true } }'
    >>> template = tr.Template('{ "templrender": 1, "name": "a", "size": [9, 9], "layers": [], "fields": %s }' % fields)
    >>> preview(template) is None
    True
    """
    loader = Loader(root=None, web=False)
    for row, folder in _rows(shown):
        try:
            return render(shown, row, loader=loader, root=folder)._repr_png_()
        except Error:
            # A row that cannot be drawn is no fault of who looks at the template: `render` and `check` tell it.
            continue
    return None


def _rows(shown: Bundle | Template) -> Iterator[tuple[Row, Path | None]]:
    template = shown if isinstance(shown, Template) else shown.template
    if isinstance(shown, Bundle) and shown.folder is not None:
        files = sorted(Path(shown.folder).glob("rows/*.json"), key=lambda file: (file.stem != "default", file.name))
        for file in files[:1]:
            try:
                yield Row.from_json(read(str(file), file.name, Limits().max_template_bytes)), file.parent
            except (Error, LoadError):
                continue
    yield template.example(), None
    if isinstance(shown, Bundle) and shown.fallback is not None:
        yield shown.fallback, None
