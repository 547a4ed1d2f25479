"""The passwords that are tried first: the commonest of eight characters and more, and this desk's own.

Gathered from what reports on leaked Chinese and English passwords agree on; casefolded. Rows and
repetitions (12345678, aaaaaaaa) are found by rule (app.crypto.passwords) and do not stand here.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
    password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword pa$$word
    qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 1q2w3e4r 1q2w3e4r5t q1w2e3r4 1qaz2wsx 1qazxsw2
    qazwsxedc zaq12wsx asdfghjk asdfghjkl asdf1234 asdasdasd zxcvbnm1 zxcvbnm123 zxcvbnm, qweasdzxc
    qwe123456 asd123456 zxc123456 qaz123456 123qwe123 1234qwer qwer1234 123456qq qq123456 wang1234
    abcd1234 abc12345 abc123456 abc123456789 a1234567 a12345678 a123456789 aa123456 aa123456789
    123456aa 123456abc 123456789a 12345678a 1234567a 1a2b3c4d aaa123456 asdf123456 as123456
    12344321 12341234 11223344 1122334455 12121212 123123123 112233445566 147258369 147852369 159753456
    123654789 987654321a 88888888a 66668888 88886666 01234567 13145200 13141314 1314520520 5201314520
    520131400 52013145201314 woaini520 woaini1314 woaini123 woaini521 iloveyou iloveyou1 iloveyou520
    5201314a 7758521521 77585210 77582588 woaini5201314 wodemima mimamima wangyut2 zhangwei123
    admin123 admin1234 admin12345 admin123456 admin888 admin8888 administrator root1234 rootroot
    letmein1 welcome1 welcome123 sunshine princess football baseball superman trustno1 whatever
    computer internet changeme changeme123 default1 password! test1234 testtest test123456 user1234
    system123 manager1 operator operator1 operator123 clerk123 supervisor supervisor1
    kangka123 kangkang kangka1234 kangka2026 kangka12345 jiankang jiankangka jiankang123
    juminjiankangka yiyuan123 yiyuan120 yisheng123 hospital hospital123 weisheng weishengyuan
"""

COMMON: Final = frozenset(_WORDS.split())
