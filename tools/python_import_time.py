#!/usr/bin/env python3
"""python_import_time.py LIMIT_MS: what `import templrender` costs in a new interpreter that has nothing but the package.

The best of ten interpreters with the import less the best of ten without it, so that the machine's own start does not count. Where it is too slow,
the interpreter's own account of all imports is printed; where it imports what is optional, that is said whatever the time.
"""

import subprocess
import sys
import time

OPTIONAL = ("numpy", "pyarrow", "PIL", "httpx", "pandas", "polars", "fsspec")
ROUNDS = 10


def run(code: str, *options: str) -> tuple[float, str]:
    """Milliseconds of an interpreter that runs the code, and what it wrote on standard error."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *options, "-c", code], check=True, stderr=subprocess.PIPE, text=True)
    return (time.perf_counter() - began) * 1e3, done.stderr


def main() -> int:
    limit = float(sys.argv[1])
    run("import templrender")  # writes the byte code
    pairs = [(run("pass")[0], run("import templrender")[0]) for _ in range(ROUNDS)]
    nothing, imported = (min(times) for times in zip(*pairs, strict=True))
    took = imported - nothing
    loaded = f"import sys, templrender; found = [n for n in {OPTIONAL!r} if n in sys.modules]; sys.exit(f'imported at once: {{found}}' if found else 0)"
    late = subprocess.run([sys.executable, "-c", loaded], stderr=subprocess.PIPE, text=True)
    print(f"import templrender: {took:.1f} ms over an interpreter's {nothing:.1f} ms, limit {limit:.0f} ms")
    if late.returncode != 0:
        print(late.stderr, file=sys.stderr)
        return 1
    if took > limit:
        print(run("import templrender", "-X", "importtime")[1], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
