"""The language of tests/vectors/sw.csv (its README defines it) over a raw transmit and an own SAM."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tests.oracle import layout
from tests.oracle.cipher import OracleError, city_factor, suite_of
from tests.oracle.sam import AUTHENTICATIONS, KEY_VERSION, SLOTS, SoftwareSam

VECTORS = Path(__file__).parents[1] / "vectors" / "sw.csv"
ORIGINAL = bytes.fromhex("1122334455667788")
FIRST_CHALLENGE = bytes.fromhex("A1A2A3A4A5A6A7A8")
PIN = "123456"
MASTER = "3F00"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    row: str
    chip: str
    product: str
    life: str
    setup: str
    command: str
    sw: str
    answer: str
    source: str
    note: str

    @property
    def kind(self) -> int:
        """A SAM row's kind, from its product column."""
        return int(self.product.rsplit(" ", 1)[1])


@cache
def rows() -> tuple[Row, ...]:
    """Every row of sw.csv."""
    with VECTORS.open(encoding="utf-8", newline="") as table:
        return tuple(Row(**line) for line in csv.DictReader(table))


def directory_path(directory: str) -> list[str]:
    """The steps that lead from the MF to a directory."""
    if directory == "MF":
        return ["select MF"]
    if directory == "DDF1":
        return ["select MF", "select DDF1"]
    return ["select MF", "select DDF1", f"select {directory}"]


