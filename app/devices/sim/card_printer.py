"""A card printer that prints into a folder: one PDF file a page, and the faults that real ones have.

A fault is armed for one side and happens once, at the moment its name says; the printer then stays as
a real one would (jammed, without ribbon, unreachable) until ``repair``.
"""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.base.files import private_folder
from app.devices.ports import (
    CardJammed,
    PageUnknown,
    PrinterCapabilities,
    PrinterFault,
    PrinterUnreachable,
    RibbonOut,
    Side,
)

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
# What a job may be called: an id, so that it is a file's name on every system.
_JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


class PrintFault(StrEnum):
    """What goes wrong, and when."""

    JAM = "jam"
    RIBBON_OUT = "ribbon-out"
    GONE_BEFORE = "gone-before"  # the page was not taken
    GONE_AFTER = "gone-after"  # the page is on the card and nobody says so


@dataclass(frozen=True)
class PrintedPage:
    """One page that is on a card, whether or not the printer could say so."""

    job_name: str
    side: Side
    path: Path


class SimulatedCardPrinter:
    """A ``CardPrinter`` of ``app.devices.ports`` over a folder. ``ribbon`` counts the pages left."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "SIMULATED card printer",
        dpi: int = 300,
        ribbon: int = 1_000_000,
    ) -> None:
        self._folder = folder
        self._name = name
        self._dpi = dpi
        self._ribbon = ribbon
        self._armed: dict[Side, PrintFault] = {}
        self._state: type[CardJammed] | type[PrinterUnreachable] | None = None
        self._pages: list[PrintedPage] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> PrinterCapabilities:
        return PrinterCapabilities(dpi=self._dpi, feeds=True, simulated=True)

    @property
    def ribbon_left(self) -> int:
        """Pages that the ribbon still gives."""
        return self._ribbon

    @property
    def pages(self) -> tuple[PrintedPage, ...]:
        """Every page on a card, in the order printed: the truth that a case is settled by."""
        return tuple(self._pages)

    def arm(self, fault: PrintFault, side: Side) -> None:
        """Let the next page of ``side`` meet ``fault``."""
        self._armed[side] = fault

    def repair(self, ribbon: int | None = None) -> None:
        """Take out the stuck card, plug in the cable and, where given, put in a ribbon."""
        self._state = None
        if ribbon is not None:
            self._ribbon = ribbon

    def preflight(self) -> None:
        if self._state is not None:
            raise self._state(self._name)
        if self._ribbon <= 0:
            raise RibbonOut(self._name)

    def print_face(self, job_name: str, side: Side, pdf: bytes) -> None:
        if not _JOB_NAME.fullmatch(job_name):
            raise ValueError("a job is named by an id")
        if not pdf.startswith(b"%PDF-"):
            raise ValueError("a page is a PDF")
        with self._lock:
            self.preflight()
            fault = self._armed.pop(side, None)
            if fault is PrintFault.GONE_BEFORE:
                raise self._stop(PrinterUnreachable)
            if fault is PrintFault.RIBBON_OUT:
                self._ribbon = 0
                raise RibbonOut(self._name)
            self._ribbon -= 1
            if fault is PrintFault.JAM:
                raise self._stop(CardJammed)
            self._pages.append(PrintedPage(job_name, side, self._write(job_name, side, pdf)))
            if fault is PrintFault.GONE_AFTER:
                self._state = PrinterUnreachable
                raise PageUnknown(self._name)

    def _stop(self, state: type[CardJammed] | type[PrinterUnreachable]) -> PrinterFault:
        self._state = state
        return state(self._name)

    def _write(self, job_name: str, side: Side, pdf: bytes) -> Path:
        """The page's file; a page printed again keeps the earlier file."""
        try:
            return self._write_new(job_name, side, pdf)
        except OSError:
            # A full disk is this printer's empty tray: the page was not taken.
            raise PrinterUnreachable(self._name) from None

    def _write_new(self, job_name: str, side: Side, pdf: bytes) -> Path:
        private_folder(self._folder)
        count = 1
        while True:
            suffix = "" if count == 1 else f"-{count}"
            path = self._folder / f"{job_name}-{side.value}{suffix}.pdf"
            try:
                # A face with its name and number: for the owner of the folder alone.
                with os.fdopen(os.open(path, _NEW, 0o600), "wb") as stream:
                    try:
                        stream.write(pdf)
                        stream.flush()
                    except OSError:
                        path.unlink()
                        raise
                return path
            except FileExistsError:
                count += 1
