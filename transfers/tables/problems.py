"""Why a file cannot be taken as a table."""

from typing import Any


class TableProblem(Exception):  # noqa: N818 - what is wrong, not an error of ours
    """The file cannot be used; `message` is the sentence for whoever handed it in.

    `code` names the cause. Neither holds anything of the file's content.
    """

    def __init__(self, code: str, message: Any) -> None:
        super().__init__(code)
        self.code, self.message = code, message

    def __str__(self) -> str:
        return str(self.message)
