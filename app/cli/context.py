"""One invocation of the command line: its arguments, its language, and where its words go."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any

from app.base.catalogue import Catalogue
from app.base.errors import N_
from app.cli import secrets
from app.cli.streams import AnswerLost, Output
from app.main import DeviceChoice, open_desk
from app.opening import Entry, House, Options
from app.workflow import views
from app.workflow.desk import Desk


class Context:
    """What a command is given and where it tells what it did.

    ``result`` is the JSON object as far as it has come; ``told`` is True once a command has printed by
    itself.
    """

    def __init__(
        self, args: argparse.Namespace, catalogue: Catalogue, house: House | None = None
    ) -> None:
        self.args = args
        self.house = house
        self._password: str | None = None
        self.catalogue = catalogue
        self.cancel = threading.Event()
        self.output = Output()
        self.result: dict[str, Any] = {}
        self.told = False
        self.code = 0

    @property
    def options(self) -> Options:
        """The global switches."""
        args = self.args
        return Options(
            data=args.data,
            training=args.training,
            devices=args.devices or ("simulated" if args.training else "system"),
            profile=args.profile,
            entry=None if args.operator is None else Entry(args.operator, self.own_password),
            second=None if args.second is None else Entry(args.second, self.second_password),
            lang=self.catalogue.language,
        )

    def desk(self, choice: DeviceChoice | None = None) -> AbstractContextManager[Desk]:
        """The workplace's desk, somebody signed in at it."""
        return open_desk(self.options, choice, self.house)

    def own_password(self) -> str:
        """The operator's password, asked for once."""
        if self._password is None:
            asked = self.catalogue.text(N_("Password"))
            self._password = secrets.password(asked, secrets.PASSWORD_FILE)
        return self._password

    def second_password(self) -> str:
        """The second person's password."""
        asked = self.catalogue.text(N_("Password of the second person"))
        return secrets.password(asked, secrets.SECOND_PASSWORD_FILE)

    def say(self, text: str, /, **params: object) -> None:
        """A line for a person; nothing where JSON was asked for."""
        if not self.args.json:
            self.output.write(self.catalogue.text(text, **params) + "\n")

    def show(self, label: str, value: object) -> None:
        """A value under its label; nothing where there is none."""
        if value not in (None, "", [], {}):
            self.say("{label}: {value}", label=label, value=value)

    def word(self, context: str, value: str) -> str:
        """One word of ours in this language."""
        return self.catalogue.word(context, value)

    def step(self, event: views.StepEvent) -> None:
        """A finished step with its time."""
        if event.mark is views.Mark.GOOD:
            self.say("  {step}  {ms} ms", step=event.step.value, ms=event.milliseconds)

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """The first interrupt asks the work to stop where it can be continued, the second ends it."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.cancel.set()
            signal.signal(signal.SIGINT, before)

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


class Announced:
    """Standard output for a command that prints its own line, noting that it has."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def write(self, text: str) -> int:
        output = self._context.output
        self._context.told = True
        output.write(text)
        if output.lost or output.unread:
            raise AnswerLost  # what works for a reader of this line has none
        return len(text)

    def flush(self) -> None:
        """Every write is one."""
