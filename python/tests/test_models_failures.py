"""What goes wrong in a model's function: which exception comes out, what is drawn instead, and what ends the whole call."""

from __future__ import annotations

import json
import signal
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from model_kit import answered, colour, drawn, job, manifest, network, notes, photo, template

import templrender as t


class Odd(Exception):
    """One whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def failing(error: BaseException) -> Callable[[Any], Any]:
    def function(_given: Any) -> Any:
        raise error

    return function


def renderer_of(function: Any, add: str = "add", given: Any = None) -> t.Renderer:
    models = t.Models()
    getattr(models, add)(network() if given is None else given, function, identity="test 1")
    return t.Renderer(models=models)


def test_an_exception_is_a_model_error_with_its_cause() -> None:
    error = ValueError("no such style")
    with pytest.raises(t.ModelError) as caught:
        job(renderer_of(failing(error)), template()).run()
    raised = caught.value
    assert (raised.code, raised.number, raised.cause, raised.http_status) == ("model-failed", 407, "host", 500)
    assert str(raised) == "model tint: ValueError: no such style"
    assert raised.__cause__ is error and isinstance(raised, t.HostError)
    shown = "".join(traceback.format_exception(raised))
    assert "in function" in shown and "The above exception was the direct cause" in shown


@pytest.mark.parametrize(
    ("error", "said"),
    [(KeyError("a"), "KeyError: 'a'"), (ValueError(), "ValueError"), (Odd(), "Odd"), (OSError("a\nb  c"), "OSError: a b c"), (ValueError("x" * 9_000), "ValueError: " + "x" * 488)],
)  # fmt: skip
def test_an_exception_is_told_in_one_line(error: Exception, said: str) -> None:
    with pytest.raises(t.ModelError) as caught:
        job(renderer_of(failing(error)), template()).run()
    assert caught.value.faults[0].message == said and caught.value.__cause__ is error


def test_an_error_of_models_keeps_its_code() -> None:
    error = t.ModelError(t.Fault("model-limit", "", "two of them at most, found a third"))
    with pytest.raises(t.ModelError) as caught:
        job(renderer_of(failing(error)), template()).run()
    assert caught.value.code == "model-limit" and str(caught.value) == "model tint: two of them at most, found a third"
    assert caught.value.__cause__ is error
    with pytest.raises(t.ModelError) as caught:
        job(renderer_of(failing(t.RowError(t.Fault("bad-field", "field a", "no")))), template()).run()
    assert caught.value.code == "model-failed"


def test_fill_draws_the_fallback_and_says_why() -> None:
    broken = renderer_of(failing(ValueError("no such style")))
    rendered = drawn(broken, template(missing="original"))
    assert colour(rendered) == (200, 100, 50)
    assert notes(rendered) and notes(rendered)[0][0] == "model-failed"
    assert "ValueError: no such style" in notes(rendered)[0][1]

    plan = broken.plan(template(src=["{{ photo }}", "other.png"]), {"photo": "a.png"})
    answers = answered(plan, photo())
    broken.fill(plan, answers)
    (other,) = plan.pending(answers)
    assert other.location == "other.png"

    with pytest.raises(t.ResourceError, match="no such style"):
        drawn(broken, template(missing="error"))


def test_a_model_that_is_not_there_and_one_that_runs_elsewhere() -> None:
    rendered = drawn(t.Renderer(), template(missing="original"))
    assert colour(rendered) == (200, 100, 50) and [code for code, _ in notes(rendered)] == ["model-failed"]
    models = t.Models()
    models.declare(network(), identity="a GPU elsewhere 1")
    assert not models["tint"].runs
    renderer = t.Renderer(models=models)
    elsewhere = job(renderer, template())
    with pytest.raises(t.ModelError) as caught:
        elsewhere.run()
    assert caught.value.code == "missing-model"
    # the host brings the answer, as what another machine sent
    plan = renderer.plan(template(), {"photo": "a.png"})
    answers = answered(plan, photo())
    answers.insert(elsewhere.need, photo((1, 2, 3)))
    assert plan.pending(answers) == [] and colour(renderer.render(plan, answers)) == (1, 2, 3)
    made = t.Made.from_bytes(photo((4, 5, 6)))
    answers.insert_made(elsewhere.need, made)
    assert colour(renderer.render(plan, answers)) == (4, 5, 6)


def test_many_jobs_fail_alone() -> None:
    def picky(pictures: list[t.Frame]) -> list[Any]:
        return [ValueError("too red") if bytes(picture)[0] == 255 else picture for picture in pictures]

    renderer = renderer_of(picky, "add_generator", manifest(runtime={"batch": 4}))
    jobs = [job(renderer, template(), photo((red, 0, 0))) for red in (1, 255, 3)]
    first, second, third = t.run_jobs(jobs)
    assert isinstance(first, t.Made) and isinstance(third, t.Made)
    assert isinstance(second, t.ModelError) and isinstance(second.__cause__, ValueError)
    assert first.frame is not None and colour(first.frame) == (1, 0, 0)
    assert t.run_jobs([]) == []


def test_jobs_of_one_model_are_one_batch() -> None:
    sizes: list[int] = []

    def counted(pictures: list[t.Frame]) -> list[Any]:
        sizes.append(len(pictures))
        return list(pictures)

    renderer = renderer_of(counted, "add_generator", manifest(runtime={"batch": 16}))
    jobs = [job(renderer, template(), photo((red, 0, 0))) for red in range(16)]
    assert len({one.key for one in jobs}) == 16
    assert all(isinstance(made, t.Made) for made in t.run_jobs(jobs)) and sizes == [16]
    sizes.clear()
    assert len(t.run_jobs([jobs[0]] * 5)) == 5 and sizes == [1]


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_what_is_no_exception_ends_the_call(end: BaseException) -> None:
    ran: list[str] = []

    def function(_inputs: Any) -> Any:
        ran.append("once")
        raise end

    renderer = renderer_of(function)
    with pytest.raises(type(end)) as caught:
        job(renderer, template()).run()
    assert caught.value is end
    several = json.loads(template().json)["layers"][0]
    layers = [{**several, "id": f"a{i}", "src": f"{i}.png"} for i in range(3)]
    many = t.Template(json.dumps({"templrender": 1, "name": "m", "size": [9, 9], "layers": layers}))
    plan = renderer.plan(many, {})
    answers = t.Resources()
    for number, need in enumerate(plan.pending(answers)):
        answers.insert(need, photo((number, 0, 0)))
    ran.clear()
    with pytest.raises(type(end)):
        renderer.fill(plan, answers)
    assert ran == ["once"]
    with pytest.raises(type(end)):
        t.run_jobs([renderer.job(plan, need, answers) for need in plan.pending(answers)])


def test_ctrl_c_in_a_function() -> None:
    def slow(_inputs: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        time.sleep(0.01)
        raise AssertionError("Ctrl-C was not heard")

    with pytest.raises(KeyboardInterrupt):
        drawn(renderer_of(slow), template(missing="original"))


def test_time_and_cancel_end_it() -> None:
    renderer = renderer_of(lambda inputs: inputs)
    with pytest.raises(t.DeadlineError):
        job(renderer, template()).run(timeout=0.0)
    with pytest.raises(t.DeadlineError):
        drawn(renderer, template(missing="original"), timeout=0.0)
    cancel = t.Cancel()
    cancel.set()
    with pytest.raises(t.Cancelled):
        job(renderer, template()).run(cancel=cancel)
    (given,) = t.run_jobs([job(renderer, template())], cancel=cancel)
    assert isinstance(given, t.Cancelled)
    with pytest.raises(t.Cancelled):
        drawn(renderer, template(missing="original"), cancel=cancel)


def test_a_limit_is_asked_before_the_function() -> None:
    ran: list[int] = []
    models = t.Models()
    heavy = network(runtime={"est_peak_mb": 5_000})
    models.add(heavy, lambda inputs: ran.append(1) or inputs, identity="test 1")
    with pytest.raises(t.ModelError) as caught:
        job(t.Renderer(models=models), template()).run()
    assert caught.value.code == "model-limit" and not ran
    larger = t.Renderer(models=models, limits=t.Limits(max_model_peak_mb=10_000))
    job(larger, template()).run()
    assert ran


def test_ids_are_taken_once_and_kinds_must_fit() -> None:
    models = t.Models()
    models.add(network(), lambda inputs: inputs, identity="a 1")
    with pytest.raises(t.ArgumentError, match='found "tint" twice'):
        models.add(network(), lambda inputs: inputs, identity="b 1")
    with pytest.raises(t.ArgumentError, match="kind must be matte, found generator"):
        models.add_matte(manifest("other"), lambda pictures: pictures, identity="c 1")
    with pytest.raises(t.ResourceError) as caught:
        models.add({"id": "x"}, lambda inputs: inputs, identity="d 1")
    assert caught.value.code == "bad-manifest"
    with pytest.raises(FileNotFoundError):
        models.add("no/such/manifest.json", lambda inputs: inputs, identity="e 1")
    with pytest.raises(TypeError, match="manifest must be a dict, JSON or a path, found int"):
        models.add(7, lambda inputs: inputs, identity="f 1")  # type: ignore[arg-type]
    with pytest.raises(t.ArgumentError):
        models.declare(network("z"), identity="")
    assert [model.id for model in models] == ["tint"] and len(models) == 1 and "tint" in models and 7 not in models
    with pytest.raises(KeyError):
        models["other"]


def test_threads_run_side_by_side() -> None:
    meeting = threading.Barrier(8, timeout=60)

    def together(inputs: list[Any]) -> list[Any]:
        meeting.wait()  # nobody passes alone: all are inside of it at the same time
        return [1 - inputs[0]]

    renderer = renderer_of(together)
    found: list[Any] = []

    def one() -> None:
        for _ in range(3):
            found.append(colour(drawn(renderer, template())))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 24 and set(found) == {found[0]}


def test_answers_that_come_meanwhile_are_kept() -> None:
    renderer = renderer_of(lambda inputs: inputs)
    plan = renderer.plan(template(), {"photo": "a.png"})
    answers = answered(plan, photo())
    (need,) = plan.pending(answers)

    def meanwhile(inputs: list[Any]) -> list[Any]:
        answers.insert(77, photo())  # the answers are not locked while a model runs
        return inputs

    busy = renderer_of(meanwhile)
    busy.fill(plan, answers)
    assert len(answers) == 3 or need.id not in [pending.id for pending in plan.pending(answers)]


def test_a_function_may_call_the_library() -> None:
    inner = renderer_of(lambda inputs: [inputs[0] * 0 + 0.5])

    def outer(pictures: list[t.Frame]) -> list[Any]:
        assert colour(drawn(inner, template())) == (128, 128, 128)
        with pytest.raises(t.ModelError, match="inside"):
            job(renderer_of(failing(ValueError("inside"))), template()).run()
        return [drawn(inner, template(), picture.encode()).frame for picture in pictures]

    assert colour(drawn(renderer_of(outer, "add_generator", manifest()), template())) == (128, 128, 128)


def test_adding_to_models_changes_no_renderer() -> None:
    models = t.Models()
    models.add(network(), lambda inputs: inputs, identity="a 1")
    renderer = t.Renderer(models=models)
    models.add(network("other"), lambda inputs: inputs, identity="a 1")
    assert [model.id for model in renderer.models] == ["tint"] and len(models) == 2
    assert renderer != t.Renderer(models=models) and renderer == t.Renderer(models=renderer.models)
    assert renderer.models.copy()["tint"].identity == models["tint"].identity


def test_jobs_soak() -> None:
    """Arrays, frames and causes go when their calls are over."""
    import gc
    import resource

    class Payload(list[int]):
        pass

    alive: list[Any] = []

    def failing_with_a_frame(inputs: list[Any]) -> list[Any]:
        import weakref

        payload = Payload(range(1000))
        alive.append(weakref.ref(payload))
        raise ValueError(payload)

    # each round would leave 600 KiB behind
    larger = network(size=(128, 128))
    good = renderer_of(lambda inputs: [inputs[0] + 0], given=larger)
    bad = renderer_of(failing_with_a_frame, given=larger)
    picture, one = photo(size=(8, 8)), template(missing="original")

    def rounds(count: int) -> None:
        for _ in range(count):
            drawn(good, one, picture)
            drawn(bad, one, picture)
            try:
                job(bad, one, picture).run()
            except t.ModelError:
                pass

    rounds(10)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rounds(60)
    gc.collect()
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 8 << 10, f"{grown_kib} KiB more"
    assert not any(ref() is not None for ref in alive)
