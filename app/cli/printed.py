"""Papers that a command printed: where each lies, and which copy it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.cli.context import Context
from app.workflow.paper_desk import PrintedPaper


def told(context: Context, papers: Sequence[PrintedPaper]) -> list[dict[str, Any]]:
    """Say where the papers lie, and of each that is a copy which one it is; the same as JSON."""
    for paper in papers:
        context.say("{path}", path=str(paper.path))
        if paper.copy:
            context.say("It is copy {copy}: the original was printed before.", copy=paper.copy)
    return [
        {
            "paper": paper.template,
            "number": paper.number,
            "copy": paper.copy,
            "pages": paper.pages,
            "file": str(paper.path),
        }
        for paper in papers
    ]
