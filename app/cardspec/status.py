"""Status words of card and SAM (ISO/IEC 7816-4, PBOC, and card.md "Status words")."""

from __future__ import annotations

from enum import IntEnum


class StatusWord(IntEnum):
    """The two bytes that end every answer. 61xx, 6Cxx and 63Cx are families, not members."""

    OK = 0x9000
    RETURNED_DATA_CORRUPT = 0x6281
    FILE_DEACTIVATED = 0x6283
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    LOGICAL_CHANNEL_UNSUPPORTED = 0x6881
    SECURE_MESSAGING_UNSUPPORTED = 0x6882
    SAM_NOT_READY = 0x6901
    COMMAND_NOT_ACCEPTED = 0x6981
    SECURITY_NOT_SATISFIED = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    CHALLENGE_NOT_USABLE = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    SECURE_MESSAGING_OBJECT_MISSING = 0x6987
    SECURE_MESSAGING_WRONG = 0x6988
    WRONG_DATA = 0x6A80
    FUNCTION_UNSUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    NO_SPACE = 0x6A84
    LENGTH_CONFLICTS_WITH_TLV = 0x6A85
    WRONG_P1P2 = 0x6A86
    KEY_NOT_FOUND = 0x6A88
    FILE_EXISTS = 0x6A89
    OFFSET_OUTSIDE_FILE = 0x6B00
    INS_UNSUPPORTED = 0x6D00
    CLA_UNSUPPORTED = 0x6E00
    PURSE_MAC_WRONG = 0x9302
    APPLICATION_PERMANENTLY_BLOCKED = 0x9303
    PURSE_KEY_MISSING = 0x9403


def more_data(sw: int) -> int | None:
    """Bytes waiting for GET RESPONSE after 61xx (0 means 256), else None."""
    if sw >> 8 == 0x61:
        return sw & 0xFF or 256
    return None


def exact_length(sw: int) -> int | None:
    """The Le that the card wants after 6Cxx (0 means 256), else None."""
    if sw >> 8 == 0x6C:
        return sw & 0xFF or 256
    return None


def tries_left(sw: int) -> int | None:
    """What 63Cx says of the tries that are left, else None."""
    if sw & 0xFFF0 == 0x63C0:
        return sw & 0x0F
    return None
