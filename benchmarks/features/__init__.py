"""How fast the feature engine is, a part per module: ``python -m benchmarks.features [PART...]``.

Both sides of a ratio run on the same bars in the same process, best of some runs, in processor time, so that other
work on the machine counts for neither. Batch, live and Alpha158 are wall time; the live step starts warm.
"""

import os
from pathlib import Path

os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(os.environ.get("QTS_HOME", ".qts")) / "cache" / "numba"))
