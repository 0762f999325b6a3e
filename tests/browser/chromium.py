"""Pages in a real browser: headless Chromium, driven through a pipe by the DevTools protocol.

``Chromium.render`` lays a page out at a width and measures it, ``Chromium.print_pdf`` prints it;
``count_pages`` says on how many sheets. Nothing beyond the standard library is needed.
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Box", "Chromium", "Rendered", "count_pages", "find_chromium"]

_PATIENCE = 30.0
"""Seconds that the browser has for one answer."""
_A4 = {"paperWidth": 210 / 25.4, "paperHeight": 297 / 25.4}
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--remote-debugging-pipe",
)
# Chromium reads commands from descriptor 3 and writes to 4.
_LAUNCH = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
_MEASURE = """
(selectors) => {
  const root = document.documentElement, width = root.clientWidth, over = new Set();
  const name = (e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '')
    + (e.getAttribute('class') ? '.' + e.getAttribute('class') : '');
  const outside = (rect, left, right) => rect.width > 0
    && (rect.left < left - 1 || rect.right > right + 1);
  for (const e of document.body.querySelectorAll('*')) {
    const rect = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (outside(rect, 0, width)) over.add(name(e));
    if (style.overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1) over.add(name(e));
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    let block = node.parentElement;
    while (getComputedStyle(block).display.startsWith('inline')
      && getComputedStyle(block).display === 'inline') block = block.parentElement;
    const range = document.createRange(), bounds = block.getBoundingClientRect();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (outside(rect, Math.max(0, bounds.left), Math.min(width, bounds.right)))
        over.add(name(block) + ' text');
    }
  }
  const boxes = {};
  for (const selector of selectors) {
    boxes[selector] = [...document.querySelectorAll(selector)].map((e) => {
      const rect = e.getBoundingClientRect();
      return {left: rect.left, top: rect.top + scrollY, right: rect.right,
        bottom: rect.bottom + scrollY, font: parseFloat(getComputedStyle(e).fontSize),
        color: getComputedStyle(e).color, background: getComputedStyle(e).backgroundColor};
    });
  }
  return {width, scroll_width: Math.max(root.scrollWidth, document.body.scrollWidth),
    height: root.scrollHeight, overflowing: [...over], boxes};
}
"""


def find_chromium() -> str | None:
    """Return the path of Chromium, None where there is none on this machine."""
    debian = "/usr/bin/chromium"
    return debian if os.access(debian, os.X_OK) else shutil.which("chromium")


@dataclass(frozen=True)
class Box:
    """Where an element stands, in CSS pixels from the page's corner; its font size; its colours."""

    left: float
    top: float
    right: float
    bottom: float
    font: float
    color: str
    background: str


@dataclass(frozen=True)
class Rendered:
    """A page as laid out.

    ``width`` is the window's and ``scroll_width`` what the page takes; ``overflowing`` names what
    reaches out of the window or of its own block, ``boxes`` has the elements of each selector,
    ``requests`` every address that was asked for, ``png`` is the picture of the page (``whole`` or
    what shows first), empty where none was wanted.
    """

    width: int
    scroll_width: int
    height: int
    overflowing: tuple[str, ...]
    boxes: dict[str, tuple[Box, ...]]
    requests: tuple[str, ...]
    png: bytes


