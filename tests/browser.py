"""Chromium, driven by tests of the pages."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


DRIVER = shutil.which("chromedriver")


PICTURES = os.environ.get("RAG_SCREENSHOTS")  # before the tests forget all settings of the user


FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


WIDE, NARROW = (1280, 800), (390, 844)


@contextmanager
def driven() -> Iterator[Any]:
    """Start a browser, and end it with the block."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield browser
    finally:
        browser.quit()


class Page:
    """The browser on a page of the server."""

    def __init__(self, browser: Any, url: str) -> None:
        self.browser = browser
        self.see(WIDE)
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get(url)

    def see(self, size: tuple[int, int], *, dark: bool = False) -> None:
        width, height = size
        narrow = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def one(self, selector: str) -> Any:
        return self.until(lambda: self.browser.find_element("css selector", selector))

    def all(self, selector: str) -> list[Any]:
        return list(self.browser.find_elements("css selector", selector))

    def until(self, found: Any, seconds: float = 15) -> Any:
        from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        ignored = [NoSuchElementException, StaleElementReferenceException]
        return WebDriverWait(self.browser, seconds, 0.05, ignored).until(lambda _: found())

    def reads(self, selector: str, text: str) -> None:
        self.until(lambda: text in self.browser.find_element("css selector", selector).text)

    def type(self, text: str) -> None:
        from selenium.webdriver.common.keys import Keys

        self.one("#question").send_keys(text, Keys.ENTER)

    def run(self, script: str) -> Any:
        return self.browser.execute_script(script)

    def save(self, name: str) -> None:
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.browser.save_screenshot(str(Path(PICTURES) / f"{name}.png"))

    def asked_hosts(self) -> set[str]:
        """Return the hosts that the browser sent a request to since this page was opened."""
        import json
        from urllib.parse import urlsplit

        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return {urlsplit(one["request"]["url"]).netloc for one in sent}

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]
