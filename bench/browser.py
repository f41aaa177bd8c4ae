"""How long a page takes to open in headless Chromium, by the browser's own clock."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CHROMIUM = next(
    (name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), ""
)
# From the start of the navigation to the end of `load`, with everything shown laid out.
CLOCK = """\
<script>addEventListener("load", () => {
  document.body.getBoundingClientRect();
  document.documentElement.dataset.told = JSON.stringify(performance.now() / 1000);
});</script></body>"""


def report(manifests: Path, rounds: int) -> float:
    """Seconds that the page of these manifests takes to load, the median of `rounds`."""
    program = str(Path(sys.executable).with_name("cilium-policies"))
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "report.html")
        command = [program, "report", "--policies", "planned", str(manifests)]
        page = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        file.write_text(page.replace("</body>", CLOCK), "utf-8")
        return statistics.median(load(file, Path(place, "profile")) for _ in range(rounds or 5))


def load(file: Path, profile: Path) -> float:
    """Seconds for one page that carries `CLOCK`."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom"]
    done = subprocess.run([CHROMIUM, *flags, file.as_uri()], capture_output=True, timeout=300, check=True)
    told = re.search(r'data-told="([^"]*)"', done.stdout.decode())
    assert told, done.stderr.decode()[-2000:]
    return float(json.loads(told[1]))
