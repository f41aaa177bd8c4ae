"""Ask Cilium's own policy engine from Python.

`Judge` is one `judge serve` process: requests and answers are JSON lines. A `World` is one cluster in it
whose generated policies can be replaced and asked again in milliseconds.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from tests.engine.build import build
from tests.engine.substitute import substitute

End = Mapping[str, Any]
Query = Mapping[str, Any]


class JudgeError(RuntimeError):
    """The judge could not answer a request; the message is its own."""


class Finding(NamedTuple):
    """What Cilium says about one policy (`Kind/namespace/name`)."""

    policy: str
    schema: tuple[str, ...]  # refusals of the API server: schema, unknown fields, metadata
    parse: str  # refusal of the agent, or ""
    warnings: tuple[str, ...]  # accepted, but hardly what the author meant

    @property
    def refused(self) -> bool:
        """Whether a cluster would not enforce this policy."""
        return bool(self.schema or self.parse)

    def __str__(self) -> str:
        reasons = [*self.schema, *([self.parse] if self.parse else [])]
        return f"{self.policy}: {'; '.join(reasons) or 'ok'}"


class Side(NamedTuple):
    """The answer of one end's policy map; `note` says when the end has none."""

    verdict: str  # "allow" or "deny"
    by: tuple[str, ...]  # deciding policies; Cilium's synthetic rules stand in brackets
    l7: tuple[str, ...]  # what a proxy lets through
    note: str
    selected: bool  # whether a policy selects this end in this direction, enforced or not

    @property
    def managed(self) -> bool:
        """Whether Cilium enforces policy on this end."""
        return self.note != "not a managed endpoint"

    @property
    def named(self) -> bool:
        """Whether a policy object, and no synthetic rule, decided."""
        return any(not name.startswith("(") for name in self.by)


class Verdict(NamedTuple):
    """May this flow pass? `egress` is the sender's answer, `ingress` the receiver's."""

    name: str
    verdict: str  # "allow", "deny", or "" when `error` says why there is none
    egress: Side
    ingress: Side
    error: str
    failures: tuple[str, ...]  # unmet `expect`, `by`, `notBy`, `l7` of the query

    @property
    def allowed(self) -> bool:
        """Whether both ends let the flow pass. Raises JudgeError for a query without an answer."""
        if self.error:
            raise JudgeError(f"{self.name}: {self.error}")
        return self.verdict == "allow"

    def reason(self) -> str:
        """One phrase: which side decided, by which policy."""
        if self.error:
            return self.error
        if self.verdict == "allow":
            return f"allowed by {_names(self.egress)} and {_names(self.ingress)}"
        sides = [("egress", self.egress), ("ingress", self.ingress)]
        return " and ".join(
            f"{name} denied by {_names(side)}" for name, side in sides if side.verdict == "deny"
        )


def _names(side: Side) -> str:
    text = ", ".join(side.by) or side.note or "nothing"
    return f"{text} [{side.note}]" if side.note and side.by else text


