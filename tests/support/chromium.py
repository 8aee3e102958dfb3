"""A headless Chromium for tests of pages, driven by its command line; the test skips where there is none."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["NAMES", "measured", "printed_pages"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 100
MEASURE = "<script>addEventListener('load',()=>{document.title=JSON.stringify(%s)})</script>"


def printed_pages(page: Path) -> int:
    """Return the number of A4 sheets that `page` is printed on."""
    out = page.with_suffix(".pdf")
    _run(page, "--no-pdf-header-footer", f"--print-to-pdf={out}")
    return len(re.findall(rb"/Type\s*/Page[^s]", out.read_bytes()))


def measured(page: Path, expression: str, *, width: int, height: int = 844) -> str:
    """Return the JSON of a JavaScript expression about `page` in a window of that size; the page itself needs none."""
    copy = page.with_name("measured.html")
    copy.write_text(page.read_text(encoding="utf-8") + MEASURE % expression, encoding="utf-8")
    text = _run(copy, f"--window-size={width},{height}", "--virtual-time-budget=5000", "--dump-dom")
    found = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    assert found is not None
    return found.group(1)


def _run(page: Path, *arguments: str) -> str:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("Chromium is missing: install the package `chromium` to look at pages")
    profile = page.parent / "profile"
    done = subprocess.run(  # noqa: S603 - a browser on a page that the test made
        [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            f"--user-data-dir={profile}", *arguments, page.as_uri(),
        ],
        capture_output=True, text=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    return done.stdout
