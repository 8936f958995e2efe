"""`import models` and `import weights`, as `tools/models.py` itself has them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
