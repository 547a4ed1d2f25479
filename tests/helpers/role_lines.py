"""Every command of a desk as lines to type, and which refusals a rule has for them beyond life and role.

``role_verdicts`` puts these tables together with ``resources/permissions.toml`` and ``resources/lives``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.domain.staff import Role
from tests.helpers.role_states import INTERRUPTED, STOPPED

# Whoever works here does it: no act of the table.
EVERYBODY: Final = ""
DONE: Final = "done"
# A card of these was begun, so that the order of it stands.
_BEGUN: Final = ("spoiled", *STOPPED)


@dataclass(frozen=True)
class Line:
    """A command over each state of ``kind``. ``command`` is its place in the parser, ``acts`` what it
    asks of the permissions in turn; the last is the act itself.

    ``life`` names the life and the event that it is; ``other`` are states with another end: a fault's
    code, or DONE. ``leaves`` is the audit's kind of what is done. ``looks`` changes nothing, ``papers``
    are drawn by it. ``typed`` are lines of standard input after the password.
    """

    command: str
    words: str
    kind: str
    acts: tuple[str, ...]
    life: tuple[str, str] | None = None
    other: Mapping[str, str] = field(default_factory=dict)
    leaves: tuple[str, ...] = ()
    looks: bool = False
    typed: tuple[str, ...] = ()
    second: Role | None = None
    # Only these states of the kind; all of them unless told.
    states: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        beside = "" if self.second is None else f" --second {self.second.value}"
        return self.words + beside


def _card(command: str, words: str, event: str, act: str = "", **other: str) -> Line:
    """A line on a card that is named by its id."""
    told = {name.replace("_", "-"): end for name, end in other.items()}
    return Line(
        command,
        f"{command} --card {{card}}{words}",
        "card",
        (act or command,),
        life=("card", event),
        other={"nowhere": "store.no-card"} | told,
        leaves=("card",),
    )


_LATE: Final = dict.fromkeys(("dead", "blocking", "blocked", "recovered"), "loss.found-too-late")
_NO_CASE: Final = {"nowhere": "store.no-case"}
_NO_APPLICATION: Final = {"nowhere": "store.no-application"}
_FINISHED: Final = dict.fromkeys(("verified", "spoiled"), "issue.case-finished")
_UNFINISHED: Final = dict.fromkeys(("queued", "writing"), "issue.chip-not-finished")
_NOTHING_DUE: Final = dict.fromkeys(
    (
        *(
            "approved",
            "to-approve",
            "to-approve-own",
            "returned",
            "withdrawn",
            "done",
            "spoiled",
            "paid",
        ),
        *("nowhere", *STOPPED, *(f"beside-{name}" for name in INTERRUPTED)),
    ),
    "till.nothing-due",
)
_SHIFTS: Final = {
    "owing-no-shift": "till.shift-not-open",
    "owing-shift-of-another": "till.shift-of-another",
}
_ISSUE: Final = (
    dict.fromkeys(
        ("to-approve", "to-approve-own", "returned", "withdrawn"), "store.application-not-approved"
    )
    | dict.fromkeys(
        ("owing", "voided", "owing-no-shift", "owing-shift-of-another"), "till.fee-unsettled"
    )
    | {f"beside-{name}": "issue.case-unsettled" for name in INTERRUPTED if name != "queued"}
    | {"done": "issue.already-issued"}
    | _NO_APPLICATION
)
_APPROVE: Final = _NO_APPLICATION | {"to-approve-own": "staff.not-by-oneself"}
_BACK: Final = _APPROVE | dict.fromkeys(_BEGUN, "life.guard-not-met")
_WITHDRAW: Final = _NO_APPLICATION | dict.fromkeys(_BEGUN, "life.guard-not-met")
_BLANKS: Final = {"nowhere": "stock.no-blank"} | dict.fromkeys(
    ("spoiled", "returned", "issued", "bound"), "stock.blank-not-on-hand"
)
# A list that names a card which another list brought in is refused whole.
_HERE: Final = dict.fromkeys(("on-hand", "spoiled"), "stock.list-refused")
_RECEIPTS: Final = {
    "voided": "till.receipt-voided",
    "no-shift": "till.shift-not-open",
    "shift-of-another": "till.shift-of-another",
    "nowhere": "till.no-receipt",
}
NO_SHIFT: Final = ("new", "closed")
_OPEN_ALREADY: Final = dict.fromkeys(
    ("calm", "again", "another", *INTERRUPTED), "till.shift-open-already"
)
_CLOSE: Final = dict.fromkeys(NO_SHIFT, "till.shift-not-open") | dict.fromkeys(
    ("writing", "written", "doubt", "printed"), "till.shift-holds-card"
)
_SUPERVISOR: Final = Role.SUPERVISOR
_LOOK: Final = ("look-up",)


def _look(command: str, words: str, kind: str, acts: tuple[str, ...] = _LOOK, **more: str) -> Line:
    return Line(command, words, kind, acts, other=more, looks=True)


LINES: Final = (
    # ---- applications
    Line("enrol", "enrol --from-reader", "shift", ("enrol",), leaves=("enrol",), states=("new", "calm")),
    Line(
        "enrol",
        "enrol --from {comer}",
        "comer",
        ("enrol-from-file",),
        other={"holder": "enrol.has-card"},
        leaves=("enrol",),
    ),
    Line(
        "enrol",
        "enrol --from {comer} --typed",
        "comer",
        ("enrol",),
        other={"holder": "enrol.has-card"},
        leaves=("enrol",),
    ),
    _look("application list", "application list", "shift"),
    _look(
        "application show",
        "application show {application}",
        "application",
        nowhere="store.no-application",
    ),
    Line(
        "application print",
        "application print {application}",
        "application",
        _LOOK,
        other=_NO_APPLICATION,
        leaves=("paper",),
        looks=True,
    ),
    _look(
        "face",
        "face --application {application} --out {out}",
        "application",
        nowhere="store.no-application",
    ),
    _look("approve", "approve list", "shift", ("enrol",)),
    Line(
        "approve",
        "approve {application}",
        "application",
        ("approve",),
        life=("application", "approve"),
        other=_APPROVE,
        leaves=("approve",),
    ),
    Line(
        "approve",
        "approve {application} --return 照片不清",
        "application",
        ("approve",),
        life=("application", "return"),
        other=_BACK,
        leaves=("return",),
    ),
    Line(
        "approve",
        "approve {application} --withdraw 不再申请",
        "application",
        ("enrol",),
        life=("application", "withdraw"),
        other=_WITHDRAW,
        leaves=("withdraw",),
    ),
    # ---- making
    Line(
        "issue",
        "issue --application {application}",
        "application",
        ("issue",),
        other=_ISSUE,
        leaves=("case-state", "verified"),
    ),
    Line(
        "issue",
        "issue --batch {batch}",
        "application",
        ("issue",),
        other=_ISSUE,
        leaves=("case-state", "verified"),
        states=("approved", "done", "withdrawn", "beside-writing"),
    ),
    _look("case list", "case list", "shift"),
    _look("case show", "case show {case}", "case", nowhere="store.no-case"),
    Line(
        "case settle",
        "case settle {case} --as continue",
        "case",
        ("settle-case",),
        other=_NO_CASE | _FINISHED | {"blocking": DONE},
        leaves=("case-state", "verified"),
    ),
    Line(
        "case settle",
        "case settle {case} --as verify",
        "case",
        ("settle-case",),
        other=_NO_CASE | _FINISHED | _UNFINISHED,
    ),
    Line(
        "case settle",
        "case settle {case} --as spoil --reason misprint",
        "case",
        ("settle-case",),
        other=_NO_CASE | _FINISHED,
        leaves=("case-state", "spoiled"),
    ),
    Line(
        "read-card",
        "read-card",
        "shift",
        ("read-card",),
        other={"new": "link.no-card"},
        looks=True,
        states=("new", "calm"),
    ),
    # ---- a made card
    _card("hand-over", " --from {me}", "hand-over"),
    _card("hand-over", " --from {me} --activate", "hand-over"),
    _card("activate", "", "activate", in_use=DONE),
    _card("report-loss", " --from {me}", "report-loss"),
    _card("report-loss", " --provisional --from {me}", "report-provisional-loss"),
    _card("report-loss", " --provisional --phone --from {call}", "report-provisional-loss"),
    _card("found", " --from {me}", "find", **_LATE),
    _card("found", " --block", "begin-block", "block-card", blocking=DONE, blocked=DONE),
    _card("reissue", " --from {me}", "reissue"),
    Line(
        "hand-over",
        "hand-over --number {number} --from {me}",
        "card",
        ("look-up", "hand-over"),
        life=("card", "hand-over"),
        other={"nowhere": "card.nothing-by-that"},
        leaves=("card",),
        states=("ready", "collected", "dead", "nowhere"),
    ),
    Line(
        "reissue",
        "reissue --application {application} --from {me}",
        "card",
        ("look-up", "reissue"),
        life=("card", "reissue"),
        other=_NO_APPLICATION,
        leaves=("card",),
        states=("ready", "lost", "nowhere"),
    ),
    # ---- the till
    _look("till show", "till show", "shift", ("till",)),
    _look("till due", "till due", "shift", ("till",)),
    Line(
        "till open",
        "till open --float 500",
        "shift",
        ("open-shift",),
        other=_OPEN_ALREADY,
        leaves=("shift-opened",),
    ),
    Line(
        "till take",
        "till take --application {application}",
        "application",
        ("take-fee",),
        other=_NOTHING_DUE | _SHIFTS | {"approved-no-shift": "till.shift-not-open"},
        leaves=("fee-taken",),
    ),
    Line(
        "till waive",
        "till waive --application {application} --ground desk-fault",
        "application",
        ("waive-fee",),
        other=_NOTHING_DUE | _SHIFTS | {"approved-no-shift": "till.nothing-due"},
        leaves=("fee-waived",),
        second=_SUPERVISOR,
    ),
    Line(
        "till void",
        "till void {receipt} --reason wrong-method",
        "receipt",
        ("void-receipt",),
        other=_RECEIPTS,
        leaves=("receipt-voided",),
        second=_SUPERVISOR,
    ),
    Line(
        "till print",
        "till print {receipt}",
        "receipt",
        ("till", "look-up"),
        other={"nowhere": "till.no-receipt"},
        leaves=("paper",),
        looks=True,
    ),
    Line(
        "till close",
        "till close --cash {cash} --cards {cards}",
        "shift",
        ("close-shift",),
        other=_CLOSE,
        leaves=("shift-closed",),
    ),
    Line(
        "till close",
        "till close --cash 1 --cards {cards} --explain 找零差错",
        "shift",
        ("close-shift",),
        other=_CLOSE,
        leaves=("shift-closed",),
        second=_SUPERVISOR,
    ),
    # ---- blank cards
    _look("stock show", "stock show", "shift", ("stock",)),
    Line(
        "stock take-in",
        "stock take-in {list}",
        "blank",
        ("stock-take-in",),
        other=_HERE,
        leaves=("stock",),
    ),
    Line(
        "stock spoil",
        "stock spoil {serial} --reason 弯折",
        "blank",
        ("stock-spoil",),
        other=_BLANKS,
        leaves=("stock",),
    ),
    Line(
        "stock give-back",
        "stock give-back {serial} --reason 多领",
        "blank",
        ("stock-give-back",),
        other=_BLANKS,
        leaves=("stock",),
    ),
    # ---- people and the record
    _look("staff list", "staff list", "shift", ("staff",)),
    Line(
        "staff add",
        "staff add {name} --role clerk",
        "person",
        ("staff",),
        other=dict.fromkeys(("colleague", "left", "oneself"), "staff.name-taken"),
        leaves=("staff",),
        typed=("first.word-31",),
    ),
    Line(
        "staff deactivate",
        "staff deactivate {name}",
        "person",
        ("staff",),
        other={"oneself": "staff.not-by-oneself", "nowhere": "staff.unknown"},
        leaves=("staff",),
    ),
    Line(
        "staff password",
        "staff password {name}",
        "person",
        ("staff",),
        other={"oneself": "staff.not-by-oneself", "nowhere": "staff.unknown"},
        leaves=("staff",),
        typed=("third.word-33",),
    ),
    Line(
        "staff number",
        "staff number {name}",
        "person",
        ("staff",),
        other={"nowhere": "staff.unknown"},
        leaves=("staff",),
        typed=("410102198405200029",),
    ),
    Line(
        "staff password",
        "staff password",
        "shift",
        (EVERYBODY,),
        leaves=("staff",),
        typed=("another.word-35",),
        states=("calm",),
    ),
    # A training desk's key is published: what its record says of both (a live one: test_cli_first_run).
    _look("keys show", "keys show", "shift", ("keys", "staff")),
    Line(
        "keys shares",
        "keys shares",
        "shift",
        ("keys",),
        other=dict.fromkeys(("new", "calm"), "keys.published"),
        states=("new", "calm"),
    ),
    _look("settings show", "settings show", "shift", ("settings",)),
    Line(
        "settings set",
        "settings set enquiry_phone 0371-99990000",
        "shift",
        ("settings",),
        leaves=("setting",),
        states=("new", "calm"),
    ),
    Line(
        "settings set",
        "settings set enquiry_phone 电话",
        "shift",
        ("settings",),
        other={"calm": "settings.refused"},
        states=("calm",),
    ),
    Line(
        "settings set",
        "settings set desk 03",
        "shift",
        ("settings",),
        other={"calm": "settings.fixed"},
        states=("calm",),
    ),
    _look("audit verify", "audit verify", "shift", ("audit-verify",)),
    _look("audit show", "audit show", "shift", ("audit",)),
    _look("audit case", "audit case {case}", "case", ("audit",)),
)
# Commands that make, mend or adopt a live workplace: tests/test_cli_states.py.
OF_A_WORKPLACE: Final = frozenset({"init", "recover", "adopt"})
# Commands without a desk, each of them in training or about a file; `desk` opens the window, which asks
# who comes and offers each role its own (tests/ui).
WITHOUT_A_DESK: Final = frozenset({"demo", "decode-id", "simulate", "bench", "desk"})
# Acts that no command does yet; `approve` is also the second person's part of other acts.
WITHOUT_A_COMMAND: Final = frozenset({"destroy-card", "cancel-card", "devices"})
