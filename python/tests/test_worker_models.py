"""Batches through models: all that jobs of one read need of a model is asked in one call, and who has no face in the photo is told so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from batch_kit import photo
from worker_kit import Shop, honey

from templrender import Frame, Models
from templrender.worker import files
from templrender.worker.draw import NO_FACE, Studio
from templrender.worker.job import Job

TEMPLATE: dict[str, Any] = {
    "templrender": 1,
    "name": "selfie",
    "size": [64, 64],
    "output": {"format": "png"},
    "fields": {"photo": {"type": "image", "required": True}, "title": {"type": "text"}},
    "layers": [
        {
            "id": "photo",
            "type": "image",
            "src": "{{ photo }}",
            "left": 0,
            "top": 0,
            "width": 64,
            "height": 64,
            "object-fit": "cover",
        }
    ],
}
GENERATOR = {
    "id": "invert",
    "version": "1",
    "licence": "MIT",
    "kind": "generator",
    "runtime": {"max_pixels": 1048576, "est_gmac": 0.001, "est_peak_mb": 1, "batch": 16},
}
DETECTOR = {
    "id": "face",
    "version": "1",
    "licence": "MIT",
    "kind": "detector",
    "runtime": {"max_pixels": 1048576, "est_gmac": 0.001, "est_peak_mb": 1, "batch": 16},
}


class Selfies:
    """A generator that notes how many pictures it gets at once, and a detector that sees a face in what is red enough."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.failing = False
        self.models = Models()
        self.models.add_generator(GENERATOR, self.invert, identity="invert 1")
        self.models.add_detector(DETECTOR, self.detect, identity="face 1")

    def invert(self, frames: list[Frame]) -> list[Any]:
        self.batches.append(len(frames))
        if self.failing:
            raise RuntimeError("the card is out of memory")
        return [255 - frame.to_numpy()[..., :3] for frame in frames]

    def detect(self, frames: list[Frame]) -> list[Any]:
        return [[(2, 2, 4, 4)] if frame.to_numpy()[0, 0, 0] > 100 else [] for frame in frames]


@pytest.fixture
def selfies(shop: Shop) -> Selfies:
    it = Selfies()
    shop.studio.close()
    shop.studio = Studio(shop.folder, shop.store, models=it.models, max_tries=3)
    return it


def template(shop: Shop, name: str, **layer: object) -> None:
    folder = shop.folder / name
    folder.mkdir()
    document = {**TEMPLATE, "name": name, "layers": [{**TEMPLATE["layers"][0], **layer}]}
    Path(folder, "template.json").write_text(json.dumps(document))


def filed(shop: Shop, number: int, name: str, red: int, **more: Any) -> Job:
    upload = files.upload_name("image/png")
    files.write_upload(shop.store, upload, photo(red))
    job = honey(number, template=name, picture=f"upload:{upload}", **more)
    shop.jobs.file(job)
    return job


def result(shop: Shop, job: Job) -> Frame:
    status = shop.jobs.status(job.id)
    assert status and status.state == "done", status
    return Frame.decode(files.read_result(shop.store, status.result))


def test_sixteen_jobs_are_one_batch_of_the_model(shop: Shop, selfies: Selfies) -> None:
    template(shop, "inverted", model="invert")
    jobs = [filed(shop, number, "inverted", 100 + number) for number in range(16)]
    shop.draw_all(shop.worker())
    assert selfies.batches == [16]
    for number, job in enumerate(jobs):
        assert tuple(result(shop, job).to_rgba()[:3]) == (155 - number, 155, 205)


def test_what_is_the_same_is_made_once(shop: Shop, selfies: Selfies) -> None:
    template(shop, "inverted", model="invert")
    for number in range(6):
        filed(shop, number, "inverted", 200 if number < 5 else 90)
    shop.draw_all(shop.worker())
    assert selfies.batches == [2] and shop.jobs.counts()["done"] == 6


def test_a_model_that_fails_is_tried_again(shop: Shop, selfies: Selfies) -> None:
    template(shop, "inverted", model="invert")
    template(shop, "or-not", model="invert", missing="original")
    selfies.failing = True
    jobs = [filed(shop, 0, "inverted", 200), filed(shop, 1, "or-not", 200)]
    worker = shop.worker("--max-tries", 3, "--retry", 60, "--most-retry", 60)
    plain = honey(2)
    shop.jobs.file(plain)
    shop.draw_all(worker)
    states = [shop.jobs.status(job.id) for job in (*jobs, plain)]
    assert [status and status.state for status in states] == ["later", "later", "done"]
    assert states[0] and "the card is out of memory" in states[0].message
    for _ in range(2):
        shop.pass_time(60)
        shop.draw_all(worker)
    # The last try does without, where the template says that it can.
    assert tuple(result(shop, jobs[1]).to_rgba()[:3]) == (200, 100, 50)
    assert shop.jobs.status(jobs[0].id).state == "dead"  # type: ignore[union-attr]
    shop.jobs.again(jobs[0].id)
    selfies.failing = False
    shop.draw_all(worker)
    assert tuple(result(shop, jobs[0]).to_rgba()[:3]) == (55, 155, 205)


def test_who_has_no_face_in_the_photo_is_told_so(shop: Shop, selfies: Selfies) -> None:
    template(shop, "centred", **{"object-position": "face"})
    jobs = [
        filed(shop, 0, "centred", 200),
        filed(shop, 1, "centred", 20),
        filed(shop, 2, "centred", 30, needs_face=False),
    ]
    shop.draw_all(shop.worker())
    found = [shop.jobs.status(job.id) for job in jobs]
    assert [(status.state, status.message) for status in found if status] == [
        ("done", ""),
        ("no-face", NO_FACE),
        ("done", NO_FACE),
    ]
    assert found[1] and found[1].result == ""
    # Nobody had to ask a second time, and each gets a mail.
    assert shop.jobs.depth().outbox == 3 and shop.jobs.depth().depth == 0
