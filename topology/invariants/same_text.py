"""The text is the text that this model gives for this prompt, however many workers it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Completed, Generation
from topology.invariants.invariant import Invariant

if TYPE_CHECKING:
    from actors import Receipt

__all__ = ["SameText"]


class SameText(Invariant):
    """Generates each answer once more, by itself."""

    name = "same-text"
    statement = "the text is the text that this model gives for this prompt"

    def receipt(self, receipt: Receipt) -> None:
        """Compare each answer with the model's text, or its beginning if it was cut."""
        for branch, texts in enumerate(receipt.answers):
            self._compare(receipt, branch, texts)

    def _compare(self, receipt: Receipt, branch: int, texts: list[str]) -> None:
        request = receipt.request
        which = (
            request.request_id
            if len(receipt.answers) == 1
            else (f"answer {branch} to {request.request_id}")
        )
        generation = Generation(request.model, request.prompt, request.seed + branch)
        whole = generation.length(request.max_tokens, ignore_eos=request.ignore_eos)
        if isinstance(receipt.outcome, Completed) and len(texts) != whole:
            self.broken(f"{which} is complete with {len(texts)} tokens instead of {whole}")
        for index, text in enumerate(texts):
            if text != generation.token(index):
                self.broken(
                    f"{which}: token {index} is {text!r} instead of {generation.token(index)!r}"
                )
                return
