"""Draws pictures from a template, a data row and photos."""

from templrender._templrender import __version__

__all__ = ["__version__"]
