#!/usr/bin/env python3
"""The public names: metadata.yaml says what image and source are called, and everything that names them follows.

    python3 .ci/public.py                                          what they are: IMAGE, SOURCE and VERSION, one a line
    python3 .ci/public.py registry.example/me/cilium-policies https://git.example.com/me/cilium-policies
                                                                   writes new ones into every file that has the old

tests/tools/test_repository.py holds that no file has others.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "metadata.yaml"


def names() -> tuple[str, str, str]:
    """Image without tag, source, version."""
    text, project = PLACE.read_text(encoding="utf-8"), (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    fields = (r"^image: (\S+)$", text), (r"^sourceURL: (\S+)$", text), (r'^version = "(.+)"$', project)
    image, source, version = (re.findall(pattern, where, re.MULTILINE)[0] for pattern, where in fields)
    return image, source, version


def files() -> list[Path]:
    """Tracked text files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    found = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in found if path.is_file() and path.suffix not in (".png", ".gz", ".sum")]


def rename(image: str, source: str) -> list[Path]:
    """Writes the new names; the files that changed, metadata.yaml last: until then the old ones are known."""
    old_image, old_source, _ = names()
    # A name ends where another character could go on with it; `localhost/cilium-policies-x` is another one.
    pairs = [
        (rf"(?<![\w./-]){re.escape(old_image)}(?![\w/-])", image),
        (rf"{re.escape(old_source)}(?![\w-])", source),
    ]
    changed = []
    for path in sorted(files(), key=lambda one: one == PLACE):
        before = after = path.read_text(encoding="utf-8")
        for old, new in pairs:
            after = re.sub(old, new, after)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(*(path.relative_to(ROOT) for path in rename(sys.argv[1], sys.argv[2])), sep="\n")
    elif len(sys.argv) == 1:
        print(*names(), sep="\n")
    else:
        sys.exit(__doc__)
