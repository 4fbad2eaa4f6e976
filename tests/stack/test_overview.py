"""The deployed overview with its role, for the sample sensors of `make run` after two scans."""

import json
import urllib.request

import pytest

from tests.demo.demonstration import MailServers, write_samples
from tests.demo.widget_page import widget_page
from tests.emulator.stack import DeployedStack
from tests.fakes.looking import Page, event

SAMPLES = {
    "starttls-login": "Up",
    "implicit-tls-apop": "Up",
    "plain-no-login": "Up",
    "untrusted-but-warned": "Warning",
    "wrong-password": "Down",
    "nobody-there": "Down",
    "misspelt": "Unknown",
}


@pytest.fixture(scope="module")
def scanned(stack: DeployedStack, servers: MailServers) -> DeployedStack:
    write_samples(stack, servers)
    stack.tick()
    stack.tick()
    return stack


def test_every_sample_sensor_is_there_with_its_status(scanned: DeployedStack) -> None:
    page = Page(scanned.overview(event()))
    assert [] == page.notes
    lines = [line.split(maxsplit=2) for line in page.lines()]
    assert SAMPLES.items() <= {(line[1], line[0]) for line in lines}
    found = {line[1]: line[2] for line in lines}
    assert "ms response time" in found["starttls-login"]
    assert "refused at connect" in found["nobody-there"]
    assert "settings_invalid prot: there is no such attribute; did you mean port?" in found["misspelt"]


def test_page_of_a_sensor_has_graphs_and_its_result_file(scanned: DeployedStack) -> None:
    page = Page(scanned.overview(event(go={"sensor": "starttls-login"})))
    assert [] == page.notes
    assert "Sensor starttls-login, scan of " in page.text
    assert "Response time" in page.text
    drawn = [attributes for name, attributes in page.elements if name in {"path", "circle"}]
    assert len(drawn) >= 9  # each channel has a line or a dot
    assert "Certificate days left" in page.text
    assert "correct horse" not in page.html


def test_sensor_without_a_result_file_is_no_error(scanned: DeployedStack) -> None:
    page = Page(scanned.overview(event(go={"sensor": "plain-no-login"})))
    assert [] == page.notes
    assert "Last result file" not in page.text


def test_widget_of_the_dashboard_is_this_function(scanned: DeployedStack) -> None:
    cloudwatch = scanned.emulator.client("cloudwatch")
    (found,) = cloudwatch.list_dashboards()["DashboardEntries"]
    assert scanned.outputs["DashboardUrl"].endswith(f"#dashboards/dashboard/{found['DashboardName']}")
    body = json.loads(cloudwatch.get_dashboard(DashboardName=found["DashboardName"])["DashboardBody"])
    assert body["widgets"][0]["properties"]["endpoint"].endswith(f":function:{scanned.outputs['OverviewFunctionName']}")


def test_page_of_make_run_shows_the_deployed_overview(scanned: DeployedStack) -> None:
    with widget_page(scanned.overview, scanned.outputs["OverviewFunctionName"]) as url:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own loopback URL
            assert b'<main id="widget">' in answer.read()
        body = json.dumps({"endpoint": "", "event": event()}).encode()
        with urllib.request.urlopen(f"{url}call", body, timeout=60) as answer:  # noqa: S310 - likewise
            page = Page(answer.read().decode())
    assert SAMPLES.keys() <= {line.split()[1] for line in page.lines()}


def test_role_of_the_overview_is_enforced(scanned: DeployedStack) -> None:
    """If the role may not read metrics, the page says so and shows the rest."""
    iam = scanned.emulator.client("iam")
    (role,) = [one["RoleName"] for one in iam.list_roles()["Roles"] if "OverviewRole" in one["RoleName"]]
    policy = iam.get_role_policy(RoleName=role, PolicyName="overview")["PolicyDocument"]
    fewer = {**policy, "Statement": [one for one in policy["Statement"] if one["Sid"] != "ReadChannels"]}
    iam.put_role_policy(RoleName=role, PolicyName="overview", PolicyDocument=json.dumps(fewer))
    try:
        page = Page(scanned.overview(event()))
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="overview", PolicyDocument=json.dumps(policy))
    (note,) = page.notes
    assert "AccessDenied" in note
    assert SAMPLES.keys() <= {line.split()[1] for line in page.lines()}
