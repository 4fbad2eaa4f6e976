"""A real browser without a window, in which the overview is shown as on a dashboard."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from pop3_sensor.overview import Overview
from tests.demo.widget_page import Widget, widget_page
from tests.fakes.showcase import NOW
from tests.required import CHROMIUM, chromium_missing, require
from tests.root import ROOT

IMAGES = ROOT / "docs" / "images"
FUNCTION = "pop3-sensor-OverviewFunction"
ENDPOINT = f"arn:aws:lambda:eu-central-1:123456789012:function:{FUNCTION}"

# Containers seldom allow a sandbox or a large /dev/shm. Without a sandbox the browser opens only our own pages.
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require(chromium_missing())
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield running
        running.close()


Show = Callable[..., Page]


@pytest.fixture
def show(browser: Browser) -> Iterator[Show]:
    """Opens a dashboard with this overview. An error or a dialog of the page fails the test."""
    complaints: list[str] = []

    def complain(text: str) -> None:
        complaints.append(text)

    def refused(dialog: Dialog) -> None:
        complain(f"dialog: {dialog.message}")
        dialog.dismiss()

    with ExitStack() as stack:

        def opened(
            what: Overview | Widget, *, sensor: str = "", width: int = 1240, height: int = 900, **asked: Any
        ) -> Page:
            widget = answering(what, sensor) if isinstance(what, Overview) else what
            url = stack.enter_context(widget_page(widget, FUNCTION))
            context = browser.new_context(
                viewport={"width": width, "height": height}, timezone_id="Europe/Berlin", locale="en-GB"
            )
            stack.callback(context.close)
            page = context.new_page()
            page.on("dialog", refused)
            page.on("pageerror", lambda error: complain(f"error: {error}"))
            page.on("console", lambda line: complain(f"console: {line.text}") if line.type == "error" else None)
            # A request that would leave loopback fails the test.
            page.on("request", lambda one: None if one.url.startswith((url, "data:,")) else complain(f"asks {one.url}"))
            page.goto(f"{url}?{urlencode({'now': int(NOW.timestamp() * 1000), **asked})}")
            return settled(page)

        yield opened
    assert [] == complaints


def answering(overview: Overview, sensor: str) -> Widget:
    """A widget that first shows the page of `sensor`, until a click asks for another."""

    def widget(event: Mapping[str, Any]) -> str:
        return overview.answer({"go": {"sensor": sensor} if sensor else {}, **event}, ENDPOINT)

    return widget


def settled(page: Page) -> Page:
    """The page, once the widget shows what it was asked for."""
    page.wait_for_selector('main[aria-busy="false"]')
    return page


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Takes the documents' pictures, but only under `make screenshots`."""

    def take(page: Page, name: str) -> None:
        if "SCREENSHOTS" in os.environ:
            IMAGES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")

    return take
