"""A scenario whose runs differ by who comes last."""

RACE = '''
import pykka
from glasshive.scenario import Run, scenario


class Sender(pykka.ThreadingActor):
    def __init__(self, name, to):
        super().__init__()
        self.name = name
        self.to = to

    def on_receive(self, message):
        self.to.tell(self.name)


class Last(pykka.ThreadingActor):
    name = "last"

    def on_receive(self, message):
        self.holds = message


@scenario
def race(run: Run) -> None:
    """Of two that write, one is the last."""
    last = Last.start()
    for name in ("ann", "bob"):
        Sender.start(name, last).tell("go")
    run.runtime.run()
'''
