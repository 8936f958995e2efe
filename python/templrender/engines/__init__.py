"""Adapters: one file for each engine, a few lines over `templrender.arrow.BatchRenderer`. Each is imported by itself and needs its engine; docs/batch.md says when to take which.

All give the same columns and the same bytes: `id`, `variant`, `picture`, `content_type`, `key`, `width`, `height`, `valid_until`, `skipped`, `report`, `error`.
"""
