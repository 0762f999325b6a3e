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
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_PATIENCE = 120.0
"""Seconds that the browser has for one message; a machine may have much else to do."""
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
    let block = walker.currentNode.parentElement;
    while (getComputedStyle(block).display === 'inline') block = block.parentElement;
    const range = document.createRange(), bounds = block.getBoundingClientRect();
    range.selectNodeContents(walker.currentNode);
    for (const rect of range.getClientRects()) {
      if (outside(rect, Math.max(0, bounds.left), Math.min(width, bounds.right)))
        over.add(name(block) + ' text');
    }
  }
  const measure = (e) => {
    const rect = e.getBoundingClientRect(), style = getComputedStyle(e);
    return {left: rect.left, top: rect.top + scrollY, right: rect.right,
      bottom: rect.bottom + scrollY, font: parseFloat(style.fontSize), color: style.color,
      background: style.backgroundColor};
  };
  const boxes = selectors.map((each) => [...document.querySelectorAll(each)].map(measure));
  return {width, scroll_width: Math.max(root.scrollWidth, document.body.scrollWidth),
    height: root.scrollHeight, overflowing: [...over], boxes};
}
"""


def find_chromium() -> str | None:
    """Return the path of Chromium, None where there is none on this machine."""
    debian = "/usr/bin/chromium"
    return debian if os.access(debian, os.X_OK) else shutil.which("chromium")


def count_pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


class Chromium:
    """A browser of its own, with a new profile in ``folder``; leave it with ``close``.

    It has one tab, which shows page after page: a tab for each page would cost more than all that
    is done with the page. A page that is shown already is laid out anew, not loaded again.
    """

    def __init__(self, path: str, folder: Path, fonts: Path) -> None:
        self._folder = folder
        self._session = self._shown = self._loader = ""
        self._calls = 0
        self._events: list[dict[str, Any]] = []
        self._rest = b""
        to_read, self._to = _pipe()
        self._from, from_write = _pipe()
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

    def close(self) -> None:
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
        picture: bool = False,
    ) -> SimpleNamespace:
        """Lay a page out in a window of ``width`` by ``height`` CSS pixels, and measure it.

        ``dark`` asks for the dark colours, ``media`` may be ``print``. A ``picture`` costs more
        than all the rest; ``scale`` is how many of its pixels a CSS pixel takes.

        The result has the window's ``width``, the ``scroll_width`` and ``height`` that the page
        takes, the names of what reaches out of the window or of its own block (``overflowing``),
        every address that was asked for (``requests``), the ``png`` of the first screen, and by
        selector the ``boxes`` of its elements: ``left``, ``top``, ``right`` and ``bottom`` in CSS
        pixels from the page's corner, ``font`` size, ``color`` and ``background``.
        """
        self._show(html, width, height, dark, media, scale)
        names = list(selectors)
        found = self._evaluate(f"({_MEASURE})({json.dumps(names)})")
        boxes = [[SimpleNamespace(**box) for box in measured] for measured in found.pop("boxes")]
        taken = self._ask("Page.captureScreenshot", format="png")["data"] if picture else ""
        return SimpleNamespace(
            boxes=dict(zip(names, boxes, strict=True)),
            requests=self._requests(),
            png=base64.b64decode(taken),
            **found,
        )

    def run(self, html: str, width: int, script: str, *, dark: bool = False) -> Any:
        """Show a page, run a script in it, and return what its last expression comes to."""
        self._show(html, width, dark=dark)
        return self._evaluate(script)

    def print_pdf(self, html: str) -> bytes:
        """Return a page printed on A4, with the margins that its style sheet asks for."""
        self._show(html)
        printed = self._ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False, **_A4)
        return base64.b64decode(printed["data"])

    def find_fonts(self, html: str, selector: str) -> set[str]:
        """Return the families of the fonts that the texts of these elements are drawn with."""
        self._show(html)
        root = self._ask("DOM.getDocument", depth=0)["root"]["nodeId"]
        nodes = self._ask("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]
        return {
            font["familyName"]
            for node in nodes
            for font in self._ask("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]
        }

    def _show(
        self,
        html: str,
        width: int = 794,
        height: int = 640,
        dark: bool = False,
        media: str = "",
        scale: float = 1,
    ) -> None:
        """Show a page in the tab; wait until it is loaded."""
        if not self._session:
            target = self._ask("Target.createTarget", url="about:blank")["targetId"]
            attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
            self._session = attached["sessionId"]
            for domain in ("Page", "Network", "DOM", "CSS"):
                self._ask(f"{domain}.enable")
            self._ask("Page.setLifecycleEventsEnabled", enabled=True)
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": True}
        self._ask("Emulation.setDeviceMetricsOverride", **metrics)
        colours = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._ask("Emulation.setEmulatedMedia", media=media, features=colours)
        if html == self._shown:
            return
        path = self._folder / "page.html"
        path.write_text(html, "utf-8")
        self._events.clear()
        self._loader = self._ask("Page.navigate", url=path.as_uri())["loaderId"]
        while not any(event["name"] == "load" for event in self._of_page("Page.lifecycleEvent")):
            self._events.append(self._receive())
        self._shown = html

    def _of_page(self, method: str) -> list[dict[str, Any]]:
        """Return what events of a kind tell of the page that is shown."""
        found = [event["params"] for event in self._events if event.get("method") == method]
        return [event for event in found if event["loaderId"] == self._loader]

    def _requests(self) -> list[str]:
        """Return what the page asked for beyond itself."""
        asked = self._of_page("Network.requestWillBeSent")
        return [event["request"]["url"] for event in asked][1:]

    def _evaluate(self, script: str) -> Any:
        answer = self._ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _ask(self, method: str, **parameters: Any) -> Any:
        """Call a method of the tab; before there is one, of the browser."""
        self._calls += 1
        session = {"sessionId": self._session} if self._session else {}
        message = {"id": self._calls, "method": method, "params": parameters, **session}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._calls:
            self._events.append(answer)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], _PATIENCE)
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