@dataclass
class Script:
    """A run against one chip: `transmit` gives data and status word for a command, `reset` the ATR."""

    transmit: Callable[[bytes], bytes]
    reset: Callable[[], bytes]
    product: str
    factor: bytes
    root: bytes
    city_code: str
    pin: str = PIN
    challenge: bytes = FIRST_CHALLENGE
    sent: bytes = b""

    def __post_init__(self) -> None:
        name = self.product.split(" kind ")[0]
        self.sam = SoftwareSam(self.root, self.city_code, product=name)
        self.suite = suite_of(name)
        self.plain = name == "KT-PLAIN"

    def compile(self, source: str) -> bytes:
        """A command or an answer in symbols, as bytes."""
        result = b""
        for token in re.findall(r"\{[^}]*\}|[^\s{}]+", source):
            result += self._element(token[1:-1], result) if token.startswith("{") else _plain(token)
        return result

    def _element(self, element: str, before: bytes) -> bytes:
        word, *arguments = element.split(" ")
        spoil = word.endswith("!")
        word = word.rstrip("!")
        constants = {"R": self.challenge, "original": ORIGINAL, "F": self.factor}
        if word in constants:
            return constants[word]
        if word == "P":
            return city_factor(self.city_code)
        if word == "text":
            return " ".join(arguments).encode("ascii")
        if word == "check":
            return self.sam.key_check(arguments[0])
        key = self.sam.session(arguments[0], self.factor, self.challenge)
        data = b"".join(_plain(token) for token in arguments[1:])
        if word == "token":
            made = self.suite.token(key, ORIGINAL)
        elif word == "cipher":
            made = self.suite.envelop(key, data)
        elif word == "encrypt":
            made = self.suite.encrypt(key, data)
        elif word == "mac":
            made = self.suite.mac(key, before)
        else:
            raise OracleError(f"no element named {word}")
        return made[:-1] + bytes([made[-1] ^ 1]) if spoil else made

    def send(self, source: str) -> bytes:
        """Sends a command in symbols; data and status word come back."""
        self.sent = self.compile(source)
        return self.transmit(self.sent)

    def run(self, setup: str) -> None:
        """A whole set-up; OracleError names the step whose answer was another than due."""
        for source in setup.split(";"):
            step, _, wanted = (part.strip() for part in source.partition("->"))
            if not step:
                continue
            times = re.match(r"(\d+) x ", step)
            for _ in range(int(times.group(1)) if times else 1):
                self.step(step[times.end() :] if times else step, wanted)

    def step(self, step: str, wanted: str = "") -> None:
        """One step; its answer must fit `wanted`, or what the step's own nature asks for."""
        verb, _, rest = step.partition(" ")
        due = "6988" if verb in ("wrong-mac", "wrong-card-block") else "9000"
        due = wanted or due
        if verb == "reset":
            self.reset()
            return
        if verb in ("auth", "auth!", "update", "wrong-mac", "wrong-card-block"):
            self.step("challenge")
        command = self._command(verb, rest)
        answer = self.send(command)
        status = answer[-2:].hex().upper()
        if not fnmatchcase(status, due):
            raise OracleError(f"'{step}' answered {status}, not {due} (sent {self.sent.hex().upper()})")
        if verb == "challenge" and status == "9000":
            if len(answer) != 10:
                raise OracleError(f"a challenge of {len(answer) - 2} bytes")
            self.challenge = answer[:-2]

    def _command(self, verb: str, rest: str) -> str:
        simple = {
            "send": rest,
            "select": f"00 A4 00 00 02 {MASTER if rest == 'MF' else rest}",
            "challenge": "00 84 00 00 08",
            "wrong-card-block": "84 16 00 00 04 {mac! STKMF}",
            "pin": f"00 20 00 00 03 {rest or self.pin}",
        }
        if verb in simple:
            return simple[verb]
        if verb.startswith("auth"):
            spoil = "!" if verb == "auth!" else ""
            where = AUTHENTICATIONS[rest][1]
            version = KEY_VERSION.hex()
            return f"00 82 00 {where:02X} 11 {{token{spoil} {rest}}} {{original}} {version}"
        if verb == "update":
            key, record, data = rest.split(" ", 2)
            return self._update(key, int(record), data)
        if verb == "wrong-mac":
            return self._update(rest, 1, "00*3", spoil="!")
        if verb == "deliver":
            levels = SLOTS[rest] >> 13
            city = "{P}" if levels == 2 else ""
            return f"80 DE {SLOTS[rest]:04X} {8 * (levels + 1):02X} {{F}} {city} {{R}}"
        raise OracleError(f"no step named {verb}")

    def _update(self, key: str, record: int, data: str, spoil: str = "") -> str:
        length = len(self.compile(f"{{cipher {key} {data}}}")) + 4
        return f"04 DC {record:02X} 04 {length:02X} {{cipher {key} {data}}} {{mac{spoil} {key}}}"

    def bring_to_life(self, life: str) -> None:
        """Makes the life of a row by commands, then resets the card (a SAM after PIN stays as it is)."""
        if life in ("fresh", "blank", "before PIN"):
            return
        if life == "after PIN":
            self.run("select DF01; pin")
            return
        if life in ("written", "activated"):
            self._write()
        if life == "activated":
            self.run("challenge; send 84 44 00 00 04 {mac STKDDF1}")
        blocked = re.fullmatch(r"(temporarily|permanently) blocked (DF0\d)", life)
        if blocked:
            manner, directory = blocked.groups()
            self.run("; ".join([*directory_path(directory), f"auth LK{directory}", "challenge"]))
            self.send(f"84 1E 00 {'01' if manner == 'permanently' else '00'} 04 {{mac STK{directory}}}")
        elif life == "card blocked":
            self.run("auth BKMF; challenge; send 84 16 00 00 04 {mac STKMF}")
        elif life not in ("written", "activated"):
            raise OracleError(f"no life named {life}")
        self.reset()

    def _write(self) -> None:
        self.run("select DDF1; auth UK1DDF1")
        for name in ("EF05", "EF06"):
            self.run(f"select {name}")
            for field in layout.file("DDF1", name).fields:
                value = _filling(field.coding, field.length)
                record = bytes([field.tag or 0, field.length]) + value
                if self.plain:
                    self.run(f"send 00 DC {field.record:02X} 04 {len(record):02X} {record.hex()}")
                else:
                    self.run(f"update STKDDF1 {field.record} {record.hex()}")


def _filling(coding: str, length: int) -> bytes:
    """A value that differs from the empty one: full of 31 or of 01."""
    return (b"1" if coding == "ans" else b"\x01") * length


def _plain(token: str) -> bytes:
    octet, star, times = token.partition("*")
    return bytes.fromhex(octet) * (int(times) if star else 1)


def check(row: Row, script: Script) -> None:
    """Walks one row; OracleError says what was answered in place of what was due."""
    script.bring_to_life(row.life)
    script.run(row.setup)
    answer = script.send(row.command)
    status, data = answer[-2:].hex().upper(), answer[:-2]
    sent = script.sent.hex().upper()
    if not fnmatchcase(status, row.sw):
        raise OracleError(
            f"{row.row} ({row.source}; {row.note}): {sent} answered {status}, not {row.sw}"
        )
    wanted = row.answer
    if wanted.startswith("len "):
        if len(data) != int(wanted[4:]):
            raise OracleError(f"{row.row}: {len(data)} bytes came, not {wanted[4:]}")
    elif wanted and data != script.compile(wanted):
        due = script.compile(wanted).hex().upper()
        raise OracleError(f"{row.row} ({row.note}): {data.hex().upper()} came, not {due}")
