"""Whole fen as people write them: in digits with two decimals, and in capital numerals.

Capital numerals follow 《正确填写票据和结算凭证的基本规定》, annex 1 of 《支付结算办法》 of the central
bank (1997), and 《会计基础工作规范》 of the ministry of finance, article 52 (4). Where they leave a
choice: 整 stands after 元 and after 角, never after 分 (article 52 asks for it after 角, the annex
allows it); zeros between two digits of the yuan are one 零; before the decimals 零 stands where there
is no 角, and not where the yuan end in 0 (annex 1, 5 (3) allows both).
"""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
# Beyond 亿 the groups have no agreed name; a receipt needs none.
_GROUPS = ("", "万", "亿")
LARGEST_FEN = 10_000 ** len(_GROUPS) * 100 - 1


def capital_amount(fen: int) -> str:
    """``人民币壹佰贰拾叁元肆角伍分`` for 12345 fen; ``ValueError`` below 0 or beyond 9999 亿 yuan."""
    if not 0 <= fen <= LARGEST_FEN:
        raise ValueError("an amount in capitals is from 0 to 9999 亿 yuan")
    yuan, cents = divmod(fen, 100)
    jiao, last = divmod(cents, 10)
    text = _whole(yuan) + "元" if yuan or not cents else ""
    if jiao:
        text += _DIGITS[jiao] + "角"
    if last:
        text += ("零" if yuan and not jiao else "") + _DIGITS[last] + "分"
    return "人民币" + text + ("" if last else "整")


def _whole(yuan: int) -> str:
    if not yuan:
        return _DIGITS[0]
    text, zero = "", False
    digits = str(yuan)
    for index, char in enumerate(digits):
        group, place = divmod(len(digits) - 1 - index, 4)
        if char == "0":
            zero = True
        else:
            text += (_DIGITS[0] if zero and text else "") + _DIGITS[int(char)] + _PLACES[place]
            zero = False
        # A group has its name where it holds any digit at all.
        if not place and group and int(digits[max(0, index - 3) : index + 1]):
            text += _GROUPS[group]
    return text


def plain_amount(fen: int) -> str:
    """``¥1,234.50``, ``-¥0.05``: yuan with two decimals, from whole fen alone."""
    yuan, cents = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}¥{yuan:,}.{cents:02d}"
