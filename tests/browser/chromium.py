"""Pages in a real browser: headless Chromium, driven through a pipe by the DevTools protocol.

``Chromium.render`` lays a page out at a width and measures it, ``Chromium.print_pdf`` prints it;
``count_pages`` says on how many sheets. Nothing beyond the standard library is needed. Its fonts
are those of a configuration of fontconfig (``fonts.configure``).
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

_PATIENCE = 120.0
"""Seconds that the browser has for one answer; a machine may have much else to do."""
_A4 = {"paperWidth": 210 / 25.4, "paperHeight": 297 / 25.4}
_FLAGS = tuple(
    f"--{flag}"
    for flag in (
        *("headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-quic"),
        *("disable-background-networking", "disable-component-update", "disable-default-apps"),
        *("disable-extensions", "disable-sync", "hide-scrollbars", "no-default-browser-check"),
        *("no-first-run", "no-pings", "remote-debugging-pipe"),
    )
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
    """A browser of its own, with a new profile in ``folder``; leave it with ``close``.

    It has one tab, which shows page after page: a tab for each page would cost more than all that
    is done with the page. A page that is shown already is laid out anew, not loaded again.
    """

    def __init__(self, path: str, folder: Path, fonts: Path) -> None:
        self._folder = folder
        self._session = ""
        self._shown = ("", "")
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
            env=_environment(folder, fonts),
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
        picture: bool = False,
    ) -> Rendered:
        """Lay a page out in a window of ``width`` by ``height`` CSS pixels, and measure it.

        ``dark`` asks for the dark colours, ``media`` may be ``print``. A ``picture`` costs more
        than all the rest; ``scale`` is how many of its pixels a CSS pixel takes.
        """
        self._show(html, width, height, dark, media, scale)
        asked = f"({_MEASURE})({json.dumps(list(selectors))})"
        expression = {"expression": asked, "returnByValue": True}
        found = self._ask("Runtime.evaluate", expression)["result"]["value"]
        shot: dict[str, Any] = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = {"x": 0, "y": 0, "width": width, "height": found["height"], "scale": 1}
            shot["clip"] = size
        taken = self._ask("Page.captureScreenshot", shot)["data"] if picture else ""
        png = base64.b64decode(taken)
        boxes = {
            selector: tuple(Box(**values) for values in measured)
            for selector, measured in found.pop("boxes").items()
        }
        overflowing, requests = tuple(found.pop("overflowing")), self._requests()
        return Rendered(overflowing=overflowing, boxes=boxes, requests=requests, png=png, **found)

    def run(self, html: str, width: int, script: str, *, dark: bool = False) -> Any:
        """Show a page, run a script in it, and return what its last expression comes to."""
        self._show(html, width, 640, dark, "", 1)
        expression = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = self._ask("Runtime.evaluate", expression)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def print_pdf(self, html: str) -> bytes:
        """Return a page printed on A4, with the margins that its style sheet asks for."""
        self._show(html, 794, 1123, False, "", 1)
        options = {"preferCSSPageSize": True, "printBackground": False, **_A4}
        return base64.b64decode(self._ask("Page.printToPDF", options)["data"])

    def find_fonts(self, html: str, selector: str) -> set[str]:
        """Return the families of the fonts that the texts of these elements are drawn with."""
        self._show(html, 794, 1123, False, "", 1)
        root = self._ask("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
        asked = {"nodeId": root, "selector": selector}
        return {
            font["familyName"]
            for node in self._ask("DOM.querySelectorAll", asked)["nodeIds"]
            for font in self._ask("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        }

    def _show(
        self, html: str, width: int, height: int, dark: bool, media: str, scale: float
    ) -> None:
        """Show a page in the tab; wait until it is loaded."""
        if not self._session:
            self._open_tab()
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": True}
        colours = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._ask("Emulation.setDeviceMetricsOverride", metrics)
        self._ask("Emulation.setEmulatedMedia", {"media": media, "features": colours})
        if html != self._shown[0]:
            self._shown = (html, self._load(html))

    def _open_tab(self) -> None:
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = {"targetId": target, "flatten": True}
        self._session = str(self._ask("Target.attachToTarget", attached)["sessionId"])
        for domain in ("Page", "Network", "DOM", "CSS"):
            self._ask(f"{domain}.enable", {})
        self._ask("Page.setLifecycleEventsEnabled", {"enabled": True})

    def _load(self, html: str) -> str:
        """Load a page and return the id of its loading, by which what it asks for is known."""
        path = self._folder / "page.html"
        path.write_text(html, "utf-8")
        self._events.clear()
        loader = str(self._ask("Page.navigate", {"url": path.as_uri()})["loaderId"])
        self._wait(
            lambda m: (
                m.get("method") == "Page.lifecycleEvent"
                and m["params"]["name"] == "load"
                and m["params"]["loaderId"] == loader
            )
        )
        return loader

    def _requests(self) -> tuple[str, ...]:
        """Return what the page asked for beyond itself."""
        found = tuple(
            event["params"]["request"]["url"]
            for event in self._events
            if event.get("method") == "Network.requestWillBeSent"
            and event["params"]["loaderId"] == self._shown[1]
        )
        return found[1:]

    def _ask(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Call a method of the tab; before there is one, of the browser."""
        self._calls += 1
        number = self._calls
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
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


def _environment(folder: Path, fonts: Path) -> dict[str, str]:
    """Return the browser's environment: where programs are, and its own folder.

    Neither the account's home nor its fonts, language and time zone are in it, so that the same
    page looks the same for whoever runs the tests.
    """
    xdg = (f"XDG_{name}" for name in ("CACHE_HOME", "CONFIG_HOME", "DATA_HOME", "RUNTIME_DIR"))
    return dict.fromkeys(("HOME", "TMPDIR", *xdg), str(folder)) | {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": "Asia/Tokyo",
        "FONTCONFIG_FILE": str(fonts),
    }


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are no descriptors below 10: those are the browser's own."""
    import fcntl  # there is none on Windows

    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


READABLE = 4.5
"""Contrast of text that WCAG 2.2 asks for (1.4.3)."""


def luminance(colour: str) -> float:
    """Return the relative luminance of ``rgb(…)`` (WCAG 2.2)."""
    parts = [float(part) / 255 for part in re.findall(r"[0-9.]+", colour)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
