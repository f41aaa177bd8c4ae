"""The page in a real browser: headless Chromium opens the file, a script plays the user, the DOM tells."""

from __future__ import annotations

# ruff: noqa: E501
import json
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cilium_policies.show.graph import View
from cilium_policies.show.page import Sheet, Tile, page
from cilium_policies.show.table import Table, columns

from bench.inputs import stream
from tests.tools import absent

from . import graphs

CHROMIUM = next(
    (name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), ""
)
pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True, scope="module")
def chromium() -> None:
    """Skips without the browser; fails where CI is true."""
    if not CHROMIUM:
        absent("no Chromium here: apt-get install chromium")


FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--virtual-time-budget=4000",
]
HELPERS = """
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const key = (name, on = document.activeElement) => on.dispatchEvent(new KeyboardEvent("keydown", {key: name, bubbles: true, cancelable: true}));
const type = (text) => { const field = document.getElementById("search"); field.value = text; field.dispatchEvent(new Event("input", {bubbles: true})); };
const here = () => document.querySelector("main>section.here").id;
const seen = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.getBoundingClientRect().height > 0);
"""


POLICY = "CiliumNetworkPolicy/cert-manager/cert-manager-controller-with-a-long-name"
LONG = (
    "cert-manager/cert-manager",
    "1.0.0.1/32",
    "443/TCP",
    "outside",
    "x " * 40,
    "y" * 90,
    f"{POLICY} spec.egress[0]",
)


def built(count: int) -> str:
    view = View(graphs.graph(count))
    rows = [(link.source, link.target, link.label) for link in view.graph.links]
    tables = [
        ("Connections", Table("Connections", columns("from", "to", "ports"), [*rows])),
        ("Rules", Table("Rules", columns("from", "to", "ports", "kind", "why", "evidence", "rule"), [LONG])),
        ("Uncovered", Table("Uncovered", columns("workload"), [], "every workload is covered")),
    ]
    sheets = [
        Sheet("CiliumNetworkPolicy/team-1/web", "team-1", "generated", lambda: "kind: CiliumNetworkPolicy")
    ]
    return "".join(page(view, [Tile("3", "uncovered", "bad", "Uncovered")], tables, "made by a test", sheets))


def played(tmp_path: Path, count: int, script: str, address: str = "", size: str = "1400,1000") -> Any:
    """What `script` (an async function's body) returns when the page of a graph has been opened."""
    run = (
        f"<script>{HELPERS}addEventListener('load', async () => {{ let told; try {{ told = await (async () => {{ {script} }})(); }} "
        "catch (error) { told = {error: String(error)}; } "
        "document.documentElement.dataset.told = JSON.stringify(told); });</script></body>"
    )
    file = tmp_path / "page.html"
    file.write_text(built(count).replace("</body>", run), "utf-8")
    done = subprocess.run(
        [
            CHROMIUM,
            *FLAGS,
            f"--window-size={size}",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            f"{file.as_uri()}{address}",
        ],
        capture_output=True,
        timeout=300,
        check=True,
    )
    told = re.search(r'data-told="([^"]*)"', done.stdout.decode())
    assert told, done.stderr.decode()[-2000:]
    return json.loads(told[1].replace("&quot;", '"').replace("&amp;", "&"))


@pytest.mark.parametrize("count", [10, 80])
def test_the_map_fits_the_window_and_its_text_is_readable(tmp_path: Path, count: int) -> None:
    told = played(
        tmp_path,
        count,
        """
        const texts = seen("#map text").map((one) => one.getBoundingClientRect().height);
        const boxes = seen("#map .node");
        const over = boxes.filter((box) => {
          const frame = box.querySelector(".box").getBoundingClientRect();
          return [...box.querySelectorAll("text:not(.alarm)")].some((one) => one.getBoundingClientRect().right > frame.right + 1);
        });
        return {here: here(), boxes: boxes.length, smallest: Math.min(...texts), over: over.map((one) => one.dataset.group),
          wide: document.documentElement.scrollWidth <= innerWidth};
        """,
    )
    assert told == {"here": "map", "boxes": count + 2, "smallest": told["smallest"], "over": [], "wide": True}
    assert told["smallest"] >= 9


def test_search_dims_boxes_and_filters_rows(tmp_path: Path) -> None:
    told = played(
        tmp_path,
        10,
        """
        key("/");
        const focused = document.activeElement.id;
        type("team-3");
        const bright = [...document.querySelectorAll("#map .node:not(.dim)")].map((one) => one.dataset.group);
        type("no such name");
        const none = !document.querySelector("#map .none").hidden;
        type("team-3 5432");
        location.hash = "connections";
        await wait(50);
        const rows = seen("#connections tbody tr").map((one) => one.textContent);
        const count = document.querySelector("#connections .count").textContent;
        key("Escape", document.getElementById("search"));
        return {focused, bright, none, rows, count, all: seen("#connections tbody tr").length, text: document.getElementById("search").value};
        """,
    )
    assert told["focused"] == "search"
    assert told["bright"] == ["team-3"]
    assert told["none"]
    expected = [
        link.source + link.target + link.label
        for link in graphs.graph(10).links
        if "team-3" in link.source + link.target and link.label == "5432"
    ]
    assert told["rows"] == expected
    assert told["count"] == f"{len(expected)} of {len(graphs.graph(10).links)} rows"
    assert told["all"] == len(graphs.graph(10).links)
    assert told["text"] == ""


