"""Open connections while modes change: audit, enforce, one direction alone, off, and the way back."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from typing import NamedTuple

from tests.live.ask import Answer, Check, Live
from tests.live.given import Body, given, policies, shop
from tests.live.network import CONTROL, SERVER, WORLD
from tests.live.running import Running
from tests.live.sockets import made
from tests.tools import environment

NAME = "switching"
_BEAT = 0.05  # seconds between two messages of an open connection
_CALM = 3.0  # seconds after a change in which a connection that is cut falls silent
_PATIENCE = (
    60.0  # seconds in which one that was silent speaks again: TCP waits ever longer before it sends again
)


class Wanted(NamedTuple):
    """A connection that is opened in audit. `cut_by`: the directions of shop whose enforcement ends it."""

    words: str
    source: str
    target: str
    port: int
    cut_by: tuple[str, ...] = ()


_WANTED = (
    Wanted("web to api", "shop/web", "shop/api", 8081),
    Wanted("api to db", "shop/api", "shop/db", 5432),
    Wanted("attacker to db", "attacker/attacker", "shop/db", 5432, ("ingress",)),
    Wanted("web to db", "shop/web", "shop/db", 5432, ("ingress", "egress")),
    Wanted("db to the world", "shop/db", WORLD, 443, ("egress",)),
)
_BESIDE = Wanted(
    "no pod", CONTROL, WORLD, 443
)  # what it waits the machine was busy, and not a policy to blame


class Held:
    """A connection that stays open, with a message and its echo twenty times a second."""

    def __init__(self, running: Running, wanted: Wanted) -> None:
        self.wanted = wanted
        outside = wanted.target == WORLD
        target = SERVER if outside else running.pod(wanted.target).address
        running.servers.listen(WORLD if outside else running.pod(wanted.target).netns, wanted.port, "TCP")
        source = wanted.source if wanted is _BESIDE else running.pod(wanted.source).netns
        self._socket = made(source, target, socket.SOCK_STREAM)
        self._socket.settimeout(5)
        self._socket.connect((target, wanted.port))
        self._socket.settimeout(0.5)
        self.last = time.monotonic()
        self.longest = 0.0  # seconds between two echoes
        self._open = True
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self) -> None:
        while self._open:
            try:
                self._socket.send(b"beat")
                if not self._socket.recv(1024):
                    return
            except TimeoutError:
                continue
            except OSError:
                return
            now = time.monotonic()
            self.longest = max(self.longest, now - self.last)
            self.last = now
            time.sleep(_BEAT)

    @property
    def alive(self) -> bool:
        return time.monotonic() - self.last < 1.0

    def close(self) -> None:
        self._open = False
        self._socket.close()


def ask(live: Live) -> Answer:
    """Connections that are open when each change comes."""
    check = Check(NAME, "open connections while modes change: audit, enforce, overrides, and back")
    base = given(shop())
    with Running(live.cluster, base) as running:
        running.apply(base.policies["audit"])
        held, beside = [Held(running, one) for one in _WANTED], Held(running, _BESIDE)

        def change(words: str, wanted: list[Body], *enforced: str) -> None:
            cut = [one for one in _WANTED if set(one.cut_by) & set(enforced)]
            _change(running, check, [*held, beside], words, wanted, cut)

        try:
            change("audit", base.policies["audit"])
            change("enforce", base.policies["enforce"], "ingress", "egress")
            change("audit again", base.policies["audit"])
            for enforced, other in (("ingress", "egress"), ("egress", "ingress")):
                only = given(shop(), settings=[f"namespaces.overrides.shop.mode.{other}=audit"])
                change(f"{enforced} alone enforced", only.policies["enforce"], enforced)
                change(f"audit after {enforced} alone", base.policies["audit"])
            change("enforce again", base.policies["enforce"], "ingress", "egress")
            change("break-glass beside enforce", [*base.policies["enforce"], *_glass()])
            change("enforce after it", base.policies["enforce"], "ingress", "egress")
            off = given(shop(), settings=["namespaces.overrides.shop.mode=off"])
            change("the override `shop: {mode: off}`", off.policies["enforce"])
        finally:
            for one in (*held, beside):
                one.close()
    return check.answer()


def _glass() -> list[Body]:
    """The policy of an emergency, as the command prints it."""
    done = subprocess.run(["cilium-policies", "break-glass", "shop"], env=environment(), capture_output=True, text=True,
                          check=True)  # fmt: skip
    return list(policies(done.stdout))


def _change(
    running: Running, check: Check, held: list[Held], words: str, wanted: list[Body], cut: list[Wanted]
) -> None:
    before, beside, fewer = time.monotonic(), held[-1], len(wanted) < len(running.applied)
    for one in held:
        one.longest = 0.0
    running.apply(wanted, settle=False)
    applied = time.monotonic() - before
    running.cluster.settle()
    settled = time.monotonic() - before
    time.sleep(_CALM)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and not all(one.alive for one in held if one.wanted not in cut):
        time.sleep(0.2)
    # Whoever has a rule before and after may not even notice. Removal is another thing: rules go before the last
    # policy that denies by default does, and TCP waits as long again before it sends again.
    still = (2 * settled if fewer else applied) + 1 + 2 * beside.longest
    for one in held[:-1]:
        check.that(f"{words}: {one.wanted.words} {'goes on' if one.alive else 'is cut'}",
                   one.alive == (one.wanted not in cut))  # fmt: skip
        if not one.wanted.cut_by:
            check.that(
                f"{words}: {one.wanted.words} stood still for {one.longest:.1f} s", one.longest < still
            )