class Judge:
    """One running judge. Use it as a context manager, or close() it."""

    def __init__(self, binary: Path | None = None) -> None:
        """Start the process; builds the binary first where none is given (NoGoError without Go)."""
        command = [str(binary or build()), "serve"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._worlds = 0

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def request(self, **fields: Any) -> dict[str, Any]:
        """Send one request (serve.go has the fields), return the reply. Raises JudgeError for its error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(fields) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise JudgeError(f"the judge ended (exit {self._process.wait()}) on {fields.get('op')}")
        reply: dict[str, Any] = json.loads(line)
        if reply.get("error"):
            raise JudgeError(reply["error"])
        return reply

    def findings(self, policies: str, crds: Mapping[str, Path] | None = None) -> list[Finding]:
        """Check every CNP and CCNP of a YAML stream, List or ResourceList, in order.

        `crds` adds the schemas of other Cilium versions: name to a directory with the two CRD files.
        """
        directories = {name: str(path) for name, path in (crds or {}).items()}
        reply = self.request(op="check", text=substitute(policies), crds=directories)
        return [_finding(one) for one in reply.get("findings", [])]

    def check(self, policies: str, crds: Mapping[str, Path] | None = None) -> list[Finding]:
        """The refusals among the findings: an empty list means that every policy is accepted."""
        return [finding for finding in self.findings(policies, crds) if finding.refused]

    def world(
        self,
        files: Iterable[str | Path] = (),
        text: str = "",
        variables: Mapping[str, str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> World:
        """Load one cluster from files and text, `${…}` filled; options.go has the agent settings."""
        parts = [Path(path).read_text(encoding="utf-8") for path in files] + [text]
        stream = substitute("\n---\n".join(parts), variables)
        self._worlds += 1
        name = f"world-{self._worlds}"
        reply = self.request(op="load", world=name, text=stream, options=options)
        return World(self, name, reply, dict(variables or {}))

    def flows(
        self, cluster_files: Iterable[str | Path], policies: str, queries: Sequence[Query]
    ) -> list[Verdict]:
        """Load, ask and unload. Raises JudgeError when a policy is refused."""
        world = self.world(cluster_files)
        try:
            world.set_policies(policies)
            return world.ask(queries)
        finally:
            world.unload()

    def once(self, cluster: str, policies: str, queries: Sequence[Query], **options: Any) -> list[str]:
        """For fuzzers: a small inline cluster, and one of "allow", "deny" or "error: …" for each query."""
        fields = {"text": substitute(cluster), "policies": substitute(policies), "queries": queries}
        reply = self.request(op="once", options=options or None, verdicts=True, **fields)
        return list(reply.get("verdicts", []))


class World:
    """One loaded cluster. `refused` lists what Cilium refuses of the policies in its own manifests."""

    def __init__(
        self, judge: Judge, name: str, reply: Mapping[str, Any], variables: Mapping[str, str]
    ) -> None:
        self._judge = judge
        self._variables = variables
        self.name = name
        self.pods: list[dict[str, Any]] = reply.get("pods", [])
        findings = [_finding(one) for one in reply.get("findings", [])]
        self.refused = [finding for finding in findings if finding.refused]

    def set_policies(self, policies: str, strict: bool = True) -> list[Finding]:
        """Replace the added policies by this stream; strict raises JudgeError for a refused one."""
        text = substitute(policies, self._variables)
        reply = self._judge.request(op="policies", world=self.name, policies=text)
        findings = [_finding(one) for one in reply.get("findings", [])]
        refused = [finding for finding in findings if finding.refused]
        if strict and refused:
            raise JudgeError("\n".join(str(finding) for finding in refused))
        return findings

    def ask(self, queries: Sequence[Query]) -> list[Verdict]:
        """One verdict for each query, in order; a query without an answer has `error`."""
        reply = self._judge.request(op="flows", world=self.name, queries=list(queries))
        return [_verdict(one) for one in reply.get("answers", [])]

    def verdicts(self, queries: Sequence[Query]) -> list[str]:
        """The bare verdicts, for many questions at once."""
        reply = self._judge.request(op="flows", world=self.name, queries=list(queries), verdicts=True)
        return list(reply.get("verdicts", []))

    def attempt(self, queries: Sequence[Query], policies: str = "", delete: Sequence[str] = ()) -> list[str]:
        """The bare verdicts with some policies replaced or left out; the world is as before afterwards."""
        fields = {
            "policies": substitute(policies, self._variables),
            "delete": list(delete),
            "queries": list(queries),
        }
        return list(
            self._judge.request(op="try", world=self.name, verdicts=True, **fields).get("verdicts", [])
        )

    def without(self, policies: Sequence[str], queries: Sequence[Query]) -> list[Verdict]:
        """The verdicts with some policies left out; the world is as before afterwards."""
        fields = {"delete": list(policies), "queries": list(queries)}
        reply = self._judge.request(op="try", world=self.name, **fields)
        return [_verdict(one) for one in reply.get("answers", [])]

    def openings(
        self, peers: Mapping[str, End], ports: Sequence[str], selected: bool = False
    ) -> tuple[list[dict[str, Any]], int]:
        """All allowed (from, to, ports) among the pods and these peers, and how many verdicts that took.

        Ports are PROTOCOL/number. Pairs that policy has no say in are left out; `selected` leaves out those, too,
        of which no policy selects an end. Calls from the own node to its pods always pass and are not listed.
        """
        matrix = {"peers": dict(peers), "ports": list(ports), "selected": selected}
        reply = self._judge.request(op="openings", world=self.name, matrix=matrix)
        return list(reply.get("openings", [])), int(reply.get("asked", 0))

    def identities(self) -> list[str]:
        """One line per pod: its name and the labels of its identity."""
        return list(self._judge.request(op="identities", world=self.name).get("identities", []))

    def unload(self) -> None:
        """Forget the cluster."""
        self._judge.request(op="unload", world=self.name)


def _finding(raw: Mapping[str, Any]) -> Finding:
    return Finding(
        raw["policy"], tuple(raw.get("schema", ())), raw.get("parse", ""), tuple(raw.get("warn", ()))
    )


def _side(raw: Mapping[str, Any]) -> Side:
    by, l7 = tuple(raw.get("by", ())), tuple(raw.get("l7", ()))
    return Side(raw.get("verdict", ""), by, l7, raw.get("note", ""), bool(raw.get("selected")))


def _verdict(raw: Mapping[str, Any]) -> Verdict:
    egress, ingress = _side(raw["egress"]), _side(raw["ingress"])
    failures = tuple(raw.get("failures", ()))
    return Verdict(
        raw.get("name", ""), raw.get("verdict", ""), egress, ingress, raw.get("error", ""), failures
    )
