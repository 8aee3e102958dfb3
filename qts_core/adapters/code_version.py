"""Which code is running: the version and, in a checkout, its commit."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import qts_core

__all__ = ["code_version"]

GIT_SECONDS = 5


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return ``"0.1.0+g<12 hex>"``, with ``.dirty`` when tracked files were changed; ``"0.1.0"`` outside a checkout."""
    root = Path(qts_core.__file__).parent.parent
    commit = _git(root, "rev-parse", "--short=12", "HEAD") if (root / ".git").exists() else ""
    if not commit:
        return qts_core.__version__
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{qts_core.__version__}+g{commit}" + (".dirty" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        # Fixed arguments, no shell.
        done = subprocess.run(  # noqa: S603
            [git, "-C", str(root), *arguments], capture_output=True, text=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
