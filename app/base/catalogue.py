"""Words for people: gettext over English message ids, for the window, the command line and papers.

Three rules carry everything. The English text in the source is the message id. Parameters stand in
it in braces and are filled by ``str.format``. A parameter whose value is a word of ours (the role of
a reader, a field's key, a state) is itself looked up, under the parameter's name as its context, so
``role="card"`` becomes the text of ``msgctxt "role"`` ``msgid "card"``; without such an entry the
value stands as it is. A ``Word`` brings a context of its own.
"""

from __future__ import annotations

import datetime as dt
import gettext
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from app.base.errors import N_, KangkaError, Word
from app.base.resources import resource

DEFAULT_LANGUAGE: Final = "zh"
# Language -> folder under resources/locale and the mark that joins words of a list.
_FOLDERS: Final = {"zh": "zh_CN", "en": "en"}
_LIST_MARK: Final = {"zh": "、", "en": ", "}
_SENTENCE_MARK: Final = {"zh": "", "en": " "}


@dataclass(eq=False)
class CatalogueMissing(KangkaError):
    """The compiled messages of a language are not there: set-up has not run in this checkout."""

    folder: str

    code = "base.catalogue-missing"
    cause = N_("The compiled messages are missing: {folder}.")
    meaning = N_("The program can not speak this language yet; nothing has been changed.")
    remedy = N_("Run make catalogue in the program's folder, or install the program again.")


@dataclass(frozen=True)
class ErrorText:
    """A known fault in one language. ``message`` is cause and remedy, as the command line prints it."""

    code: str
    cause: str
    meaning: str
    remedy: str
    message: str


@lru_cache(maxsize=8)
def _read(compiled: Path, _stamp: int) -> gettext.GNUTranslations:
    """The messages of a file as it was at ``_stamp``, read once a process."""
    with compiled.open("rb") as stream:
        return gettext.GNUTranslations(stream)


class Catalogue:
    """The texts of one language, ``zh`` or ``en``; what is neither falls back to ``zh``.

    ``CatalogueMissing`` where the language's messages were not compiled. English is the message ids
    themselves and always there.
    """

    def __init__(self, language: str = DEFAULT_LANGUAGE, *, locale_root: Path | None = None) -> None:
        self.language = known_language(language)
        root = locale_root if locale_root is not None else resource("locale")
        folder = _FOLDERS[self.language]
        compiled = root / folder / "LC_MESSAGES" / "kangka.mo"
        self._messages: gettext.NullTranslations
        if compiled.is_file():
            self._messages = _read(compiled, compiled.stat().st_mtime_ns)
        elif self.language == "en":
            self._messages = gettext.NullTranslations()
        else:
            raise CatalogueMissing(folder=f"locale/{folder}/LC_MESSAGES/kangka.mo")

    def text(self, msgid: str, /, **params: object) -> str:
        """The text of ``msgid`` with its parameters filled in. The empty text stays empty."""
        if not msgid:  # gettext keeps its own header under the empty id
            return ""
        text = self._messages.gettext(msgid)
        return text.format(**{name: self._shown(name, value) for name, value in params.items()})

    def word(self, context: str, value: str) -> str:
        """One word of ours, as ``context`` means it; the word itself where no text is known."""
        return self._messages.pgettext(context, value) if value else ""

    def error(self, fault: KangkaError) -> ErrorText:
        """What to tell the person at the desk about ``fault``."""
        params = fault.params()
        cause = self.text(fault.cause, **params)
        remedy = self.text(fault.remedy, **params)
        return ErrorText(
            code=fault.code,
            cause=cause,
            meaning=self.text(fault.meaning, **params),
            remedy=remedy,
            message=_SENTENCE_MARK[self.language].join((cause, remedy)),
        )

    def _shown(self, name: str, value: object) -> Any:
        if isinstance(value, Word):
            return self.word(value.context, str(value))
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, str):
            return self.word(name, value)
        if isinstance(value, (bytes, bytearray)):
            return value.hex().upper()
        if isinstance(value, (list, tuple, set, frozenset)):
            items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
            return _LIST_MARK[self.language].join(str(self._shown(name, item)) for item in items)
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value.isoformat()
        return value


def known_language(name: str | None) -> str:
    """``zh`` or ``en`` for a language or a locale's name (``en_US.UTF-8``, ``zh-CN``)."""
    short = (name or "").replace("-", "_").split("_")[0].split(".")[0].lower()
    return short if short in _FOLDERS else DEFAULT_LANGUAGE
