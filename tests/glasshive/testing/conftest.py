"""Tests of a program in which two actors race, for tests of the pytest plugin."""

from __future__ import annotations

import re

import pytest

PROGRAM = """
    import pykka
    import pytest
    from hypothesis import example, given, settings
    from glasshive import Message, Schedule, Simulation, sometimes
    from glasshive.testing import schedules


    class Word(Message):
        text: str


    class Listener(pykka.ThreadingActor):
        def __init__(self):
            super().__init__()
            self.name = "listener"
            self.heard = []

        def on_receive(self, message):
            self.heard.append(message.text)


    class Speaker(pykka.ThreadingActor):
        def __init__(self, name, listener):
            super().__init__()
            self.name = name
            self.listener = listener

        def on_receive(self, message):
            self.listener.tell(message)


    def heard(simulation):
        listener = Listener.start()
        for name in ("anna", "ben"):
            Speaker.start(name, listener).tell(Word(name))
        simulation.run()
        return listener._actor_weakref().heard

"""


NAME = "test_anna_is_heard_first"


class Race:
    """A folder with tests of a program in which two actors race; pytest runs them.

    Args:
        pytester: the folder.
    """

    name = NAME
    trace = f".pytest_cache/d/glasshive/test_race.py-{NAME}.jsonl"
    """Where the trace of the test that fails goes."""
    mark = "@pytest.mark.glasshive(runs=100, seed=7)"
    test = f"""
    {mark}
    def {NAME}(simulation):
        assert heard(simulation) == ["anna", "ben"]
    """
    """What fails if ben is heard first."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.path = pytester.path

    def has(self, tests: str) -> None:
        """Have other tests.

        Args:
            tests: what stands below the program.
        """
        self._pytester.makepyfile(test_race=PROGRAM + tests)

    def marked(self, mark: str) -> None:
        """Have the one test under another mark.

        Args:
            mark: the whole line.
        """
        self.has(self.test.replace(self.mark, mark))

    def run(self, *options: str) -> pytest.RunResult:
        """Run pytest."""
        return self._pytester.runpytest_inprocess(*options)

    def run_apart(self, *options: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self._pytester.runpytest_subprocess(*options)

    def story(self, result: pytest.RunResult) -> str:
        """Return the story in what pytest has printed, without the marks of an error."""
        lines = [re.sub(r"^E  ", "", line) for line in result.outlines]
        begin = next(at for at, line in enumerate(lines) if line.lstrip().startswith("violation "))
        indent = len(lines[begin]) - len(lines[begin].lstrip())
        label = "(violation|found|shrunk|the run|trace|again|paste|doubt) |   "
        story = []
        for line in lines[begin:]:
            if not re.match(label, line[indent:]):
                break
            story.append(line[indent:])
        return "\n".join(story)


@pytest.fixture
def race(pytester: pytest.Pytester) -> Race:
    """The tests, under the strictest configuration there is."""
    pytester.makeini("[pytest]\nstrict = true\nfilterwarnings = error\n")
    race = Race(pytester)
    race.has(race.test)
    return race