def test_the_keyboard_lights_opens_and_leaves_a_group(tmp_path: Path) -> None:
    told = played(
        tmp_path,
        10,
        """
        const box = document.querySelector('#map .node[data-group="team-1"]');
        box.focus();
        const lit = [...new Set([...document.querySelectorAll("#map .wire.lit")].flatMap((one) => [one.dataset.from, one.dataset.to]))];
        key("Enter");
        await wait(50);
        const opened = here();
        const inside = document.activeElement.closest("section")?.id;
        key("Escape");
        await wait(50);
        return {tab: box.tabIndex, role: box.getAttribute("role"), lit, opened, inside, left: here(), back: document.activeElement.dataset.group};
        """,
    )
    assert told["tab"] == 0
    assert told["role"] == "link"
    view = View(graphs.graph(10))
    near = {
        end for one in view.lines if "team-1" in (one.source, one.target) for end in (one.source, one.target)
    }
    assert set(told["lit"]) == near
    assert told["opened"] == "group-team-1"
    assert told["inside"] == "group-team-1"
    assert told["left"] == "map"
    assert told["back"] == "team-1"  # the keyboard keeps its place


def test_a_workload_lights_its_own_lines_and_is_found_from_the_map(tmp_path: Path) -> None:
    told = played(
        tmp_path,
        10,
        """
        const box = document.querySelector('#group-team-1 .node[data-group="team-1/app-0"]');
        box.dispatchEvent(new MouseEvent("mouseenter"));
        const lit = document.querySelectorAll("#group-team-1 .wire.lit").length;
        const all = [...document.querySelectorAll("#group-team-1 .wire")].filter((one) => [one.dataset.from, one.dataset.to].includes("team-1/app-0")).length;
        location.hash = "map";
        await wait(50);
        type("app-10");
        const bright = [...document.querySelectorAll("#map .node:not(.dim)")].map((one) => one.dataset.group);
        return {lit, all, bright};
        """,
        "#group-team-1",
    )
    assert told["lit"] == told["all"]
    owners = {node.group for node in graphs.graph(10).nodes if "app-10" in node.title}
    assert owners <= set(told["bright"])


def test_a_picture_zooms_and_comes_back(tmp_path: Path) -> None:
    told = played(
        tmp_path,
        10,
        """
        const picture = document.querySelector("#map svg");
        const whole = picture.getAttribute("viewBox");
        key("+", document.body);
        const near = picture.getAttribute("viewBox");
        document.querySelector('#map .zoom button[value="all"]').click();
        return {whole, near, again: picture.getAttribute("viewBox")};
        """,
    )
    assert told["near"] != told["whole"]
    assert float(told["near"].split()[2]) < float(told["whole"].split()[2])
    assert told["again"] == told["whole"]


@pytest.mark.parametrize("size", ["390,800", "900,800", "1400,800"])
def test_long_names_do_not_push_a_table_out_of_the_page(tmp_path: Path, size: str) -> None:
    told = played(
        tmp_path,
        10,
        """
        location.hash = "rules";
        await wait(50);
        return {rows: seen("#rules tbody tr").length, wide: document.documentElement.scrollWidth <= innerWidth};
        """,
        size=size,
    )
    assert told == {"rows": 1, "wide": True}


def test_on_a_phone_no_word_is_broken(tmp_path: Path) -> None:
    told = played(
        tmp_path,
        10,
        """
        location.hash = "connections";
        await wait(50);
        const lines = seen("#connections td").filter((one) => one.getClientRects().length && one.textContent.length < 14 && one.getBoundingClientRect().height > 30);
        return {broken: lines.length, wide: document.documentElement.scrollWidth <= innerWidth};
        """,
        size="390,800",
    )
    assert told == {"broken": 0, "wide": True}


def test_an_address_opens_its_group_and_kinds_can_be_switched_off(tmp_path: Path) -> None:
    told = played(
        tmp_path,
        80,
        """
        const drawn = () => seen("#group-team-1 .wire, #group-team-1 .wire-word").length;
        const before = drawn();
        const box = [...document.querySelectorAll(".kind")].find((one) => one.value === "dns");
        box.click();
        const after = drawn();
        location.hash = "map";
        await wait(50);
        return {before, after, kinds: [...document.querySelectorAll(".kind")].map((one) => one.value), words: seen("#map .wire-word").length};
        """,
        "#group-team-1",
    )
    assert told["kinds"] == ["application", "dns", "metrics", "world"]
    assert told["before"] > told["after"] > 0
    assert told["words"] > 0


