"""A large fleet in which all is well: what it writes and publishes, and how its scans are spread."""

from collections import Counter

from pop3_sensor.fleet.division import INLINE
from tests.fakes.fleets.simulation import LATE, Simulation, ticks
from tests.fakes.fleets.world import GOOD, MINUTE, SPRING, Table, World

SENSORS = 1000


def a_fleet(interval: int) -> Table:
    ids = [f"mail-{number}" for number in range(SENSORS)]
    return {one: {"id": one, "host": "mail.example.org", "interval": interval} for one in ids}


def test_a_healthy_fleet_writes_and_tells_nothing() -> None:
    table = a_fleet(60)
    simulation = Simulation(World(SPRING, table))
    simulation.tick(SPRING)
    first = simulation.taken()
    assert (sorted(table), SENSORS, SENSORS) == (first.scans, len(first.events), len(first.writes))
    for tick in ticks(SPRING + MINUTE, 10):
        handed_on = SENSORS - INLINE
        counts = {"sensors": SENSORS, "due": SENSORS, "scanned": INLINE, "handed_on": handed_on, "up": INLINE}
        assert counts == {name: count for name, count in simulation.tick(tick).items() if count}
        outcome = simulation.taken()
        assert (sorted(table), [], []) == (outcome.scans, outcome.events, outcome.writes)
        at = str(tick + LATE)
        values = {"ResponseTime": float(GOOD.milliseconds), "Downtime": 0.0}
        assert outcome.points == sorted((one, channel, value, at) for one in table for channel, value in values.items())


def test_five_minutes_are_spread_evenly() -> None:
    """No minute has many more scans than its share, and every sensor has one scan in each interval."""
    table = a_fleet(300)
    simulation = Simulation(World(SPRING, table))
    simulation.tick(SPRING - MINUTE)
    assert sorted(table) == simulation.taken().scans  # new ones do not wait for their minute
    scans = []
    for tick in ticks(SPRING, 15):
        simulation.tick(tick)
        outcome = simulation.taken()
        assert ([], []) == (outcome.events, outcome.writes)
        assert len(outcome.scans) <= 1.3 * SENSORS / 5
        scans.append(outcome.scans)
    for start in range(11):  # from any minute on
        assert Counter([*table]) == Counter(one for minute in scans[start : start + 5] for one in minute)
