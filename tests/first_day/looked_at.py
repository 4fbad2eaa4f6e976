"""What people look at. The page is read here; how it looks, only a person can say."""

from tests.first_day.account import SENSOR, Account, Skipped, Wrong


def page(account: Account) -> str:
    html = account.invoke("OverviewFunctionName", {"widgetContext": {"width": 1000, "theme": "light"}})
    if SENSOR not in str(html):
        raise Wrong("the page does not show the sensor")
    return "the page shows the sensor"


def light_theme(account: Account) -> str:
    return _seen(account, "light")


def dark_theme(account: Account) -> str:
    return _seen(account, "dark")


def _seen(account: Account, theme: str) -> str:
    question = (
        f"Open {account.outputs['DashboardUrl']}, allow the widget, choose the {theme} theme (gear, Visual mode). Are "
        "the device tree and every word in it easy to read?"
    )
    match account.ask(question):
        case None:
            raise Skipped("nobody was there to look")
        case False:
            raise Wrong("the person says no")
        case True:
            return f"the person says yes to the {theme} theme"