def test_what_a_large_page_has_not_shown_yet_comes_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cilium_policies.show.page.LARGE", 0)
    told = played(
        tmp_path,
        10,
        """
        const waiting = () => document.querySelectorAll("main noscript").length;
        const first = waiting();
        type("app-10");
        const bright = [...document.querySelectorAll("#map .node:not(.dim)")].map((one) => one.dataset.group);
        type("");
        [...document.querySelectorAll(".kind")].find((one) => one.value === "dns").click();
        location.hash = "group-team-1";
        await wait(50);
        const group = {boxes: seen("#group-team-1 .node").length, out: document.querySelectorAll("#group-team-1 .out").length, dns: seen("#group-team-1 [data-kinds=dns]").length};
        location.hash = "connections";
        await wait(50);
        const rows = seen("#connections tbody tr").length;
        document.querySelectorAll("#connections th button")[2].click();
        const sorted = document.querySelector("#connections tbody tr").cells[2].textContent;
        location.hash = document.querySelector("main>section#policies noscript").textContent.match(/id="(sheet-[^"]*)"/)[1];
        await wait(50);
        const sheet = {open: document.querySelector("#policies details").open, here: here()};
        dispatchEvent(new Event("beforeprint"));
        return {first, bright, group, rows, sorted, sheet, left: [...document.querySelectorAll("main noscript")].every((one) => one.closest("section.group")), hint: seen(".waits").length};
        """,
    )
    owners = {node.group for node in graphs.graph(10).nodes if "app-10" in node.title}
    assert told["first"] > 10
    assert owners <= set(told["bright"])
    assert told["group"]["boxes"] > 0
    assert told["group"]["dns"] == 0
    assert told["rows"] == len(graphs.graph(10).links)
    assert told["sorted"] == "53/UDP"
    assert told["sheet"] == {"open": True, "here": "policies"}
    assert told["left"]
    assert told["hint"] == 0


def test_a_large_page_without_script_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cilium_policies.show.page.LARGE", 0)
    html = re.sub(r"<script>.*?</script>", "", built(10), flags=re.S)
    parts = re.findall(r"<section [^>]*><noscript>(.*?)</noscript></section>", html, flags=re.S)
    assert any("<table>" in one for one in parts)
    assert "<noscript><style>.waits{display:none}</style></noscript></head>" in html
    assert html.count('class="waits"') == 1


def test_a_report_of_a_thousand_workloads_is_no_slower_to_open_than_twice_an_empty_page(
    tmp_path: Path,
) -> None:
    empty, large = tmp_path / "empty.html", tmp_path / "large.html"
    empty.write_text("<!doctype html><title>empty</title><script>1</script>", "utf-8")
    report = [sys.executable, "-m", "cilium_policies", "report", "--policies", "planned", "-"]
    with large.open("wb") as file:
        subprocess.run(report, input=stream(8000), stdout=file, stderr=subprocess.DEVNULL, check=True)
    assert large.stat().st_size > 5_000_000
    runs = [(opened(tmp_path, empty), opened(tmp_path, large)) for _ in range(3)]
    assert min(one for _, one in runs) < 2 * min(one for one, _ in runs)


def opened(tmp_path: Path, file: Path) -> float:
    """CPU seconds of a browser that opens a page and takes its picture."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    flags = [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={tmp_path / 'picture.png'}"]
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", *flags, file.as_uri()]
    subprocess.run(command, capture_output=True, timeout=300, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_columns_sort_by_number_and_back(tmp_path: Path) -> None:
    told = played(
        tmp_path,
        10,
        """
        location.hash = "connections";
        await wait(50);
        const button = document.querySelectorAll("#connections th button")[2];
        const ports = () => [...document.querySelectorAll("#connections tbody tr")].map((row) => row.cells[2].textContent);
        button.click();
        const up = ports();
        const sort = button.closest("th").getAttribute("aria-sort");
        button.click();
        const down = ports();
        return {first: up[0], last: up.at(-1), sort, down: down[0]};
        """,
    )
    assert told == {"first": "53/UDP", "last": "9090", "sort": "ascending", "down": "9090"}


def test_light_and_dark(tmp_path: Path) -> None:
    told = played(
        tmp_path,
        10,
        """
        const paper = () => getComputedStyle(document.body).backgroundColor;
        const light = paper();
        document.getElementById("theme").click();
        const dark = paper();
        key("t");
        return {light, dark, again: paper()};
        """,
    )
    assert told == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 23, 29)", "again": "rgb(255, 255, 255)"}


def test_it_prints(tmp_path: Path) -> None:
    file, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    file.write_text(built(10), "utf-8")
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={paper}"]
    subprocess.run([CHROMIUM, *flags, file.as_uri()], capture_output=True, timeout=300, check=True)
    assert paper.read_bytes().startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())) >= 2


def test_without_script_everything_is_there(tmp_path: Path) -> None:
    html = re.sub(r"<script>.*?</script>", "", built(10), flags=re.S)
    file = tmp_path / "page.html"
    file.write_text(html, "utf-8")
    flags = [*FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run([CHROMIUM, *flags, file.as_uri()], capture_output=True, timeout=300, check=True)
    assert "hidden" not in re.findall(r"<section[^>]*>", done.stdout.decode())
