"""A headless Chromium for tests of pages, driven by its command line; the test skips where there is none."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["NAMES", "measured", "printed_pages"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 100
FRAME = """<!doctype html><title></title>
<iframe style="width:{width}px;height:{height}px;border:0" srcdoc="{page}"></iframe>
<script>addEventListener("load", () => {{
  document.title = JSON.stringify(document.querySelector("iframe").contentWindow.eval({expression}))
}})</script>"""
"""A window of a browser is at least 500 pixels wide, a frame as wide as it should be."""


def printed_pages(page: Path) -> int:
    """Return the number of A4 sheets that `page` is printed on."""
    out = page.with_suffix(".pdf")
    _run(page, "--no-pdf-header-footer", f"--print-to-pdf={out}")
    return len(re.findall(rb"/Type\s*/Page[^s]", out.read_bytes()))


def measured(page: Path, expression: str, *, width: int, height: int = 844) -> str:
    """Return the JSON of a JavaScript expression about `page` in a window of that size; the page itself needs none."""
    frame = page.with_name("measured.html")
    text = html.escape(page.read_text(encoding="utf-8"))
    frame.write_text(
        FRAME.format(width=width, height=height, page=text, expression=json.dumps(expression)), encoding="utf-8"
    )
    shown = _run(frame, "--window-size=1600,1000", "--virtual-time-budget=5000", "--dump-dom")
    found = re.search(r"<title>(.*?)</title>", shown, re.DOTALL)
    assert found is not None
    return html.unescape(found.group(1))


def _run(page: Path, *arguments: str) -> str:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("Chromium is missing: install the package `chromium` to look at pages")
    profile = page.parent / "profile"
    done = subprocess.run(
        [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            f"--user-data-dir={profile}", *arguments, page.as_uri(),
        ],
        capture_output=True, text=True, timeout=SECONDS, check=True,
    )  # fmt: skip
    return done.stdout
