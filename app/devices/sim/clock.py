"""Simulated time: what the line and the EEPROM of a real chip would have taken."""

from __future__ import annotations

# T=0 sends 12 elementary time units a byte: start bit, eight bits, parity, guard time (ISO/IEC 7816-3).
ETU_PER_BYTE = 12
# training-product.md, item 17
PAGE_NS = 5_000_000


class LineClock:
    """Counts bytes and EEPROM pages; from them simulated nanoseconds at ``baud`` bits a second.

    It satisfies ``app.base.clock.Clock`` for durations: ``monotonic_ns`` is the simulated time.
    """

    __slots__ = ("baud", "bytes", "exchanges", "pages")

    def __init__(self, baud: int = 115_200) -> None:
        self.baud = baud
        self.exchanges = 0
        self.bytes = 0
        self.pages = 0

    @property
    def line_ns(self) -> int:
        """Time on the line alone."""
        return self.bytes * ETU_PER_BYTE * 1_000_000_000 // self.baud

    @property
    def eeprom_ns(self) -> int:
        """Time in EEPROM alone."""
        return self.pages * PAGE_NS

    def monotonic_ns(self) -> int:
        """Line and EEPROM together."""
        return self.line_ns + self.eeprom_ns
