"""A template with the files that lie around it: a folder, a JSON file in one, or a pack comes in, a `Bundle` goes out,
whole and valid or refused.

The core says which files are wanted and what is wrong with them; here they are read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ._files import read, system_reason
from ._load_error import LoadError
from ._templrender import Bundle, Error, Fonts, Limits, Models, Pack

_FONT_ENDINGS = {".ttf", ".otf", ".ttc", ".otc"}
# Folders inside a folder of fonts that are looked into.
_MAX_FONT_DEPTH = 4

AnyPath = str | os.PathLike[str]


def open(
    path: AnyPath,
    *,
    fonts: AnyPath | Sequence[AnyPath] = (),
    default_font: bool = True,
    limits: Limits | None = None,
    models: Models | AnyPath | None = None,
) -> Bundle:
    """A template ready to draw with, out of a folder with `template.json` (and `fonts/`, assets, `fallback.json`), a
    JSON file in such a folder, or a pack (`card.zip`).

    >>> import templrender as tr
    >>> card = tr.open("templates/og-card")
    >>> card.template.name, card.template.fonts
    ('og-card', ('Inter', 'Noto Sans Arabic'))

    Args:
        path: Of the folder, the file or the pack.
        fonts: Font files, and folders of them, for what the template's own fonts lack.
        default_font: Whether the embedded Noto Sans stands in for what all of them lack.
        limits: What the template and its pictures may take. None: the core's.
        models: Models that the template may name, or a folder of them. None: those of the template's own folder `models`, where it has one.

    Raises:
        OSError: A file that cannot be read or is not there.
        TemplateError: What is wrong with the template, all of it at once, with line and column.
        ResourceError: An asset that is no picture.
    """
    limits = limits or Limits()
    place = Path(path)
    try:
        pack = _pack(place, limits)
        folder = None if is_pack(place) else os.path.realpath(place if place.is_dir() else place.parent)
        host = Fonts([_bytes(file, limits.max_input_bytes) for file in _given_fonts(fonts)], default=default_font)
        return pack.open(fonts=host, now=int(time.time()), folder=folder, models=_models(models, folder, limits))
    except Error as error:
        error.add_note(f"in {place}")
        raise


def is_pack(path: AnyPath) -> bool:
    """Whether a path is that of a pack: a file whose name ends in `.zip`.

    >>> is_pack("somewhere/card.ZIP"), is_pack("templates/og-card")
    (True, False)
    """
    return os.fspath(path).lower().endswith(".zip") and not os.path.isdir(path)


def read_pack(path: AnyPath, *, limits: Limits | None = None) -> Pack:
    """The files of a template, of those in its folder the ones that it uses.

    >>> pack = read_pack("templates/og-card")
    >>> "template.json" in pack.files(), any(file.startswith("rows/") for file in pack.files())
    (True, False)
    """
    return _pack(Path(path), limits or Limits())


def _models(given: Models | AnyPath | None, folder: str | None, limits: Limits) -> Models | None:
    if isinstance(given, Models):
        return given
    if given is not None:
        return Models(given, limits=limits)
    own = None if folder is None else Path(folder, "models")
    return Models(own, limits=limits) if own is not None and any(own.glob("*.json")) else None


def _pack(place: Path, limits: Limits) -> Pack:
    if is_pack(place):
        return Pack(_bytes(place, limits.max_pack_bytes), limits=limits)
    file, folder = (place / "template.json", place) if place.is_dir() else (place, place.parent)
    inside = Path(os.path.realpath(folder))
    pack = Pack(limits=limits)
    pack.add("template.json", _inside(file, inside, limits.max_template_bytes))
    fallback = folder / "fallback.json"
    if fallback.exists():
        pack.add("fallback.json", _inside(fallback, inside, limits.max_template_bytes))
    wanted = pack.wanted(now=int(time.time()))
    for font in sorted(_fonts(folder / "fonts", _MAX_FONT_DEPTH)):
        pack.add(font.relative_to(folder).as_posix(), _inside(font, inside, limits.max_input_bytes))
    for name in wanted:
        pack.add(name, _inside(folder / name, inside, limits.max_input_bytes))
    return pack


def _given_fonts(given: AnyPath | Sequence[AnyPath]) -> Iterator[Path]:
    for path in [given] if isinstance(given, (str, os.PathLike)) else given:
        place = Path(path)
        yield from sorted(_fonts(place, _MAX_FONT_DEPTH)) if place.is_dir() else [place]


def _fonts(folder: Path, depth: int) -> Iterable[Path]:
    """The font files of a folder and of those in it."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.suffix.lower() in _FONT_ENDINGS and path.is_file():
            yield path
        elif depth and path.is_dir():
            yield from _fonts(path, depth - 1)


def _inside(path: Path, folder: Path, limit: int) -> bytes:
    """A whole file that comes to lie in a folder after links are followed."""
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(folder):
        raise PermissionError(f"{path}: a template's files must lie in its folder, this one leads out of it")
    return _bytes(path, limit)


def _bytes(path: Path, limit: int) -> bytes:
    real = os.path.realpath(path)
    if not os.path.exists(real):
        raise FileNotFoundError(2, os.strerror(2), str(path))
    try:
        return read(real, str(path), limit)
    except LoadError as error:
        raise OSError(f"{path}: {error.reason}") from None


__all__ = ["is_pack", "open", "read_pack", "system_reason"]
