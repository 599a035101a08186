"""Where faults strike."""

from __future__ import annotations

from collections import Counter
from itertools import count

from glasshive.schedule import Option
from glasshive.schedule.strikes import Strikes

FATES = [Option(fate) for fate in ("deliver", "lose", "duplicate", "hold back")]
FAULT = [Option("spare"), Option("strike")]


def _struck(strikes: Strikes, kind: str, decisions: int) -> list[int]:
    options = FATES if kind == "fate" else FAULT
    return [at for at in range(decisions) if strikes.choose(kind, options)]


def test_a_run_has_none_to_three_strikes_each_number_as_often() -> None:
    found = Counter(
        len(_struck(Strikes(seed, {"fault": 1_000}), "fault", 1_000)) for seed in range(400)
    )
    assert sorted(found) == [0, 1, 2, 3]
    assert all(70 <= times <= 130 for times in found.values()), found


def test_every_decision_is_struck_as_often() -> None:
    found = Counter(
        place
        for seed in range(4_000)
        for place in _struck(Strikes(seed, {"fault": 10}), "fault", 10)
    )
    # Of n strikes 10 * (1 - 0.9 ** n) fall on different places: 1.4025 on average, for n to 3.
    assert sorted(found) == list(range(10))
    assert all(470 <= times <= 650 for times in found.values()), found


def test_a_kind_of_many_decisions_leaves_the_others_their_share() -> None:
    found: Counter[str] = Counter()
    for seed in range(1_000):
        strikes = Strikes(seed, {"fate": 500, "fault": 5, "none": 0})
        for kind, decisions in (("fate", 500), ("fault", 5)):
            found[kind] += len(_struck(strikes, kind, decisions))
    assert 600 <= found["fault"] <= found["fate"] <= 800, found


def test_a_strike_is_any_option_but_the_drawn_one() -> None:
    found: Counter[int] = Counter()
    for seed in range(1_000):
        strikes = Strikes(seed, {"fate": 3})
        found.update(strikes.choose("fate", FATES, drawn=1) for _ in range(3))
    struck = found.total() - found[1]
    assert sorted(found) == [0, 1, 2, 3]
    assert all(struck / 3 - 90 <= found[fate] <= struck / 3 + 90 for fate in (0, 2, 3)), found


def test_what_is_not_known_stays_as_the_rates_have_drawn_it() -> None:
    for seed in range(100):
        unknowing, short = Strikes(seed, {}), Strikes(seed, {"fault": 5})
        assert [unknowing.choose("fault", FAULT, at % 2) for at in range(20)] == [0, 1] * 10
        for _ in range(5):
            short.choose("fault", FAULT)
        assert [short.choose("fault", FAULT, at % 2) for at in range(20)] == [0, 1] * 10
        assert [short.choose("fate", FATES, at % 4) for at in range(20)] == [0, 1, 2, 3] * 5


def test_equal_seeds_strike_alike_and_others_elsewhere() -> None:
    def struck(seed: int | str) -> list[int]:
        return _struck(Strikes(seed, {"fault": 1_000}), "fault", 1_000)

    hit = next(seed for seed in count() if len(struck(seed)) == 3)
    assert struck(hit) == struck(hit) == struck(str(hit)) != struck(hit + 1)
