"""Faces and papers drawn on worker threads at once come out as they do alone, from one set of fonts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.documents import fonts
from app.documents.faces import FaceRenderer
from app.documents.fonts import FontShelf
from app.documents.papers import PaperRenderer
from tests.documents import papers_made_up as made
from tests.documents.people import SAMPLE

ROUNDS = 3


def test_two_threads_draw_what_one_does() -> None:
    faces, papers = FaceRenderer.open(), PaperRenderer.open()
    # Different characters on each thread, so that each adds to the fonts while the other reads them.
    alone = (faces.render(SAMPLE).both, papers.draw(made.FORM, made.LIVE))
    shelf = FontShelf()
    faces, papers = FaceRenderer.open(shelf=shelf), PaperRenderer.open(shelf=shelf)
    ready = threading.Barrier(2)

    def drawn(draw: Callable[[], bytes]) -> list[bytes]:
        ready.wait()
        return [draw() for _ in range(ROUNDS)]

    with ThreadPoolExecutor(2) as threads:
        faced = threads.submit(drawn, lambda: faces.render(SAMPLE).both)
        papered = threads.submit(drawn, lambda: papers.draw(made.FORM, made.LIVE))
        assert faced.result() == [alone[0]] * ROUNDS
        assert papered.result() == [alone[1]] * ROUNDS
    assert len(shelf) == 1


@pytest.mark.parametrize("what", ["face", "paper"])
def test_nobody_draws_in_the_middle_of_a_document(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = FontShelf()
    faces, papers = FaceRenderer.open(shelf=shelf), PaperRenderer.open(shelf=shelf)
    met: list[bool] = []
    embed = fonts._Outlines.addObjects

    def embed_beside_another(font: fonts._Outlines, document: object) -> None:
        """The font is read for the file while somebody else comes to draw."""
        with ThreadPoolExecutor(1) as another:
            met.append(another.submit(shelf.drawing.acquire, blocking=False).result())
        embed(font, document)

    monkeypatch.setattr(fonts._Outlines, "addObjects", embed_beside_another)
    _ = faces.render(SAMPLE) if what == "face" else papers.draw(made.FEE, made.LIVE)
    assert met and not any(met)
    # Control: between two documents anybody may draw.
    with ThreadPoolExecutor(1) as another:
        assert another.submit(shelf.drawing.acquire, blocking=False).result()
