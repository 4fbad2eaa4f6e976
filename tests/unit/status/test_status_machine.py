"""The life of a status: random scans, pauses and settings, against a model of docs/reference.md#statuses."""

from dataclasses import replace
from datetime import datetime, timedelta

import hypothesis.strategies as st
from hypothesis import settings as how
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pop3_sensor.model import Channel, Observation, PauseReason, Phase, Reason, State, Status, Trouble
from pop3_sensor.model.limits import Limits
from pop3_sensor.model.settings import CertificateCheck
from pop3_sensor.status.verdict import judge, verdict_of_pause
from tests.samples import AT, CERTIFICATE, SEEN, SENSOR

OWN = ["secret_missing", "secret_denied", "secret_malformed", "settings_invalid", "address_forbidden"]
OWN += ["not_run", "internal_error"]
ANSWERS = ["mailbox_in_use", "login_delay"]
FAILURES = sorted(set(Reason) - set(OWN) - set(ANSWERS) - {"limit"})
PAUSES = st.lists(st.sampled_from(PauseReason), min_size=1, unique=True).map(
    lambda reasons: tuple(sorted(reasons, key=list(PauseReason).index))
)
EXPIRED = replace(CERTIFICATE, problem=Reason.CERTIFICATE_EXPIRED, problem_text="certificate has expired")
TAKES = 141.751  # milliseconds, that of SEEN


class Life(RuleBasedStateMachine):
    """`state` is the software's; all the rest is the model's."""

    def __init__(self) -> None:
        super().__init__()
        self.state: State | None = None
        self.at = AT
        self.settings = SENSOR
        self.status = ""  # never scanned yet
        self.since = AT
        self.failures = 0
        self.reason = ""
        self.pauses: tuple[PauseReason, ...] = ()
        self.answered = False

    @initialize(patience=st.integers(0, 5))
    def is_written(self, patience: int) -> None:
        self.settings = replace(SENSOR, warning_scans=patience)

    # ---- what may happen ----

    @rule(patience=st.integers(0, 5))
    def its_patience_is_changed(self, patience: int) -> None:
        self.settings = replace(self.settings, warning_scans=patience)

    @rule(check=st.sampled_from(["verify", "warn", "off"]))
    def its_certificate_check_is_changed(self, check: CertificateCheck) -> None:
        self.settings = replace(self.settings, certificate_check=check)

    @rule(
        upper_error=st.sampled_from([None, 100, TAKES, 1000]),
        upper_warning=st.sampled_from([None, 100, TAKES, 1000]),
        lower_warning=st.sampled_from([None, 100, TAKES, 1000]),
        lower_error=st.sampled_from([None, 100, TAKES, 1000]),
    )
    def its_limits_are_changed(
        self,
        upper_error: float | None,
        upper_warning: float | None,
        lower_warning: float | None,
        lower_error: float | None,
    ) -> None:
        limits = Limits(
            upper_error=upper_error,
            upper_warning=upper_warning,
            lower_warning=lower_warning,
            lower_error=lower_error,
        )
        self.settings = replace(self.settings, limits={Channel.RESPONSE_TIME: limits})

    @rule()
    def a_good_scan(self) -> None:
        self._scan(SEEN)
        self._model_answer()

    @rule()
    def a_good_scan_with_a_bad_certificate(self) -> None:
        """One that `verify` would not have let pass is a failure of its own, below."""
        if self.settings.certificate_check == "verify":
            return
        self._scan(replace(SEEN, certificate=EXPIRED))
        self._model_answer("certificate_expired" if self.settings.certificate_check == "warn" else "")

    @rule(reason=st.sampled_from(ANSWERS))
    def an_answer_that_is_a_warning(self, reason: str) -> None:
        self._scan(replace(SEEN, trouble=Trouble(Reason(reason), Phase.LOGIN, "locked")))
        self._model_answer(reason)

    @rule(reason=st.sampled_from(FAILURES))
    def a_failed_scan(self, reason: str) -> None:
        """The phases that it got to break limits or not: they are not compared."""
        self._scan(replace(SEEN, trouble=Trouble(Reason(reason), Phase.LOGIN, "no luck")))
        self.failures += 1
        self._model("Warning" if self.failures <= self.settings.warning_scans else "Down", reason)

    @rule(reason=st.sampled_from(OWN))
    def a_trouble_of_our_own(self, reason: str) -> None:
        """It says nothing about the server: neither a failure nor a success."""
        self._scan(Observation(AT, trouble=Trouble(Reason(reason), None, "ours")))
        self._model("Unknown", reason)

    @rule()
    def its_settings_become_invalid(self) -> None:
        self._pass_a_minute()
        trouble = Trouble(Reason.SETTINGS_INVALID, None, "host: is missing")
        verdict = judge(None, Observation(self.at, trouble=trouble), self.state)
        self.state, self.answered = verdict.state(self.state, self.at), verdict.answered
        self._model("Unknown", "settings_invalid")

    @rule(reasons=PAUSES)
    def it_is_paused(self, reasons: tuple[PauseReason, ...]) -> None:
        self._pass_a_minute()
        verdict = verdict_of_pause(reasons)
        self.state, self.answered = verdict.state(self.state, self.at), verdict.answered
        self.failures = 0
        self._model("Paused", "", reasons)

    # ---- the model ----

    def _model_answer(self, warned_of: str = "") -> None:
        """The gravest counts; of several Warnings the first in the scan's order, and a limit comes last."""
        self.failures = 0
        limits = self.settings.limits.get(Channel.RESPONSE_TIME, Limits())
        if self._is_beyond(limits.upper_error, limits.lower_error):
            self._model("Down", "limit")
        elif warned_of:
            self._model("Warning", warned_of)
        elif self._is_beyond(limits.upper_warning, limits.lower_warning):
            self._model("Warning", "limit")
        else:
            self._model("Up", "")
        assert self.answered

    @staticmethod
    def _is_beyond(upper: float | None, lower: float | None) -> bool:
        return (upper is not None and upper < TAKES) or (lower is not None and lower > TAKES)

    def _model(self, status: str, reason: str, pauses: tuple[PauseReason, ...] = ()) -> None:
        if status != self.status:
            self.since = self.at
        self.status, self.reason, self.pauses = status, reason, pauses

    # ---- the software ----

    def _scan(self, seen: Observation) -> None:
        self._pass_a_minute()
        verdict = judge(self.settings, replace(seen, at=self.at), self.state)
        self.state, self.answered = verdict.state(self.state, self.at), verdict.answered

    def _pass_a_minute(self) -> None:
        self.at += timedelta(minutes=1)

    # ---- both ----

    @invariant()
    def both_agree(self) -> None:
        if not self.state:
            assert "" == self.status
            return
        state = self.state
        expected: tuple[str, datetime, int, str, tuple[PauseReason, ...]]
        expected = (self.status, self.since, self.failures, self.reason, self.pauses)
        assert expected == (state.status, state.since, state.failures, state.reason, state.pause_reasons)

    @invariant()
    def what_is_not_up_says_why(self) -> None:
        if self.state:
            assert bool(self.state.message) == (self.state.status is not Status.UP)
            assert bool(self.state.reason) == (self.state.status not in (Status.UP, Status.PAUSED))
            assert len(self.state.message) <= 300

    @invariant()
    def a_phase_is_told_where_one_is_to_blame(self) -> None:
        if self.state and self.state.reason in ("", "limit"):
            assert "" == self.state.phase


Life.TestCase.settings = how(max_examples=150, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
