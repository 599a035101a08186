"""Rules about the whole of a run: `always`, `eventually` and `leads_to`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import GlasshiveError, Live, NotRunning, Run, Simulation, scenario
from glasshive.scenario import run
from glasshive.testing import Rule, always, eventually, leads_to

if TYPE_CHECKING:
    from pathlib import Path


class Account(pykka.ThreadingActor):
    """Its balance is off in the middle of every handler, where nobody may see it."""

    def __init__(self) -> None:
        super().__init__()
        self.balance = 0

    def on_receive(self, message: Any) -> Any:
        self.balance = -1_000_000
        if message == "wait":
            time.sleep(1)
        self.balance = 0 if message == "wait" else message
        return self.balance


def opened() -> tuple[pykka.ActorRef[Account], Account]:
    ref = Account.start()
    account = ref._actor_weakref()
    assert account is not None
    return ref, account


def test_what_is_always_so_holds_between_turns_whatever_a_handler_does_in_between() -> None:
    with Simulation() as simulation:
        ref, account = opened()
        rule = always("the balance is at least 0", lambda: account.balance >= 0)
        for amount in (3, 0, 5):
            ref.tell(amount)
        simulation.run()
    assert rule.violations == ()
    assert rule.settled
    rule.verify()


def test_a_handler_that_waits_in_the_middle_is_seen_as_it_is() -> None:
    with Simulation():
        ref, account = opened()
        rule = always("the balance is at least 0", lambda: account.balance >= 0)
        ref.ask("wait")
    assert rule.violations == ("at 0 s, after a turn of Account-1, not so",)


def test_a_violation_says_when_and_after_whose_turn_once_for_each_time_it_begins() -> None:
    with Simulation() as simulation:
        ref, account = opened()
        rule = always("the balance is at least 0", lambda: account.balance >= 0)
        for at, amount in ((1.0, -2), (2.0, -3), (3.0, 1), (4.5, -1), (5.0, 0)):
            simulation.after(at, ref, amount)
        simulation.run()
    assert rule.violations == (
        "at 1 s, after a turn of Account-1, not so",
        "at 4.5 s, after a turn of Account-1, not so",
    )
    assert rule.count == 2
    with pytest.raises(
        AssertionError,
        match=r"^Always: the balance is at least 0\. But at 1 s, after a turn of Account-1, "
        r"not so; at 4\.5 s, after a turn of Account-1, not so$",
    ):
        rule.verify()


def test_more_violations_than_are_worth_reading_are_counted() -> None:
    with Simulation() as simulation:
        ref, account = opened()
        rule = always("the balance is at least 0", lambda: account.balance >= 0)
        for turn in range(46):
            simulation.after(turn + 1, ref, turn % 2 - 1)
        simulation.run()
    assert rule.count == 23
    assert len(rule.violations) == 21
    assert rule.violations[-1] == "and 3 more"


def test_it_is_looked_at_however_the_script_waits() -> None:
    with Simulation() as simulation:
        ref, account = opened()
        rule = always("the balance is at least 0", lambda: account.balance >= 0)
        simulation.run()
        ref.ask(-1)
        ref.ask(1)
        assert rule.count == 1
        simulation.run(condition=lambda: True)
        ref.tell(-1)
        time.sleep(1)
        assert rule.count == 2
        ref.tell(1)
        simulation.run(condition=lambda: account.balance == 1)
        ref.ask(-1)
    assert rule.count == 3


def test_what_is_not_so_in_the_beginning_is_a_violation_too() -> None:
    with Simulation():
        rule = always("one is two", lambda: False)
    assert rule.violations == ("at 0 s, after a turn of script, not so",)


def test_a_rule_that_begins_late_does_not_blame_whoever_had_a_turn_before() -> None:
    with Simulation() as simulation:
        ref, account = opened()
        always("all is well", lambda: True)
        ref.tell(-1)
        simulation.run(until=2)
        rule = always("the balance is at least 0", lambda: account.balance >= 0)
    assert rule.violations == ("at 2 s, after a turn of script, not so",)


@pytest.mark.parametrize(
    ("within", "violations"),
    [(3.0, ()), (2.5, ("at 2.5 s still not so",)), (0.0, ("at 0 s still not so",))],
)
def test_what_comes_true_must_come_true_in_time(within: float, violations: tuple[str, ...]) -> None:
    with Simulation() as simulation:
        ref, account = opened()
        rule = eventually("the balance is 5", lambda: account.balance == 5, within=within)
        simulation.after(3, ref, 5)
        simulation.after(4, ref, 0)
        simulation.run()
    assert rule.violations == violations
    assert rule.settled
    assert rule.statement == f"Within {within:g} s: the balance is 5."


def test_an_end_without_another_event_is_noticed_when_the_time_is_over() -> None:
    with Simulation() as simulation:
        _, account = opened()
        rule = eventually("the balance is 5", lambda: account.balance == 5, within=2)
        simulation.run(until=1)
        assert (rule.violations, rule.settled) == ((), False)
        simulation.run(until=2)
        assert (rule.violations, rule.settled) == ((), False)
        simulation.run(until=2.5)
    assert rule.violations == ("at 2 s still not so",)
    assert rule.settled


def test_a_run_that_ends_early_leaves_a_rule_open_and_a_test_hears_so() -> None:
    with Simulation() as simulation:
        rule = eventually("somebody comes", lambda: False, within=9)
        simulation.run(until=4)
    assert (rule.violations, rule.settled) == ((), False)
    with pytest.raises(AssertionError, match="But at 4 s the time is not over yet"):
        rule.verify()


def replies(*told: tuple[float, int], until: float) -> Rule:
    """Return the rule that a 3 becomes a 4 within a second, after an account was told amounts."""
    with Simulation() as simulation:
        ref, account = opened()
        rule = leads_to(
            "a 3 becomes a 4", lambda: account.balance == 3, lambda: account.balance == 4, within=1
        )
        for at, amount in told:
            simulation.after(at, ref, amount)
        simulation.run(until=until)
    return rule


def test_a_response_in_time_is_all_that_is_asked_for_however_often() -> None:
    rule = replies((1, 3), (2, 4), (3, 3), (3.5, 0), (3.9, 4), (5, 4), until=9)
    assert (rule.violations, rule.settled) == ((), True)
    assert rule.statement == "Each time within 1 s: a 3 becomes a 4."


def test_a_response_that_comes_late_or_never_breaks_the_rule_once_for_each_trigger() -> None:
    rule = replies((1, 3), (2.5, 4), (3, 3), (4.5, 3), (5, 0), (6, 3), until=9)
    assert rule.violations == (
        "due since 1 s, and not so by 2 s",
        "due since 3 s, and not so by 4 s",
        "due since 6 s, and not so by 7 s",
    )
    assert rule.settled


def test_a_trigger_that_waits_at_the_end_leaves_the_rule_open() -> None:
    rule = replies((1, 3), (1.5, 4), (3, 3), until=3.5)
    assert (rule.violations, rule.settled) == ((), False)


def test_a_response_that_holds_already_is_in_time() -> None:
    with Simulation() as simulation:
        rule = leads_to("day leads to day", lambda: True, lambda: True, within=0)
        simulation.run(until=5)
    assert (rule.violations, rule.settled) == ((), True)


def test_an_event_of_the_trace_tells_a_violation_and_what_led_to_it(tmp_path: Path) -> None:
    @scenario
    def overdrawn(run: Run) -> None:
        """An account is overdrawn."""
        ref, account = opened()
        rule = always("the balance is at least 0", lambda: account.balance >= 0)
        run.check(rule)
        run.check(eventually("it is Sunday", lambda: False, within=5))
        ref.ask(-1)

    outcome = run(overdrawn, trace=tmp_path / "run.jsonl")
    assert outcome.status == "violated"
    assert [(each.name, each.statement, each.settled) for each in outcome.invariants] == [
        ("the balance is at least 0", "Always: the balance is at least 0.", True),
        ("it is Sunday", "Within 5 s: it is Sunday.", False),
    ]
    lines = (tmp_path / "run.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines[1:-1]]
    (violation,) = (event for event in events if event["kind"] == "violation")
    assert violation["actor"] == "Account-1"
    assert events[violation["cause"]]["kind"] == "deliver"
    assert violation["data"] == {
        "invariant": "the balance is at least 0",
        "how": "at 0 s, after a turn of Account-1, not so",
    }


def test_a_condition_that_raises_ends_the_run_and_one_that_waits_is_refused() -> None:
    with Simulation() as simulation:
        ref, account = opened()
        always("a division works", lambda: 1 / (5 - account.balance) > 0)
        ref.tell(5)
        with pytest.raises(ZeroDivisionError):
            simulation.run()
    with Simulation() as simulation:
        ref, account = opened()
        always("patience", lambda: account.balance == 0 or ref.ask(0) == 0)
        ref.tell(5)
        with pytest.raises(GlasshiveError, match="must only look"):
            simulation.run()


def test_a_rule_does_not_change_a_run() -> None:
    def events(*, watched: bool) -> list[tuple[float, str, str]]:
        seen = []
        with Simulation() as simulation:
            simulation.watch(
                lambda event, _: seen.append((event.time, event.kind, event.actor)),
                kinds=["send", "deliver", "timer-fired"],
            )
            ref, account = opened()
            if watched:
                always("the balance is at least 0", lambda: account.balance >= 0)
                eventually("never", lambda: False, within=1)
            simulation.after(2, ref, 3)
            ref.tell(4)
            simulation.run()
            assert simulation.now() == 2.0
        return seen

    assert events(watched=True) == events(watched=False)


def test_rules_are_watched_on_threads_too() -> None:
    with Live() as live:
        ref, account = opened()
        low = always("the balance is below 9", lambda: account.balance < 9)
        high = eventually("the balance is 9", lambda: account.balance == 9, within=60)
        late = eventually("the balance is 10", lambda: account.balance == 10, within=60)
        assert ref.ask(9) == 9
        live.run()
    assert low.count == 1
    assert high.settled
    assert not late.settled
    assert late.violations == ()


def test_a_rule_needs_a_run_words_and_a_time() -> None:
    with pytest.raises(NotRunning):
        always("nothing runs", lambda: True)
    with Simulation() as simulation:
        with pytest.raises(TypeError, match="told in words, not as True"):
            always(True, lambda: True)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="within is a number of seconds, zero or more, not -1"):
            eventually("soon", lambda: True, within=-1)
        with pytest.raises(ValueError, match="within is a number of seconds"):
            leads_to("soon", lambda: True, lambda: True, within=float("nan"))
    assert repr(always("named", lambda: True, runtime=simulation)) == "<Always: named.>"
