"""Witnesses of the audit's heads outside the records: a file beside the store, the system's keychain."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from app.base.files import sync_folder
from app.crypto.keychain import Keychain, KeychainUnavailable
from app.domain.audit import Head, HeadUnreadable, WitnessedHead, WitnessFailed, parse_head

# Under the workplace folder, beside the store's own: whoever puts a store back does not put this back.
WITNESS_FOLDER: Final = "witness"


class FileWitness:
    """A file that is only ever appended to: one head a line, on the medium before it counts."""

    name: Final = "file"

    def __init__(self, folder: Path, store_id: str) -> None:
        self._path = folder / f"{store_id}.heads"

    def remember(self, head: Head) -> None:
        try:
            made = not self._path.exists()
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "wb") as stream:
                # A line that a power cut tore stays alone on its line and counts as none.
                lead = b"" if self._ends_whole() else b"\n"
                stream.write(lead + head.text().encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            if made:
                sync_folder(self._path.parent)
        except OSError:
            raise WitnessFailed(self.name) from None

    def recall(self) -> list[WitnessedHead]:
        try:
            lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        except OSError:
            raise WitnessFailed(self.name) from None
        found = []
        for number, line in enumerate(lines, 1):
            try:
                found.append(WitnessedHead(parse_head(line.decode()), self.name, str(number)))
            except (HeadUnreadable, UnicodeDecodeError):
                continue
        return found

    def _ends_whole(self) -> bool:
        size = self._path.stat().st_size
        if not size:
            return True
        with self._path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) == b"\n"


class KeychainWitness:
    """The newest head of one desk in the system's keychain, which a copy of the folder leaves behind."""

    name: Final = "keychain"

    def __init__(self, keychain: Keychain, store_id: str, desk: str) -> None:
        self._keychain = keychain
        self._account = f"audit head {store_id} {desk}"

    def remember(self, head: Head) -> None:
        try:
            self._keychain.write(self._account, head.text())
        except KeychainUnavailable:
            raise WitnessFailed(self.name) from None

    def recall(self) -> list[WitnessedHead]:
        try:
            text = self._keychain.read(self._account)
            return [] if text is None else [WitnessedHead(parse_head(text), self.name)]
        except (KeychainUnavailable, HeadUnreadable):
            raise WitnessFailed(self.name) from None