def count_pages(pdf: bytes) -> int:
    """Return how many pages a PDF of Chromium has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


class Chromium:
    """A browser of its own, with a new profile in ``folder``; leave it with ``close``."""

    def __init__(self, path: str, folder: Path) -> None:
        self._folder = folder
        self._pages = 0
        self._calls = 0
        self._events: list[dict[str, Any]] = []
        self._rest = b""
        to_read, to_write = _pipe()
        from_read, from_write = _pipe()
        launch = [sys.executable, "-c", _LAUNCH, str(to_read), str(from_write)]
        profile = f"--user-data-dir={folder / 'profile'}"
        self._process = subprocess.Popen(
            [*launch, path, *_FLAGS, profile, "about:blank"],
            pass_fds=(to_read, from_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {"HOME": str(folder), "TZ": "Asia/Tokyo"},
        )
        os.close(to_read)
        os.close(from_write)
        self._to, self._from = to_write, from_read

    def close(self) -> None:
        """End the browser and everything it started."""
        os.close(self._to)
        os.close(self._from)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def render(
        self,
        html: str,
        width: int,
        height: int = 640,
        *,
        selectors: Iterable[str] = (),
        dark: bool = False,
        media: str = "",
        scale: float = 1,
        whole: bool = False,
        picture: bool = True,
    ) -> Rendered:
        """Lay a page out in a window of ``width`` by ``height`` CSS pixels, and measure it.

        ``dark`` asks for the dark colours, ``media`` may be ``print``; ``scale`` is how many
        pixels of the picture a CSS pixel takes; without ``picture`` it only measures.
        """
        session = self._open(html, width, height, dark, media, scale)
        asked = f"({_MEASURE})({json.dumps(list(selectors))})"
        expression = {"expression": asked, "returnByValue": True}
        found = self._call("Runtime.evaluate", expression, session)["result"]["value"]
        shot: dict[str, Any] = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = {"x": 0, "y": 0, "width": width, "height": found["height"], "scale": 1}
            shot["clip"] = size
        taken = self._call("Page.captureScreenshot", shot, session)["data"] if picture else ""
        png = base64.b64decode(taken)
        boxes = {
            selector: tuple(Box(**values) for values in measured)
            for selector, measured in found.pop("boxes").items()
        }
        requests = self._close_page(session)
        overflowing = tuple(found.pop("overflowing"))
        return Rendered(overflowing=overflowing, boxes=boxes, requests=requests, png=png, **found)

    def print_pdf(self, html: str) -> bytes:
        """Return a page printed on A4, with the margins that its style sheet asks for."""
        session = self._open(html, 794, 1123, False, "", 1)
        options = {"preferCSSPageSize": True, "printBackground": False, **_A4}
        pdf = base64.b64decode(self._call("Page.printToPDF", options, session)["data"])
        self._close_page(session)
        return pdf

    def _open(
        self, html: str, width: int, height: int, dark: bool, media: str, scale: float
    ) -> str:
        """Open a page in a tab of its own and return the session; wait until it is loaded."""
        self._pages += 1
        path = self._folder / f"page-{self._pages}.html"
        path.write_text(html, "utf-8")
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = {"targetId": target, "flatten": True}
        session = str(self._call("Target.attachToTarget", attached)["sessionId"])
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": True}
        colours = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        for method, parameters in (
            ("Page.enable", {}),
            ("Page.setLifecycleEventsEnabled", {"enabled": True}),
            ("Network.enable", {}),
            ("Emulation.setDeviceMetricsOverride", metrics),
            ("Emulation.setEmulatedMedia", {"media": media, "features": colours}),
        ):
            self._call(method, parameters, session)
        loader = self._call("Page.navigate", {"url": path.as_uri()}, session)["loaderId"]
        self._wait(
            lambda m: (
                m.get("method") == "Page.lifecycleEvent"
                and m["params"]["name"] == "load"
                and m["params"]["loaderId"] == loader
            )
        )
        return session

    def _close_page(self, session: str) -> tuple[str, ...]:
        """Close a tab and return what it asked for beyond the page itself."""
        found = tuple(
            event["params"]["request"]["url"]
            for event in self._events
            if event.get("method") == "Network.requestWillBeSent"
            and event.get("sessionId") == session
        )
        self._call("Page.close", {}, session)
        self._events.clear()
        return found[1:]

    def _call(
        self, method: str, parameters: dict[str, Any], session: str | None = None
    ) -> dict[str, Any]:
        self._calls += 1
        number = self._calls
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda m: m.get("id") == number)
        assert "error" not in answer, (method, answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def _wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first message that is wanted, of those kept and those to come."""
        for kept in self._events:
            if wanted(kept):
                return kept
        deadline = time.monotonic() + _PATIENCE
        while True:
            message = self._receive(deadline)
            if wanted(message):
                return message
            self._events.append(message)

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._from], [], [], max(0.0, left))
            data = os.read(self._from, 1 << 20) if ready else b""
            assert data, "Chromium gave no answer in time, or ended"
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are no descriptors below 10: those are the browser's own."""
    import fcntl  # there is none on Windows

    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]
