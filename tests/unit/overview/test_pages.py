"""The pages as a reader sees them: what they show, what they leave out, and what they say when something fails."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from pop3_sensor.model import Channel, PauseReason, Status
from pop3_sensor.overview.overview import MAX_SENSORS
from pop3_sensor.ports import ServiceError, StoredResult, Wanted
from tests.fakes.history import Archive, History
from tests.fakes.looking import ENDPOINT, HOUR, Page, Watch, event, state, watch
from tests.fakes.showcase import crowd
from tests.samples import AT

HOST = {"host": "mail.example.org"}
A = {"id": "a", "name": "Mail A", **HOST}
DENIED = ServiceError("reading the table t: An error occurred (AccessDeniedException)")


def steady(wanted: Wanted, _: Any) -> float | None:
    return {Channel.RESPONSE_TIME: 12.34, Channel.DOWNTIME: 0.0}.get(wanted.channel)


# A sensor's state, its item beside the host, its line.
LINES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "up": (state(), {}, "Up Mail A 12.3 ms response time since 11:00, for 1 h"),
    "down, with phase, reason and message": (
        state(Status.DOWN, "refused", "nobody there", phase="connect"),
        {},
        "Down Mail A 12.3 ms response time refused at connect nobody there since 11:00, for 1 h",
    ),
    "a limit, where no phase is to blame": (
        state(Status.WARNING, "limit", "too slow"),
        {},
        "Warning Mail A 12.3 ms response time limit too slow since 11:00, for 1 h",
    ),
    "paused": (
        state(Status.PAUSED, message="paused: user, schedule", pause_reasons=(PauseReason.USER, PauseReason.SCHEDULE)),
        {},
        "Paused Mail A paused by hand, by schedule since 11:00, for 1 h",
    ),
    "never scanned": (None, {}, "Unknown Mail A not scanned yet"),
    "wrong settings, of which the states know nothing yet": (
        state(),
        {"prot": 1},
        "Unknown Mail A settings_invalid prot: there is no such attribute; did you mean port?",
    ),
    "wrong settings that are known": (
        state(Status.UNKNOWN, "settings_invalid", "prot: ..."),
        {"prot": 1},
        "Unknown Mail A settings_invalid prot: there is no such attribute; did you mean port? since 11:00, for 1 h",
    ),
    "another primary channel": (
        state(),
        {"primary_channel": "Downtime"},
        "Up Mail A 0 % downtime since 11:00, for 1 h",
    ),
    "a primary channel without values": (
        state(),
        {"channels": ["MessageCount"], "primary_channel": "MessageCount"},
        "Up Mail A no messages of late since 11:00, for 1 h",
    ),
}


@pytest.mark.parametrize(("kept", "attributes", "expected"), LINES.values(), ids=LINES)
def test_a_sensor_in_the_tree(kept: Any, attributes: dict[str, Any], expected: str) -> None:
    seen = watch({**A, **attributes}, history=History(steady))
    seen.states.kept = {"a": kept} if kept else {}
    assert [expected] == seen.page().lines()


def test_an_old_value_says_when_it_was() -> None:
    def until(_: Wanted, at: Any) -> float | None:
        return 7.0 if at < AT - timedelta(minutes=20) else None

    assert ["Up Mail A 7 ms response time, 11:39 since 11:00, for 1 h"] == watch(
        A, history=History(until)
    ).page().lines()


def test_times_are_the_readers() -> None:
    page = watch(A).page(timezone={"offsetISO": "+02:00"})
    assert "since 13:00" in page.lines()[0]


def test_a_branch_sums_up() -> None:
    items = [{"id": "g", "kind": "group", "name": "Berlin"}, *({"id": one, "parent": "g", **HOST} for one in "abc")]
    page = watch(*items, states={"b": state(Status.DOWN, "refused")}).page()
    assert "Down Berlin group 1 Down 2 Up" == page.lines()[0]


def test_branches_without_sensors_and_with_problems_say_so() -> None:
    page = watch({"id": "g", "kind": "device"}, {"id": "h", "kind": "group", "parent": "gone"}).page()
    assert ["g device no sensors", "h group its parent gone does not exist no sensors"] == page.lines()


# ---- filters --------------------------------------------------------------------------------------------------------

FLEET: list[dict[str, Any]] = [
    {"id": "root", "kind": "group"},
    {"id": "berlin", "kind": "group", "tags": ["Berlin"]},
    {"id": "b1", "parent": "berlin", **HOST, "tags": ["imap"]},
    {"id": "b2", "parent": "berlin", **HOST},
    {"id": "rome", "kind": "group", "tags": ["rome"]},
    {"id": "r1", "parent": "rome", **HOST, "tags": ["imap"]},
    {"id": "r2", "parent": "rome", **HOST},
]
STATES = {"b2": state(Status.DOWN, "refused"), "r2": state(Status.PAUSED)}

# Parameters, form, click; the sensors that are shown.
FILTERS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], set[str]]] = {
    "none": ({}, {}, {}, {"b1", "b2", "r1", "r2"}),
    "an inherited tag, in any case": ({}, {"tags": "BERLIN"}, {}, {"b1", "b2"}),
    "two tags: both": ({}, {"tags": "berlin imap"}, {}, {"b1"}),
    "a status": ({}, {"status": "Down"}, {}, {"b2"}),
    "what is not well": ({}, {"status": "trouble"}, {}, {"b2"}),
    "a tag and a status": ({}, {"tags": "rome", "status": "Up"}, {}, {"r1"}),
    "pinned tags": ({"tags": ["rome"]}, {}, {}, {"r1", "r2"}),
    "pinned and chosen: both": ({"tags": ["rome"]}, {"tags": "imap"}, {}, {"r1"}),
    "pinned statuses": ({"status": ["Up", "Paused"]}, {}, {}, {"b1", "r1", "r2"}),
    "a pinned status is not widened": ({"status": "Up"}, {"status": "Down"}, {}, set()),
    "a click on a group": ({}, {}, {"group": "berlin"}, {"b1", "b2"}),
    "a pinned group": ({"group": "rome"}, {}, {}, {"r1", "r2"}),
    "a pinned group is not left": ({"group": "rome"}, {"group": "berlin"}, {}, {"r1", "r2"}),
    "a group within the pinned one": ({"group": "root"}, {}, {"group": "berlin"}, {"b1", "b2"}),
    "everything is hidden": ({}, {"tags": "nothing"}, {}, set()),
}


def sensors_of(page: Page) -> set[str]:
    return {line.split()[1] for line in page.lines() if line.split()[1] in ("b1", "b2", "r1", "r2")}


@pytest.mark.parametrize(("params", "forms", "go", "expected"), FILTERS.values(), ids=FILTERS)
def test_a_filter(params: dict[str, Any], forms: dict[str, Any], go: dict[str, Any], expected: set[str]) -> None:
    page = watch(*FLEET, states=STATES).page(params=params, forms=forms, go=go)
    assert expected == sensors_of(page)
    assert f"{len(expected)} of 4 sensors" in page.text
    assert [] == page.notes


def test_a_filter_that_hides_everything_says_so() -> None:
    page = watch(*FLEET).page(forms={"tags": "berlin", "status": "Paused"})
    assert "The filter hides all 4 sensors." in page.text


def test_without_any_sensor_the_page_says_what_to_do() -> None:
    assert "There are no sensors yet. Write an item into the Sensors table" in watch().page().text


def test_the_form_shows_what_is_chosen() -> None:
    page = watch(*FLEET).page(forms={"tags": "imap,berlin", "status": "Up"})
    fields = {attributes["name"]: attributes.get("value") for name, attributes in page.elements if name == "input"}
    assert {"sensor": "", "group": "", "tags": "imap, berlin"} == fields
    assert ["Up"] == [a["value"] for name, a in page.elements if name == "option" and "selected" in a]


def test_the_counts_on_top_are_those_of_the_chosen_tags_whatever_the_status() -> None:
    page = watch(*FLEET, states=STATES).page(forms={"tags": "berlin", "status": "Up"})
    assert "1 Down 0 Warning 0 Unknown 1 Up 0 Paused" in " ".join(page.text.split())


def test_a_tag_can_be_clicked_on_and_off() -> None:
    page = watch(*FLEET).page(forms={"tags": "imap"})
    nexts = [go["tags"] for go in clicks(page) if set(go) == {"tags"}]
    assert ["imap, Berlin", "", "imap, rome"] == nexts


def test_an_unknown_group_is_told() -> None:
    assert ["There is no group or device gone."] == watch(*FLEET).page(params={"group": "gone"}).notes


def clicks(page: Page) -> list[dict[str, Any]]:
    """What each click would send."""
    parts = page.html.split("<cwdb-action ")[1:]
    return [json.loads(part.partition(">")[2].partition("</cwdb-action>")[0])["go"] for part in parts]


def test_every_click_calls_this_function_and_follows_what_is_clicked() -> None:
    for page in (watch(*FLEET).page(), watch(*FLEET).page(go={"sensor": "b1"})):
        actions = [index for index, (name, _) in enumerate(page.elements) if name == "cwdb-action"]
        assert actions
        assert {"a"} == {page.befores[index] for index in actions}
        expected = {"action": "call", "display": "widget", "endpoint": ENDPOINT}
        assert all(expected == page.elements[index][1] for index in actions)
        assert clicks(page)


# ---- the page of a sensor -------------------------------------------------------------------------------------------

RICH = {
    **A,
    "port": 1110,
    "parent": "g",
    "priority": 5,
    "tags": ["one", "two"],
    "interval": 300,
    "warning_scans": 0,
    "channels": ["CertificateDaysLeft"],
    "limits": {"ResponseTime": {"upper_error": 900, "lower_warning": 2}},
    "depends_on": "gone",
    "schedule": {"time_zone": "Europe/Berlin", "paused": ["fr:17:00-mo:09:00"]},
    "maintenance_windows": [{"start": "2026-02-01T00:00:00Z", "end": "2026-02-01T02:00:00Z"}],
    "authentication": "apop",
    "secret_id": "pop3-sensor/a",
    "username": "a.user.name",
}
ABOVE: list[dict[str, Any]] = [
    {"id": "g", "kind": "group", "name": "Berlin"},
    {"id": "m", "name": "Master", "parent": "g", **HOST},
]
FACTS = [
    "Id a",
    "Below Berlin",
    "Priority 5 of 5",
    "Tags one, two",
    "Failed scans in a row 3",
    "Server mail.example.org:1110",
    "Encryption StartTLS if available",
    "Certificate verified",
    "Login APOP",
    "Scanned every 5 min",
    "Timeout 1 min",
    "A failed scan is Down at once",
    "Limits of Response time Down above 900 ms, Warning below 2 ms",
    "Paused every week fr:17:00-mo:09:00 (Europe/Berlin)",
    "Maintenance 1 Feb 00:00 to 1 Feb 02:00",
    "Depends on Master",
    "Depends on (gone) gone: no such sensor, scanned regardless",
    "Result files discarded",
]


def test_everything_about_a_sensor() -> None:
    master = {**ABOVE[1], "master_for_parent": True}
    failed = state(Status.DOWN, "refused", "nobody there", phase="connect", failures=3)
    seen = watch(ABOVE[0], master, RICH, states={"a": failed}, history=History(steady))
    page = seen.page(go={"sensor": "a"})
    assert FACTS == [" ".join(Page(f"{fact}</div>").text.split()) for fact in inside(page, "dl").split("</div>")[:-1]]
    assert "Down Mail A" in " ".join(page.text.split())
    assert "refused at connect nobody there" in page.text
    assert "since 11:00, for 1 h" in page.text


# What pauses a sensor, how it is told.
PAUSES: dict[str, tuple[dict[str, Any], str]] = {
    "by hand": ({"paused": True}, "Paused until somebody ends it"),
    "by hand until a time": ({"paused": "2026-01-31T15:00:00Z"}, "Paused until 15:00"),
    "by hand until a time that has passed": ({"paused": "2026-01-31T09:00:00Z"}, ""),
    "for maintenance that is over": (
        {"maintenance_windows": [{"start": "2026-01-30T00:00:00Z", "end": "2026-01-30T01:00:00Z"}]},
        "",
    ),
}


@pytest.mark.parametrize(("attributes", "expected"), PAUSES.values(), ids=PAUSES)
def test_what_pauses_a_sensor(attributes: dict[str, Any], expected: str) -> None:
    page = watch({**A, **attributes}).page(go={"sensor": "a"})
    told = [" ".join(Page(f"{fact}</div>").text.split()) for fact in inside(page, "dl").split("</div>")[:-1]]
    assert ([expected] if expected else []) == [one for one in told if one.startswith(("Paused", "Maintenance"))]


def inside(page: Page, name: str) -> str:
    return page.html.partition(f"<{name}>")[2].partition(f"</{name}>")[0]


def test_neither_user_name_nor_secret_are_shown() -> None:
    texts = [watch(*ABOVE, RICH).page(go=go).html for go in ({}, {"sensor": "a"})]
    assert [] == [word for word in ("a.user.name", "pop3-sensor/a") for text in texts if word in text]


def test_the_figures_on_top_of_a_sensor() -> None:
    def half_down(wanted: Wanted, at: Any) -> float | None:
        return {"ResponseTime": 5.0, "CertificateDaysLeft": 9.5, "Downtime": 100.0 if at < AT - HOUR else 0.0}[
            wanted.channel
        ]

    item = {**A, "channels": ["CertificateDaysLeft"]}
    span = {"start": (AT - 4 * HOUR).timestamp() * 1000, "end": AT.timestamp() * 1000}
    page = watch(item, history=History(half_down)).page(go={"sensor": "a"}, timeRange=span)
    tiles = " ".join(page.text.partition("Channels")[0].split())
    assert tiles.endswith(
        "Response time 5 ms at 11:59 Certificate days left 9.5 days at 11:59 "
        "Downtime 75 % of the 4 h shown Up for 1 h since 11:00"
    )


def test_a_sensor_is_read_once_for_all_its_channels_and_the_whole_range() -> None:
    seen = watch({**A, "channels": ["LoginTime"]}, history=History(steady))
    span = {"start": (AT - 2 * HOUR).timestamp() * 1000, "end": (AT - HOUR).timestamp() * 1000}
    seen.page(go={"sensor": "a"}, timeRange=span)
    ((wanted, asked),) = seen.history.asked
    assert ["ResponseTime", "Downtime", "LoginTime"] == [one.channel for one in wanted]
    assert (AT - 2 * HOUR, AT - HOUR, 60) == asked


def test_a_sensor_with_wrong_settings_shows_what_is_wrong_and_asks_for_nothing() -> None:
    seen = watch({**A, "prot": 110}, history=History(steady))
    page = seen.page(go={"sensor": "a"})
    assert "prot: there is no such attribute; did you mean port?" in page.text
    assert [] == seen.history.asked
    assert "svg" not in [name for name, _ in page.elements]


def test_back_from_a_sensor_keeps_filter_and_group() -> None:
    page = watch(*FLEET).page(go={"sensor": "b1"}, forms={"tags": "imap", "status": "Up", "group": "berlin"})
    fields = {attributes["name"]: attributes["value"] for name, attributes in page.elements if name == "input"}
    assert {"sensor": "b1", "group": "berlin", "tags": "imap", "status": "Up"} == fields
    assert {"sensor": ""} == clicks(page)[0]
    back = watch(*FLEET).page(go=clicks(page)[0], forms=fields)
    assert {"b1"} == sensors_of(back)


def test_a_sensor_that_is_gone_leads_to_the_tree() -> None:
    page = watch(A).page(forms={"sensor": "b"})
    assert ["There is no sensor b any more."] == page.notes
    assert 1 == len(page.lines())


RESULT = "Sensor a, scan of today\n\nResult\n  Status: Up\n\nSettings\n  username: ann\n"


def test_the_last_result_file_without_the_settings_at_its_end() -> None:
    name = "sensors/Result of Sensor a.txt"
    page = watch(A, archive=Archive({"a": StoredResult(name, RESULT, AT)})).page(go={"sensor": "a"})
    assert f"{name} · written 12:00" in page.text
    assert "Sensor a, scan of today\n\nResult\n  Status: Up" == inside(page, "pre")


# ---- what fails -----------------------------------------------------------------------------------------------------


def test_sensors_that_cannot_be_read() -> None:
    seen = watch(A)
    seen.sensors.fault = DENIED
    page = seen.page()
    assert [f"The sensors cannot be read: {DENIED}"] == page.notes
    assert "There are no sensors yet" not in page.text


def test_states_that_cannot_be_read_leave_the_tree() -> None:
    seen = watch(A)
    seen.states.fault = DENIED
    page = seen.page()
    assert [f"The statuses cannot be read, so every sensor is shown as Unknown: {DENIED}"] == page.notes
    assert ["Unknown Mail A not scanned yet"] == page.lines()


@pytest.mark.parametrize(
    ("go", "told"),
    [
        pytest.param({}, "The last values cannot be read: throttled", id="in the tree"),
        pytest.param({"sensor": "a"}, "The graphs cannot be read: throttled", id="of a sensor"),
    ],
)
def test_values_that_cannot_be_read_leave_the_rest(go: Mapping[str, Any], told: str) -> None:
    page = watch(A, history=History(complaint="throttled")).page(go=go)
    assert [told] == page.notes
    assert "Mail A" in page.text


def test_a_result_file_that_cannot_be_read_leaves_the_rest(log: list[Any]) -> None:
    page = watch(A, archive=Archive(fault=ServiceError("reading it: denied"))).page(go={"sensor": "a"})
    assert ["The last result file cannot be read: reading it: denied"] == page.notes
    assert page.notes == [record.getMessage() for record in log]


# ---- many sensors ---------------------------------------------------------------------------------------------------


def test_values_of_paused_and_unscanned_sensors_are_not_asked_for() -> None:
    items = [{**A, "id": one} for one in "abc"]
    seen = watch(*items, states={"b": state(Status.PAUSED)}, history=History(steady))
    seen.states.kept = {one: kept for one, kept in seen.states.kept.items() if one != "c"}
    seen.page()
    assert [["a"]] == [[one.sensor_id for one in wanted] for wanted, _ in seen.history.asked]


def test_long_intervals_are_looked_back_at_for_longer() -> None:
    seen = watch(A, {**A, "id": "b", "interval": 86_400}, history=History(steady))
    seen.page()
    asked = {wanted[0].sensor_id: span.end - span.start for wanted, span in seen.history.asked}
    assert asked["a"] == HOUR
    assert asked["b"] >= timedelta(days=3)


def test_three_hundred_sensors_are_a_page_of_less_than_400_kb() -> None:
    html = crowd(300).answer(event(), ENDPOINT)
    assert 300 == sum(line.partition(" ")[2].startswith("POP3 of customer") for line in Page(html).lines())
    assert len(html.encode()) < 400_000


def test_ten_thousand_sensors_are_a_page_that_lambda_may_answer() -> None:
    items = [{"id": f"m{number}", "parent": f"g{number % 2000}", **HOST} for number in range(10_000)]
    groups = [{"id": f"g{number}", "kind": "group"} for number in range(2000)]
    seen = watch(*groups, *items, states={"m7777": state(Status.DOWN, "refused")})
    html = seen.overview.answer(event(), ENDPOINT)
    page = Page(html)
    assert len(html.encode()) < 1_500_000
    assert f"{10_000} of 10000 sensors" in page.text
    assert 1 == sum(line.startswith("Down m7777 ") for line in page.lines())
    assert MAX_SENSORS == sum(len(wanted) for wanted, _ in seen.history.asked)
    assert any("more not shown" in line for line in page.lines())


def test_too_many_lines_are_cut_and_told() -> None:
    chain = [{"id": f"g{n}", "kind": "group", **({"parent": f"g{n - 1}"} if n else {})} for n in range(2000)]
    page = watch(*chain).page()
    assert ["Only the first 1500 of 2000 lines are shown: filter, or open a group."] == page.notes


def test_described() -> None:
    text = Watch().overview.answer({"describe": True}, ENDPOINT)
    assert text.startswith("## POP3 sensors\n")
    assert [] == [name for name in ("tags", "status", "group") if f"**{name}**" not in text]
