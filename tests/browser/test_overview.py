"""The overview in Chromium: how it looks, what clicks do, and that no text is ever run as a script."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pop3_sensor.model.text import printable
from pop3_sensor.overview.request import read_request
from tests.browser.conftest import ENDPOINT, FUNCTION, Show, settled
from tests.demo.widget_page import widget_page
from tests.fakes.hostile import HOSTILE
from tests.fakes.hostile_fleet import HARMLESS, everywhere
from tests.fakes.looking import event
from tests.fakes.showcase import NOW, company, crowd

Picture = Callable[[Page, str], None]


def names(page: Page) -> list[str]:
    """The names of sensors and branches, from top to bottom."""
    return [text.strip() for text in page.locator("td .lk").all_inner_texts()]


def sensors(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("tr.s td .lk").all_inner_texts()]


def click(page: Page, what: str) -> None:
    page.locator(what).first.click()
    settled(page)


EVERYBODY = [
    "Berlin POP3S",
    "Berlin POP3 with StartTLS",
    "Vienna POP3S",
    "Vienna POP3",
    "Zürich APOP login",
    "Zürich POP3S",
    "Cellar POP3",
    "Scan-to-mail box",
    "Old server",
    "Dovecot 2.4",
    "Next release",
]


def test_the_tree(show: Show, picture: Picture) -> None:
    """Groups and sensors are sorted by priority, then by name. Sensors show status, value, reason and since when."""
    page = show(company())
    assert EVERYBODY == sensors(page)
    branches = ["Example Ltd.", "Customers", "Berlin", "Vienna", "Zürich", "Office", "Mail in the cellar", "Laboratory"]
    assert branches == page.locator("tr.b .lk").all_inner_texts()
    row = page.locator("tr.s", has_text="Berlin POP3S")
    assert "Down" == row.locator(".c").inner_text()
    assert "139 ms response time, 09:55" == row.locator(".v").inner_text()
    expected = "refused at connect nothing accepts connections at 198.51.100.14 port 995"
    assert expected == row.locator(".w").inner_text()
    assert "since 09:55, for 47 min" == row.locator(".m").inner_text()
    assert "paused by hand, for maintenance" in page.locator("tr.s", has_text="Old server").inner_text()
    assert "not scanned yet" in page.locator("tr.s", has_text="Next release").inner_text()
    picture(page, "tree")


def test_actions_are_not_to_be_seen(show: Show) -> None:
    assert "go" not in show(company()).locator("main").inner_text().split()
    assert 0 == show(company()).locator("cwdb-action:visible").count()


def test_filter_by_a_typed_tag(show: Show) -> None:
    page = show(company())
    page.fill("input[name=tags]", "Internal, login")
    click(page, ".btn.go")
    assert ["Scan-to-mail box"] == sensors(page)
    assert "Internal, login" == page.input_value("input[name=tags]")
    click(page, "text=Clear")
    assert EVERYBODY == sensors(page)


def test_filter_by_a_clicked_tag(show: Show) -> None:
    page = show(company())
    click(page, ".tag:text-is('pop3s')")
    assert ["Berlin POP3S", "Vienna POP3S", "Zürich POP3S"] == sensors(page)
    click(page, ".tag:text-is('pop3s')")
    assert EVERYBODY == sensors(page)


def test_filter_by_status(show: Show, picture: Picture) -> None:
    page = show(company(), height=420)
    page.select_option("select[name=status]", "trouble")
    page.fill("input[name=tags]", "production")
    click(page, ".btn.go")
    assert ["Berlin POP3S", "Vienna POP3S"] == sensors(page)
    picture(page, "filtered")
    click(page, ".pill.Paused")
    assert ["Berlin POP3 with StartTLS"] == sensors(page)
    click(page, ".pill.Paused")
    assert 5 == len(sensors(page))


def test_filter_that_hides_everything(show: Show) -> None:
    page = show(company())
    page.fill("input[name=tags]", "nobody-has-this")
    click(page, ".btn.go")
    expect(page.locator(".empty")).to_have_text("The filter hides all 11 sensors.")


def test_an_authors_parameters(show: Show) -> None:
    page = show(company(), params=json.dumps({"group": "customers", "tags": ["pop3s"]}))
    assert ["Berlin POP3S", "Vienna POP3S", "Zürich POP3S"] == sensors(page)


def test_a_sensor_and_back(show: Show, picture: Picture) -> None:
    """The filter is kept, and a refresh shows the same page again."""
    page = show(company(), height=1180)
    page.fill("input[name=tags]", "production")
    click(page, ".btn.go")
    before = sensors(page)
    click(page, "text=Vienna POP3S")
    expect(page.locator("h2")).to_contain_text("Vienna POP3S")
    assert 9 == page.locator(".g svg").count()
    assert ["Response time", "Certificate days left", "Downtime", "Warning for"] == page.locator(
        ".tiles span"
    ).all_inner_texts()
    expect(page.locator("line.lim.warning")).to_have_count(1)
    picture(page, "sensor")
    click(page, "#refresh")
    expect(page.locator("h2")).to_contain_text("Vienna POP3S")
    click(page, "text=Overview")
    assert before == sensors(page)


def test_a_stacked_sensor_and_its_result_file(show: Show, picture: Picture) -> None:
    page = show(company(), height=1330)
    click(page, "text=Berlin POP3S")
    assert ["All channels in Milliseconds, stacked", "Downtime", "Certificate days left"] == page.locator(
        ".gt > b"
    ).all_inner_texts()
    assert 6 == page.locator("path.pile").count()
    expect(page.locator("pre")).to_contain_text("nothing accepts connections at 198.51.100.14 port 995")
    assert "must-not-be-shown" not in page.content()
    picture(page, "stacked")


def test_the_dashboards_time_range(show: Show) -> None:
    page = show(company())
    click(page, "text=Zürich POP3S")
    expect(page.locator("h3 small").first).to_have_text("07:42 to 10:42")
    click(page, "#ranges button:text-is('1d')")
    expect(page.locator("h3 small").first).to_have_text("30 Jan 10:42 to 10:42")


def test_a_group_and_up_again(show: Show) -> None:
    page = show(company())
    click(page, "tr.b .lk:text-is('Vienna')")
    assert ["Vienna POP3S", "Vienna POP3"] == names(page)
    click(page, ".crumbs .lk:text-is('Customers')")
    assert ["Berlin", "Vienna", "Zürich"] == page.locator("tr.b .lk").all_inner_texts()
    click(page, ".crumbs .lk:text-is('All')")
    assert EVERYBODY == sensors(page)


CONTRAST = """elements => elements.map(element => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const shine = text => { const [r, g, b] = rgb(text).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  let behind = element;
  while ((rgb(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const [dark, light] = [shine(getComputedStyle(element).color), shine(getComputedStyle(behind).backgroundColor)]
    .sort((one, other) => one - other);
  return [element.textContent.trim().slice(0, 30), (light + 0.05) / (dark + 0.05)];
})"""
READ = "main .c, main .pill:not(.none), main .lk, main .w, main .m, main .v, main .n, main .tag, main .btn, main small"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sensor", ["", "vienna-pop3s"], ids=["the tree", "a sensor"])
def test_everything_can_be_read(show: Show, picture: Picture, theme: str, sensor: str) -> None:
    """WCAG 2.1, 1.4.3: a contrast of at least 4.5."""
    page = show(company(), sensor=sensor, theme=theme)
    expect(page.locator(".p3s")).to_have_class(f"p3s {theme}")
    if theme == "dark" and not sensor:
        picture(page, "dark")
    found = page.locator(READ).evaluate_all(CONTRAST)
    assert found
    assert [] == [(text, round(contrast, 2)) for text, contrast in found if contrast < 4.5]


def test_three_hundred_sensors(show: Show, picture: Picture) -> None:
    page = show(crowd(300))
    assert 300 == len(sensors(page))
    expect(page.locator(".foot")).to_contain_text("300 of 300 sensors")
    picture(page, "300-sensors")
    click(page, ".pill.Down")
    assert 5 == len(sensors(page))


@pytest.mark.parametrize("width", [420, 760, 1600])
@pytest.mark.parametrize("sensor", ["", "berlin-pop3s"], ids=["the tree", "a sensor"])
def test_nothing_is_wider_than_the_widget(show: Show, width: int, sensor: str) -> None:
    page = show(company(), sensor=sensor, width=width)
    too_wide = "element => element.scrollWidth - element.clientWidth"
    assert 0 == page.locator("main").evaluate(too_wide)


# ---- hostile text ---------------------------------------------------------------------------------------------------

ELEMENTS = "() => [...new Set([...document.querySelectorAll('main *')].map(one => one.tagName.toLowerCase()))].sort()"


def test_no_hostile_text_runs_or_becomes_an_element(show: Show) -> None:
    """Here the page strips what CloudWatch strips; in the next test nothing is stripped."""
    shown = everywhere(HARMLESS)
    page = show(lambda asked: shown.overview.answer(asked, ENDPOINT))
    allowed = set(page.evaluate(ELEMENTS))
    for name, text in HOSTILE.items():
        shown = everywhere(text)
        click(page, "#refresh")
        assert set(page.evaluate(ELEMENTS)) <= allowed, name
        assert printable(text, 100).rstrip("…").split()[0] in page.locator("main").inner_text(), name


def test_no_hostile_text_runs_even_if_nothing_is_stripped(show: Show) -> None:
    page = show(company())
    before = page.evaluate("() => Object.keys(window).length")
    for name, text in HOSTILE.items():
        for go in ({}, {"sensor": "told"}, {"sensor": "named"}):
            page.set_content(everywhere(text).overview.answer(event(go=go), ENDPOINT))
            assert 0 == page.locator("script, iframe, object, img, base, meta, h1").count(), name
            assert 1 == page.locator("style").count(), name
            assert before == page.evaluate("() => Object.keys(window).length"), name


# ---- the page that stands for CloudWatch ----------------------------------------------------------------------------

FORBIDDEN = """<div class="p3s">
<script>alert("script")</script><iframe src="about:blank"></iframe><object data="x"></object>
<img src="data:," onerror="alert('handler')"><a href="javascript:alert('link')" id="link">link</a>
<b id="asks" onclick="alert('click')">ask</b>
<cwdb-action action="html" display="popup"><i id="told">told</i></cwdb-action>
<b id="elsewhere">elsewhere</b><cwdb-action action="call" endpoint="arn:aws:lambda:x:1:function:other"></cwdb-action>
</div>"""


def test_the_page_strips_what_cloudwatch_strips_and_opens_popups(show: Show) -> None:
    page = show(lambda _: FORBIDDEN)
    assert 0 == page.locator("main :is(script, iframe, object)").count()
    page.click("#link")
    page.click("#asks")
    expect(page.locator("dialog #told")).to_be_visible()


FORM = """<form><input name="tags" value="a"></form>
<b>go</b><cwdb-action action="call" display="widget">{"go": {}}</cwdb-action>"""


def test_the_page_sends_what_cloudwatch_sends(show: Show) -> None:
    asked: list[Mapping[str, Any]] = []

    def widget(event_: Mapping[str, Any]) -> str:
        asked.append(event_)
        return FORM

    page = show(widget, params=json.dumps({"status": "Down"}), theme="dark")
    click(page, "main b")
    first, second = asked
    assert ("Down", {"status": "Down"}, {}) == (
        first["status"],
        first["widgetContext"]["params"],
        first["widgetContext"]["forms"]["all"],
    )
    context = second["widgetContext"]
    assert ({}, {"tags": "a"}, "dark") == (second["go"], context["forms"]["all"], context["theme"])
    end = int(NOW.timestamp() * 1000)
    assert (end - 3 * 3_600_000, end) == (context["timeRange"]["start"], context["timeRange"]["end"])
    assert "+01:00" == context["timezone"]["offsetISO"]
    read_request(second, NOW)


def post(url: str, body: object, **headers: str) -> int:
    request = urllib.request.Request(f"{url}call", json.dumps(body).encode(), headers)  # noqa: S310 - our own loopback URL
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - likewise
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(
    ("endpoint", "headers", "status"),
    [
        pytest.param("", {}, 200, id="the dashboard itself"),
        pytest.param(ENDPOINT, {}, 200, id="a click"),
        pytest.param(f"{ENDPOINT}-other", {}, 403, id="a click that names another function"),
        pytest.param("", {"Host": "evil.example"}, 403, id="a page of another site"),
    ],
)
def test_the_page_calls_its_own_function_for_its_own_reader(
    endpoint: str, headers: dict[str, str], status: int
) -> None:
    with widget_page(lambda _: "", FUNCTION) as url:
        assert status == post(url, {"endpoint": endpoint, "event": {}}, **headers)


def test_a_widget_that_fails_is_told(browser: Browser) -> None:
    def widget(_: Mapping[str, Any]) -> str:
        raise RuntimeError("no <b>luck</b>")

    with widget_page(widget, FUNCTION) as url, browser.new_page() as page:
        page.goto(url)
        expect(page.locator("#error")).to_have_text("the widget failed: no <b>luck</b>")
