"""One sensor: its item and what is above it become the settings in force, or it is told what does not fit together."""

from collections.abc import Iterable, Iterator
from typing import Any

from ..model import Channel, Settings
from ..model.channels import UNITS
from ..model.settings import BEARER, DEFAULT_TAGS, DEFAULT_TRANSPORT_SECURITY, Identity, default_port
from .branches import too_much
from .inheritance import NOTHING, Inheritance
from .item import Item
from .problems import InvalidSettings, Problem, allowed

_OWN = ("name", "priority", "primary_channel", "graph_type", "stack_unit")


def settings_of(item: Item, above: Inheritance | Problem = NOTHING, told: Iterable[Problem] = ()) -> Settings:
    """Raises InvalidSettings: with what is `told` of the item, with what is wrong above it, with what does not fit."""
    problems = [*told, above] if isinstance(above, Problem) else [*told]
    inherited = NOTHING if isinstance(above, Problem) else above
    chain = inherited.below(item, item.tags if item.tags is not None else DEFAULT_TAGS)
    settings = _draft(item, chain, inherited)
    if not isinstance(above, Problem):
        bad = {problem.outermost for problem in problems}
        problems += (one for one in _misfits(settings, item, chain) if one.outermost not in bad)
    if problems:
        raise refused(item, settings, *problems)
    return settings


def refused(item: Item, settings: Settings, *problems: Problem) -> InvalidSettings:
    bad = {problem.outermost for problem in problems}
    identity = Identity(
        name=settings.name,
        tags=settings.tags if "tags" not in bad else (),
        priority=settings.priority if "priority" not in bad else None,
        host=settings.host if "host" not in bad and settings.host else None,
        port=settings.port if "port" not in bad else None,
    )
    return InvalidSettings(item, *problems, identity=identity)


def _draft(item: Item, chain: Inheritance, above: Inheritance) -> Settings:
    """Not yet settings: nobody has looked whether they fit together, and the host may be missing."""
    values = {**chain.values, **{name: value for name in _OWN if (value := getattr(item, name)) is not None}}
    security = values.get("transport_security", DEFAULT_TRANSPORT_SECURITY)
    defaults: dict[str, Any] = {"name": item.id, "host": "", "port": default_port(security)}
    return Settings(
        **defaults | values,
        id=item.id,
        tags=chain.tags,
        limits={Channel(name): item.limits[name].limits() for name in sorted(item.limits or {})} if item.limits else {},
        schedules=chain.schedules,
        maintenance_windows=chain.windows,
        paused=chain.paused,
        # A sensor on which its own group depends does not depend on itself.
        masters=tuple(
            dict.fromkeys([*(m for m in above.masters if m != item.id), *chain.masters[len(above.masters) :]])
        ),
        ancestors=above.path,
    )


def _misfits(settings: Settings, item: Item, chain: Inheritance) -> Iterator[Problem]:
    """What is good alone, and wrong beside the rest of the item or below what is above it."""
    if not settings.host:
        yield Problem("host", f"is missing, here and in everything above; {allowed('host')}")
    method = settings.authentication
    if method != "none" and not settings.secret_id:
        yield Problem("secret_id", f"is missing, and authentication is {method}; {allowed('secret_id')}")
    if method in BEARER and (check := settings.certificate_check) != "verify":
        text = f"is {check}, but with authentication {method} a token is sent, and only where the certificate verifies"
        yield Problem("certificate_check", f"{text}; allowed: verify")
    if item.master_for_parent and item.parent is None:
        # Most items are below root: one without a parent of its own would pause nearly everything.
        yield Problem("master_for_parent", "is set, and parent is not: it must be written out, even where it is root")
    yield from (too_much(attribute, count) for attribute, count in chain.excess.items())
    channels = settings.published_channels
    if settings.primary_channel not in channels:
        text = f"{settings.primary_channel} is not among this sensor's channels: {', '.join(channels)}"
        yield Problem("primary_channel", text)
    units = {UNITS[channel] for channel in channels}
    if settings.stack_unit is not None and item.graph_type != "stacked":
        yield Problem("stack_unit", f"is set, but graph_type is not stacked; {allowed('stack_unit')}")
    elif settings.stack_unit is not None and settings.stack_unit not in units:
        text = f"{settings.stack_unit} is not among the units of this sensor's channels: {', '.join(sorted(units))}"
        yield Problem("stack_unit", text)
