"""Draw docs/lifecycle.md and the words of the catalogue from resources/lives.

Run without arguments it writes all of them; with ``--check`` it only says which are not what the tables
say. Chinese words stand beside the tables' keys; English ones in their own part (``[english.events]``),
as the sentences of refusals say them. The page shows the keys.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.base.resources import read_toml, resource
from app.domain.lives import AS_BEFORE, Life, load_life
from app.domain.staff import Role

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "lifecycle.md"
WORDS: Final = {
    "zh_CN": ROOT / "resources" / "locale" / "zh_CN" / "lives-words.po",
    "en": ROOT / "resources" / "locale" / "en" / "lives-words.po",
}
# In the order in which a card meets them.
ORDER: Final = ("application", "making", "card", "blank", "receipt")
_ROLES: Final = {
    Role.CLERK: "经办",
    Role.SUPERVISOR: "主管",
    Role.SYSTEM: "系统管理",
    Role.SECURITY: "安全管理",
    Role.AUDIT: "审计管理",
    Role.PROGRAM: "程序",
}
_HEAD: Final = """\
# Lives

Every thing of the counter that has a life has it as a table: in this state, this event, under these
conditions, decided by these roles, leads to that state. What is not a row is refused. The program asks
the same rows (`resources/lives/*.toml`, `app/domain/lives.py`); `tools/lifecycle.py` draws this page.

"""
_PO_HEAD: Final = """\
# Written by tools/lifecycle.py from resources/lives; do not edit.
msgid ""
msgstr ""
"Project-Id-Version: kangka\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def lives() -> list[Life]:
    """Every life of resources/lives, those of ``ORDER`` first."""
    names = {path.stem for path in resource("lives").glob("*.toml")}
    unknown = sorted(names - set(ORDER))
    return [load_life(name) for name in (*(name for name in ORDER if name in names), *unknown)]


def english(key: str) -> str:
    """The English words of a key: ``provisionally-lost`` is "provisionally lost"."""
    return key.replace("-", " ")


def page(found: list[Life]) -> str:
    """docs/lifecycle.md as the tables have it."""
    return _HEAD + "\n".join(_section(life) for life in found)


def _section(life: Life) -> str:
    lines = [f"## {life.title_zh} {life.title_en}", "", *_picture(life), ""]
    lines += ["| state | event | under the condition | who | next |", "|---|---|---|---|---|"]
    for step in life.steps:
        back = step.next == AS_BEFORE
        cells = (
            _both(step.state, life.states[step.state]),
            _both(step.event, life.events[step.event]),
            "; ".join(_both(guard, life.guards[guard]) for guard in step.guards),
            ", ".join(_both(role.value, _ROLES[role]) for role in Role if role in step.roles),
            "回到原状态 as before" if back else _both(step.next, life.states[step.next]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    final = ", ".join(_both(state, word) for state, word in life.states.items() if state in life.final)
    lines += [
        "",
        f"Begins as {_both(life.initial, life.states[life.initial])}; nothing follows {final}.",
        "",
    ]
    return "\n".join(lines)


def _both(key: str, chinese: str) -> str:
    return f"{chinese} {english(key)}"


def _picture(life: Life) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state, word in life.states.items():
        yield f'    state "{word}<br>{english(state)}" as {_id(state)}'
    yield f"    [*] --> {_id(life.initial)}"
    for step in life.steps:
        for target in sorted(_targets(life, step.state)) if step.next == AS_BEFORE else [step.next]:
            event = _both(step.event, life.events[step.event])
            yield f"    {_id(step.state)} --> {_id(target)} : {event}"
    for state in life.states:
        if state in life.final:
            yield f"    {_id(state)} --> [*]"
    yield "```"


def _targets(life: Life, state: str) -> set[str]:
    """Where a thing in ``state`` may have come from, which is where it goes back to: through rows whose
    thing is not itself one that goes back."""
    returning = {step.state for step in life.steps if step.next == AS_BEFORE}
    found: set[str] = set()
    wanted = {state}
    while wanted:
        sources = {step.state for step in life.steps if step.next in wanted} - {state}
        found |= sources - returning
        wanted = (sources & returning) - found - wanted
    return found


def _id(state: str) -> str:
    return state.replace("-", "_")


def words(found: list[Life], language: str) -> str:
    """The catalogue's entries of every life for ``zh_CN`` or ``en``; KeyError for a word without."""
    chinese = language == "zh_CN"
    blocks = [_PO_HEAD.format(language=language)]
    for life in found:
        title = life.title_zh if chinese else life.title_en
        told = read_toml(resource("lives", f"{life.name}.toml"))["english"]
        blocks.append(_entry("life", life.name, title))
        for part, table in (("state", life.states), ("event", life.events), ("guard", life.guards)):
            blocks += [
                _entry(f"{life.name}-{part}", key, word if chinese else told[f"{part}s"][key])
                for key, word in table.items()
            ]
    return "\n".join(blocks)


def _entry(context: str, key: str, text: str) -> str:
    return f'msgctxt "{context}"\nmsgid "{key}"\nmsgstr "{text}"\n'


def wanted() -> dict[Path, str]:
    """What belongs into each file."""
    found = lives()
    return {PAGE: page(found)} | {path: words(found, language) for language, path in WORDS.items()}


def main(arguments: list[str]) -> int:
    stale = [
        (path, text)
        for path, text in wanted().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is not what resources/lives say", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
