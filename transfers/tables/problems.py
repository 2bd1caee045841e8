"""Why a file cannot be taken as a table."""

from typing import Any


class TableProblem(Exception):  # noqa: N818 - what is wrong, not an error of ours
    """The file cannot be used; `message` is the sentence for whoever handed it in.

    `code` names the cause, `values` are the figures of the sentence. None of them holds anything of
    the file's content.
    """

    def __init__(self, code: str, message: Any, **values: int | str) -> None:
        super().__init__(code)
        self.code, self.values, self._sentence = code, values, message

    @property
    def message(self) -> str:
        """The sentence, in the language of whoever asks now."""
        sentence = str(self._sentence)
        return sentence % self.values if self.values else sentence

    def __str__(self) -> str:
        return self.message
