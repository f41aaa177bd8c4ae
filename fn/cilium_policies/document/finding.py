"""What the function has to say: a message, its place in the input, and the cure."""

from __future__ import annotations

from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import NamedTuple

ERROR = "error"
WARNING = "warning"
INFO = "info"


class Finding(NamedTuple):
    """One message. Unknown places stay at their defaults.

    `index` counts items (a ResourceList) or documents (a stream) of `file` from 0; `line` and `column`
    count from 1; `path` is a field path such as `spec.mode`; the last four name the object it concerns.
    """

    severity: str
    message: str
    cure: str = ""
    file: str = ""
    index: int = -1  # type: ignore[assignment]  # hides tuple.index, which nobody calls
    line: int = 0
    column: int = 0
    path: str = ""
    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        """The message and its cure."""
        return f"{self.message}; {self.cure}" if self.cure else self.message

    @property
    def about_config(self) -> bool:
        """Whether it speaks of a field of the user's own config: such a finding is always printed."""
        return self.path.startswith("spec.") and not self.kind


class RefusedError(CiliumPoliciesError):
    """Input or config that cannot be used: exit 1, with this finding as the reason."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class UnknownAliasError(RefusedError):
    """An alias whose anchor stands outside the text that was read: another item of the same document may have it."""


def of_config(path: str, message: str, cure: str, file: str, line: int) -> Finding:
    """A warning about a field of the user's own config, which it names."""
    return Finding(WARNING, f"{path}: {message}", cure, file, line=line, path=path)


def refused(message: str, cure: str = "", *, file: str = "", line: int = 0, column: int = 0) -> RefusedError:
    """A `RefusedError` whose finding is an error at this place."""
    return RefusedError(Finding(ERROR, message, cure, file=file, line=line, column=column))


def line_of(finding: Finding) -> str:
    """The finding as one line for stderr: `file:line:column: message; cure`, without control characters."""
    place = [finding.file or ("stdin" if finding.line else "")]
    if finding.line:
        place.append(str(finding.line))
        if finding.column:
            place.append(str(finding.column))
    text = ":".join(part for part in place if part)
    if not finding.line and finding.index >= 0:
        text = f"{text or 'stdin'} item {finding.index}"
    return one_line(f"{text}: {finding.text}" if text else finding.text)


def one_line(text: str) -> str:
    """`text` with every run of white space or control characters as one space (a name may hold a newline)."""
    if text.isprintable() and "  " not in text:
        return text
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
