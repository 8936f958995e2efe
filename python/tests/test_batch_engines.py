"""The adapters: the same rows, the same columns and the same bytes through every engine. Those of Ray, Spark and Daft run with `python/test.sh engines`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_kit import batch, bundle, drawn, environment, rows, template_file

from templrender.arrow import BatchRenderer

slow = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def renderer() -> BatchRenderer:
    return BatchRenderer(bundle(), variants=[None, "wide"], now=0, rows_at_once=7, threads=1)


@pytest.fixture
def feed() -> pa.Table:
    """Thirty rows, of which one fails and one is skipped."""
    return rows(30, price=["1.00 EUR"] * 28 + ["free", None], hidden=[None] * 29 + ["sold out"])


def held(renderer: BatchRenderer, feed: pa.Table, found: Any) -> None:
    """What came out is what comes out without an engine, in any order of rows and with any of Arrow's types for texts."""
    want = pa.Table.from_batches([pa.record_batch(one) for one in renderer.iter(feed)])
    table = pa.table(found)
    assert table.schema.names == want.schema.names

    def rows_of(some: pa.Table) -> list[dict[str, Any]]:
        return sorted(some.to_pylist(), key=lambda row: (row["id"], row["variant"] or ""))

    assert rows_of(table) == rows_of(want)
    assert sum(row["picture"] is not None for row in rows_of(table)) == 56


def test_polars(renderer: BatchRenderer, feed: pa.Table) -> None:
    pl = pytest.importorskip("polars")
    from templrender.engines.polars import render

    held(renderer, feed, pl.concat(render(pl.DataFrame(feed), renderer)))
    held(renderer, feed, pl.concat(render(pl.DataFrame(feed).lazy(), renderer)))


def test_duckdb(renderer: BatchRenderer, feed: pa.Table, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    from templrender.engines.duckdb import render

    with duckdb.connect() as connection:
        connection.sql("create table feed as from feed")
        connection.register("pictures", render("from feed", renderer, connection))
        connection.sql(f"copy (select * from pictures) to '{tmp_path}/pictures.parquet'")
    held(renderer, feed, pq.read_table(tmp_path / "pictures.parquet"))


class TestDaft:
    pytestmark = slow

    def test_daft(self, renderer: BatchRenderer, feed: pa.Table) -> None:
        daft = pytest.importorskip("daft")
        from templrender.engines.daft import render

        held(renderer, feed, render(daft.from_arrow(feed), renderer).to_arrow())


class TestSpark:
    pytestmark = slow

    def test_spark(self, renderer: BatchRenderer, feed: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
        sql = pytest.importorskip("pyspark.sql")
        from templrender.engines.spark import render

        # Its processes are to have this Python and this package.
        monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
        monkeypatch.setenv("PYTHONPATH", f"{environment()['PYTHONPATH']}{os.pathsep}{Path(__file__).parent}")
        builder = sql.SparkSession.builder.master("local[2]")
        for name, value in {
            "spark.ui.enabled": "false",
            "spark.driver.memory": "1g",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
        }.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        try:
            held(renderer, feed, render(session.createDataFrame(feed), renderer).toArrow())
        finally:
            session.stop()


class TestRay:
    pytestmark = slow

    @pytest.fixture
    def ray(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
        ray = pytest.importorskip("ray")
        monkeypatch.setenv("PYTHONPATH", f"{environment()['PYTHONPATH']}{os.pathsep}{Path(__file__).parent}")
        monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
        ray.init(num_cpus=2, object_store_memory=200 << 20, include_dashboard=False, log_to_driver=False)
        yield ray
        ray.shutdown()

    def test_ray_data(self, ray: Any, renderer: BatchRenderer, feed: pa.Table) -> None:
        from templrender.engines.ray import render

        ray.data.DataContext.get_current().enable_progress_bars = False
        pictures = render(ray.data.from_arrow(feed).repartition(3), renderer, batch_size=8)
        held(renderer, feed, pa.concat_tables(pictures.iter_batches(batch_format="pyarrow")))

    @pytest.mark.parametrize("write", ["parquet", "files"])
    def test_the_program_on_ray_writes_what_it_writes_here(self, ray: Any, tmp_path: Path, write: str) -> None:
        from templrender.batch.options import parse
        from templrender.batch.run import run

        pq.write_table(rows(40, price=["1.00 EUR"] * 39 + ["free"]), tmp_path / "feed.parquet")
        shared = [
            tmp_path / "feed.parquet",
            "--template",
            template_file(tmp_path),
            "--part-rows",
            7,
            "--now",
            0,
            "--write",
            write,
        ]
        batch(*shared, "--out", tmp_path / "here", status=1)
        assert run(parse([*map(str, shared), "--out", str(tmp_path / "there"), "--engine", "ray"])) == 1
        here, there = files(tmp_path / "here"), files(tmp_path / "there")
        assert sorted(here) == sorted(there)
        assert all(here[name] == there[name] for name in here if write == "parquet" or not name.startswith("manifest/"))
        if write == "parquet":
            assert len(drawn(tmp_path / "there")) == 39


def files(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
