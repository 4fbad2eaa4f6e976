"""Makes HTML with the folder `templates`: every text is escaped there, and a missing value is an error."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=PackageLoader("pop3_sensor.overview", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, **values: Any) -> str:
    html = _TEMPLATES.get_template(template).render(values)
    return html.encode(errors="replace").decode()  # UTF-8 cannot carry half a character
