"""Run every benchmark, each in its own process, and print its figures: ``python -m benchmarks [NAME...]``."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent


def _is_benchmark(path: Path) -> bool:
    return (path / "__main__.py").exists() or (path.suffix == ".py" and not path.stem.startswith("_"))


def main(names: list[str]) -> int:
    """Run the benchmarks called `names`, or all, and return 1 when one failed."""
    there = sorted(path.stem for path in FOLDER.iterdir() if _is_benchmark(path))
    unknown = sorted(set(names) - set(there))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(there)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or there:
        print(f"== {name} ==", flush=True)
        start = time.perf_counter()
        code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
        print(
            f"   {time.perf_counter() - start:.0f} s" + (f", failed with exit code {code}" if code else ""), flush=True
        )
        if code:
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
