"""A bill of materials of the locks (CycloneDX 1.6, JSON): each package with its version, its hashes and,
where it is installed here, its licence. ``python -m tools.sbom LOCK... > FILE``. No place of packages is
named: whoever checks compares hashes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from app import __version__

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pins(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and SHA-256 sums of every package of a lock."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        found = _PIN.match(block)
        if found:
            yield found[1], found[2], _HASH.findall(block)


def component(name: str, version: str, sums: list[str]) -> Component:
    try:
        told = metadata.metadata(name)
        words = told.get("License-Expression") or told.get("License")
    except metadata.PackageNotFoundError:
        words = None
    # Some packages put their whole licence where its name belongs; THIRD-PARTY.txt has that.
    short = words if words and len(words) < 80 and "\n" not in words else None
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("pypi", None, name, version),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sum_) for sum_ in sorted(sums)],
        licenses=[LicenseFactory().make_from_string(short)] if short else [],
    )


def main(locks: list[str]) -> int:
    whole = Component(
        name="kangka",
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref="kangka",
    )
    bom = Bom()
    bom.metadata.component = whole
    parts = [component(*pin) for lock in locks for pin in pins(Path(lock).read_text(encoding="utf-8"))]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(whole, parts)
    sys.stdout.write(JsonV1Dot6(bom).output_as_string(indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
