"""A queue of pictures that people wait for: `python -m templrender.worker --templates T --results URI --smtp URL`.

A job is a template, a row, a photo and somebody to mail the picture to. Jobs wait in a stream of Redis or Valkey; workers read some at a time, draw them together, write the
pictures, and leave the mails to whoever sends them. A job is acknowledged in the same atomic step that records its end, so that it is done once wherever a worker dies.

| file | in | out |
|---|---|---|
| `job` | JSON | a checked `Job`, and its id |
| `scripts` | | the atomic steps, in Lua |
| `jobs` | jobs | `Jobs`: filed, taken, settled, put off, given up; status and depth |
| `outbox` | ends of jobs | `Outbox`: mails that are due, and when sending pauses |
| `backoff` | how often it failed | seconds |
| `draw` | a batch of jobs | an `Outcome` for each |
| `files` | bytes | uploads and results under names of our own, in a folder or an object storage |
| `letter` | a job's end | a mail |
| `smtp` | mails | what became of each |
| `sweep` | what is due | uploads, results and jobs that are deleted |
| `metrics` | counts | Prometheus text on a port |
| `run` | options | the threads of a worker, until SIGTERM |
| `options` | the command line | `Options` |

docs/queue.md tells it from the outside; `deploy/queue.sh` and `deploy/upload` are the rest of the service.
"""
