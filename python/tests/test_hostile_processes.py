"""The interpreter's own oddities, each in a process of its own: it ends while threads draw, forks, spawns, is asked for a second one, checks its memory."""

import subprocess
import sys
import textwrap

import pytest

HEAD = '''
import sys, templrender as tr
TEMPLATE = """{ "templrender": 1, "name": "card", "size": [640, 320], "background": "linear-gradient(90deg, red, blue)",
  "layers": [ { "type": "text", "text": "{{ title }}", "left": 34, "top": 0, "width": 300, "height": 300, "font-size": 40 } ] }"""
template, renderer = tr.Template(TEMPLATE), tr.Renderer()
def draw(title="a"):
    return renderer.render(renderer.plan(template, {"title": title})).encode(tr.Output.jpeg(85))
first = draw()
'''


def run(code: str, *options: str, head: str = HEAD, status: int = 0, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", head + textwrap.dedent(code)],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
        env={**__import__("os").environ, **environment},
    )
    assert done.returncode == status, f"exit status {done.returncode}\n{done.stdout}"
    return done.stdout


@pytest.mark.parametrize("daemon", [True, False])
def test_the_interpreter_ends_while_threads_draw(daemon: bool) -> None:
    code = f"""
        import threading, time
        def work():
            for number in range(10**9 if {daemon} else 20):
                draw(str(number))
        for _ in range(4):
            threading.Thread(target=work, daemon={daemon}).start()
        time.sleep(0.3)
        print("done", flush=True)
    """
    for _ in range(3):
        assert run(code) == "done\n"


def test_fork_after_use() -> None:
    run("""
        import os, threading, time, warnings
        stop = False
        def work():
            while not stop:
                draw()
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads: thread.start()
        time.sleep(0.1)
        for _ in range(8):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is what is tried here
                child = os.fork()
            if child == 0:
                os._exit(0 if draw() == first else 3)
            deadline = time.monotonic() + 20
            while True:
                done, status = os.waitpid(child, os.WNOHANG)
                if done: break
                if time.monotonic() > deadline:
                    os.kill(child, 9)
                    sys.exit("the child hangs")
                time.sleep(0.01)
            assert status == 0, status
        stop = True
        for thread in threads: thread.join()
    """)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_processes(method: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    program = tmp_path_factory.mktemp(method) / "program.py"
    program.write_text(
        HEAD
        + textwrap.dedent(f"""
        import multiprocessing
        def shout(title):
            if title == "bad":
                tr.Template("{{")
            return draw(title)
        if __name__ == "__main__":
            with multiprocessing.get_context("{method}").Pool(2) as pool:
                assert pool.map(shout, ["a"] * 20) == [first] * 20
                try:
                    pool.map(shout, ["bad"])
                except tr.TemplateError as error:
                    assert error.faults and error.code, error
                else:
                    sys.exit("no error came back")
        """),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(program)],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout


def test_a_second_interpreter_works_or_is_refused_clearly() -> None:
    told = run(
        """
        import _xxsubinterpreters as interpreters
        second = interpreters.create()
        try:
            interpreters.run_string(second, "import templrender; templrender.Renderer(); print('drawn')")
        except interpreters.RunFailedError as error:
            assert "ImportError" in str(error) and "interpreter" in str(error), error
            print("refused")
        interpreters.destroy(second)
        assert draw() == first
        print("end")
        """
    )
    assert told in ("refused\nend\n", "drawn\nend\n"), told


def test_imported_again() -> None:
    run("""
        for name in [name for name in sys.modules if name.startswith("templrender")]:
            del sys.modules[name]
        try:
            import templrender as again
        except ImportError as error:
            assert "interpreter" in str(error) or "once" in str(error), error
        else:
            again.Template(TEMPLATE)
        assert draw() == first
    """)


WORK = """
    import pickle, gc
    for number in range(50):
        draw(str(number))
        try:
            tr.Template("{" + str(number))
        except tr.Error as error:
            pickle.loads(pickle.dumps(error))
    frame = renderer.render(renderer.plan(template, {"title": "a"})).frame
    view = memoryview(frame)
    row = tr.Row(title="a", list=[1, 2.5, None, {"a": "b"}], price=tr.Money(1, "EUR"))
    assert pickle.loads(pickle.dumps(row)) == row
    tr.Frame(view)
    del frame
    gc.collect()
    print(len(view.tobytes()))
"""


def test_python_in_development_mode() -> None:
    assert run(WORK, "-X", "dev") == f"{640 * 320 * 4}\n"


def test_memory_that_is_checked() -> None:
    assert run(WORK, PYTHONMALLOC="debug") == f"{640 * 320 * 4}\n"


def test_globals_that_go_away_in_any_order() -> None:
    run("""
        import atexit, threading
        frame = renderer.render(renderer.plan(template, {"title": "a"})).frame
        class Last:
            def __init__(self): self.view = memoryview(frame); self.renderer = renderer; self.template = template
            def __del__(self): self.renderer.plan(self.template, {"title": "late"}); self.view.tobytes()
        last = Last()
        last.me = last
        sys.modules["kept"] = last
        atexit.register(lambda: draw("at exit"))
    """)
