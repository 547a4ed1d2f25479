"""A second writer: puts an image on a card by the facts alone, to prove the reader on a real run.

It is no model of speed or of safety: it authenticates for every file, writes what isn't empty, and
stops at the first status word that isn't 9000.
"""

from __future__ import annotations

from tests.oracle import layout
from tests.oracle.script import Script, directory_path
from tests.oracle.writer import Image

BLOCK = 128
# Written in plain before activation on KT-PLAIN (training-product.md, Others).
PLAIN_BEFORE_ACTIVATION = ("DDF1/EF05", "DDF1/EF06", "DDF1/EF08")


def write_card(script: Script, image: Image, *, activate: bool = True) -> None:
    """Writes every record and block of the image that differs from a new card's, then activates.

    Cyclic records go in from the oldest to the newest, so that they read as the image has them.
    OracleError where the card refuses.
    """
    for place in layout.files():
        if place.directory == "DF03":
            continue
        wanted = {number: data for (path, number), data in image.records.items() if path == place.path}
        script.run("; ".join([*directory_path(place.directory), f"auth {place.update[0]}"]))
        script.run(f"select {place.name}")
        if place.structure == "transparent":
            content = image.binaries[place.path].rstrip(b"\0")
            for at in range(0, len(content), BLOCK):
                part = content[at : at + BLOCK]
                script.run(f"send 00 D6 {at:04X} {len(part):02X} {part.hex()}")
        elif place.structure == "cyclic":
            for number in sorted(wanted, reverse=True):
                cipher = f"{{cipher {place.maintenance} {wanted[number].hex()}}}"
                lc = len(script.compile(cipher)) + 4
                mac = f"{{mac {place.maintenance}}}"
                script.run(f"challenge; send 04 DC 00 03 {lc:02X} {cipher} {mac}")
        else:
            for item in place.fields:
                record = wanted[item.record]
                if record[2:] == layout.empty(item.coding, item.length):
                    continue
                if script.plain and place.path in PLAIN_BEFORE_ACTIVATION:
                    script.run(f"send 00 DC {item.record:02X} 04 {len(record):02X} {record.hex()}")
                else:
                    script.run(f"update {place.maintenance} {item.record} {record.hex()}")
    if activate:
        script.run("; ".join([*directory_path("DDF1"), "auth UK1DDF1", "challenge"]))
        script.run("send 84 44 00 00 04 {mac STKDDF1}")
