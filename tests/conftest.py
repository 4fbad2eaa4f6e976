"""What every test stands on."""

from hypothesis import HealthCheck, settings

# No deadline: these machines are noisy, and speed is measured by `make bench`, never by a test.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
