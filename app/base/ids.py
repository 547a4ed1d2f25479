"""Identifiers: UUID version 7 (RFC 9562, 5.7) from an injected clock and random source."""

from __future__ import annotations

import secrets
import uuid
from typing import Protocol

from app.base.clock import Clock


class RandomSource(Protocol):
    """Where random bytes come from; a seeded one makes a run repeatable."""

    def token_bytes(self, count: int) -> bytes:
        """``count`` random bytes."""
        ...


class SystemRandom:
    """The operating system's generator."""

    def token_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)


def uuid7(clock: Clock, random: RandomSource) -> str:
    """A new identifier that sorts by the time it was made, as 36 characters."""
    value = (clock.now_ms() & (1 << 48) - 1) << 80
    value |= int.from_bytes(random.token_bytes(10), "big")
    value &= ~(0xF << 76) & ~(0x3 << 62)
    value |= 0x7 << 76 | 0x2 << 62
    return str(uuid.UUID(int=value))
