"""The native half of `templrender`: templates, plans, pictures, and what failed.

The names and meanings are Rust's. Classes are immutable and may be used by several threads at the same time, unless they say otherwise; whatever takes long lets
the interpreter go meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from types import MappingProxyType
from typing import Any, Self, TypeAlias, final

import numpy
import PIL.Image
from templrender._errors import ArgumentError as ArgumentError
from templrender._errors import BugError as BugError
from templrender._errors import Cancelled as Cancelled
from templrender._errors import DeadlineError as DeadlineError
from templrender._errors import Error as Error
from templrender._errors import HostError as HostError
from templrender._errors import RequestError as RequestError
from templrender._errors import ResourceError as ResourceError
from templrender._errors import RowError as RowError
from templrender._errors import TemplateError as TemplateError

__version__: str

# ---- native

# ---- rows

# ---- feeds

# ---- arrow
