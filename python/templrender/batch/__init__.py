"""Whole feeds into pictures: `python -m templrender.batch FEED --template T --out URI`.

A feed is cut into parts of so many rows, in its order. A part is drawn as a whole and becomes one file, whose name is made of its rows and of all that decides how
they are drawn, and which appears whole or not at all. So a part that is there is done: a run goes on where an earlier one was killed, an engine may draw a part twice,
and every row is in the result exactly once.

| file | in | out |
|---|---|---|
| `options` | the command line | `Options` |
| `feed` | a file, a glob, a folder | batches of rows; shards, samples |
| `parts` | batches | `Part`s and their names |
| `draw` | a part | its file in the store, and `Counts` |
| `store` | names and bytes | files of a folder, or of an object storage by fsspec |
| `run` | options | the loop over parts, the end, the exit status |
| `local`, `cluster` | parts | counts: by threads here, by tasks of Ray |

docs/batch.md tells it from the outside.
"""
