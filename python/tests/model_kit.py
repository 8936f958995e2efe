"""What the tests of models share: manifests, a photo, and templates that name a model."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy
import PIL.Image

import templrender as t

MODELS = "templates/models"


def manifest(id: str = "tint", kind: str = "generator", **keys: Any) -> dict[str, Any]:
    """Of what does its work itself."""
    return {"id": id, "version": "1", "kind": kind, "licence": "MIT", **keys}


def network(id: str = "tint", size: Any = (8, 8), **keys: Any) -> dict[str, Any]:
    """A network from a picture to one, float32, RGB from 0 to 1, channels first."""
    image = {"name": "image", "role": "image", "size": size, "scale": 1 / 255, "layout": "nchw"}
    output = {"name": "y", "role": "image", "range": [0, 1], "layout": "nchw"}
    return manifest(id, inputs=[image], outputs=[output], **keys)


def template(**keys: Any) -> t.Template:
    """One picture, 16 x 16 px, which names the model `tint`."""
    layer = {"id": "photo", "type": "image", "src": "{{ photo }}", "width": 16, "height": 16, "model": "tint", **keys}
    fields = {"photo": {"type": "image"}, "style": {"type": "text"}}
    return t.Template(
        json.dumps({"templrender": 1, "name": "one", "size": [16, 16], "fields": fields, "layers": [layer]})
    )


def photo(colour: tuple[int, int, int] = (200, 100, 50), size: tuple[int, int] = (32, 32)) -> bytes:
    """A PNG of one colour."""
    file = io.BytesIO()
    PIL.Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def drawn(renderer: t.Renderer, template: t.Template, picture: bytes | None = None, **keys: Any) -> t.Rendered:
    """Planned, answered, filled, drawn."""
    plan = renderer.plan(template, {"photo": "a.png"})
    answers = answered(plan, photo() if picture is None else picture)
    renderer.fill(plan, answers, **keys)
    return renderer.render(plan, answers)


def answered(plan: t.Plan, picture: bytes) -> t.Resources:
    """The answers of a plan whose models did not run yet."""
    answers = t.Resources()
    for need in plan.pending(answers):
        answers.insert(need, picture)
    return answers


def job(renderer: t.Renderer, template: t.Template, picture: bytes | None = None) -> t.Job:
    """The job of the template's model."""
    plan = renderer.plan(template, {"photo": "a.png"})
    answers = answered(plan, photo() if picture is None else picture)
    (need,) = plan.pending(answers)
    assert need.kind == "generated"
    return renderer.job(plan, need, answers)


def colour(rendered: t.Rendered | t.Frame) -> tuple[int, int, int]:
    """Of the px in the middle."""
    frame = rendered.frame if isinstance(rendered, t.Rendered) else rendered
    pixels = numpy.asarray(frame)
    red, green, blue = (int(part) for part in pixels[frame.height // 2, frame.width // 2, :3])
    return red, green, blue


def notes(rendered: t.Rendered) -> list[tuple[str, str]]:
    """Code and message of each that is about models."""
    told = [(note.code, note.message) for note in rendered.report.notes]
    return [(code, message) for code, message in told if code in ("model-failed", "face-missing")]
