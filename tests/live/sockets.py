"""Connections between network namespaces, from one process: a socket keeps the namespace that it was made in."""

from __future__ import annotations

import ctypes
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.live import dns

HOME = ""  # the namespace of the node itself
API_SERVER = ("172.30.0.10", 6443)  # it speaks TLS and would not answer a greeting: to be connected is enough
PATIENT = (8.0, 30.0)  # seconds for an answer that should come and did not: a busy machine is no cut
_NEW_NET = 0x40000000
_FREEBIND, _FREEBIND6, _MARK, _PKTINFO = 15, 78, 36, 8
_libc = ctypes.CDLL(None, use_errno=True)
_handles: dict[str, int] = {}


class Attempt(NamedTuple):
    """What became of one connection. `port` is the source's, as Hubble tells it."""

    result: str  # "pass", "cut" (no answer in time), or an error in words
    port: int = 0

    @property
    def passed(self) -> bool:
        return self.result == "pass"

    def is_as(self, allowed: bool) -> bool:
        """Whether it went as a policy says; one that is refused by something else did not, either way."""
        return self.result == ("pass" if allowed else "cut")


def forget(namespace: str) -> None:
    """For a namespace that is deleted: another may get its name."""
    if namespace in _handles:
        os.close(_handles.pop(namespace))


def _handle(namespace: str) -> int:
    if namespace not in _handles:
        path = f"/run/netns/{namespace}" if namespace else "/proc/thread-self/ns/net"
        _handles[namespace] = os.open(path, os.O_RDONLY)
    return _handles[namespace]


def _enter(namespace: str) -> None:
    if _libc.setns(_handle(namespace), _NEW_NET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), namespace)


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """This thread in another network namespace."""
    _handle(HOME)  # while it is there, to find the way back
    if namespace:
        _enter(namespace)
    try:
        yield
    finally:
        if namespace:
            _enter(HOME)


def made(namespace: str, address: str, kind: int, protocol: int = 0) -> socket.socket:
    """A socket of a namespace, of the family that this address is of."""
    with inside(namespace):
        return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind, protocol)


class Way(NamedTuple):
    """From where a connection starts: a namespace, and what is special about it."""

    namespace: str
    source: str = ""  # an address of its own, as a client far away has it
    mark: int = 0  # SO_MARK, as Cilium's proxies set it

    def open(self, target: str, kind: int) -> socket.socket:
        one = made(self.namespace, target, kind)
        if self.mark:
            one.setsockopt(socket.SOL_SOCKET, _MARK, self.mark)
        if self.source:
            six = ":" in target
            one.setsockopt(socket.IPPROTO_IPV6 if six else socket.SOL_IP, _FREEBIND6 if six else _FREEBIND, 1)
            one.bind((self.source, 0))
        elif kind == socket.SOCK_DGRAM:
            one.bind(("::" if ":" in target else "0.0.0.0", 0))
        return one


def attempt(way: Way, target: str, port: int, protocol: str, *, name: str = "", wait: float = 2.0) -> Attempt:
    """Open one connection and wait for an answer; `name` asks a DNS server for it. `wait` in seconds."""
    if protocol in ("ICMP", "ICMPv6"):
        return _ping(way, target, wait)
    kind = socket.SOCK_DGRAM if protocol == "UDP" else socket.SOCK_STREAM
    with way.open(target, kind) as one:
        one.settimeout(wait if kind == socket.SOCK_STREAM else wait / 3)
        try:
            one.connect((target, port))
            result = "pass" if (target, port) == API_SERVER else _asked(one, kind, name)
        except TimeoutError:
            result = "cut"
        except OSError as error:
            result = error.strerror or str(error)
        return Attempt(result, one.getsockname()[1])


def attempt_as(allowed: bool, way: Way, target: str, port: int, protocol: str) -> Attempt:
    """An attempt, and where it should pass more patient ones until one does; one that should not has one only."""
    tried = attempt(way, target, port, protocol, wait=1.5)
    for wait in PATIENT if allowed else ():
        if not tried.passed:
            tried = attempt(way, target, port, protocol, wait=wait)
    return tried


def _asked(one: socket.socket, kind: int, name: str) -> str:
    """Send a greeting or a question; a datagram is sent three times. Raises TimeoutError."""
    message = dns.question(name) if name else b"hi"
    if kind == socket.SOCK_STREAM:
        one.sendall(dns.framed(message) if name else message)
        reply = one.recv(4096)
        return _meant(reply[2:], name) if reply else "closed"
    for left in (2, 1, 0):
        one.send(message)
        try:
            return _meant(one.recv(4096), name)
        except TimeoutError:
            if not left:
                raise
    raise AssertionError


def _meant(reply: bytes, name: str) -> str:
    """A DNS proxy refuses a name by an answer: that is no pass."""
    return "cut" if name and dns.refused(reply) else "pass"


def _ping(way: Way, target: str, wait: float) -> Attempt:
    six = ":" in target
    protocol = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    with made(way.namespace, target, socket.SOCK_RAW, protocol) as one:
        if way.mark:
            one.setsockopt(socket.SOL_SOCKET, _MARK, way.mark)
        one.settimeout(wait)
        body = struct.pack(">BBHHH", 128 if six else 8, 0, 0, os.getpid() & 0xFFFF, 1) + b"x" * 16
        total = sum(struct.unpack(f">{len(body) // 2}H", body))
        total = (total >> 16) + (total & 0xFFFF)
        checked = body if six else body[:2] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + body[4:]
        end = time.monotonic() + wait
        try:
            one.sendto(checked, (target, 0))
            while time.monotonic() < end:
                reply, sender = one.recvfrom(2048)
                if sender[0] == target and reply[0 if six else 20] == (129 if six else 0):
                    return Attempt("pass")
        except TimeoutError:
            pass
        except OSError as error:
            return Attempt(error.strerror or str(error))
        return Attempt("cut")


class Servers:
    """Listeners in every namespace, in one thread. TCP and UDP answer what they get; some ports speak DNS."""

    def __init__(self) -> None:
        self.zone = dns.Zone()
        self._selector = selectors.DefaultSelector()
        self._open: dict[tuple[str, int, str], socket.socket] = {}
        threading.Thread(target=self._serve, daemon=True).start()

    def listen(self, namespace: str, port: int, protocol: str, *, speaks_dns: bool = False) -> None:
        """Listen on a port of every address of a namespace, of both families; once."""
        key = (namespace, port, protocol)
        if key in self._open:
            return
        stream = protocol == "TCP"
        one = made(namespace, "::", socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if not stream:  # so that the answer leaves from the address that was asked
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        one.bind(("::", port))
        if stream:
            one.listen(128)
        one.setblocking(False)
        self._open[key] = one
        self._selector.register(one, selectors.EVENT_READ, ("accept" if stream else "datagram", speaks_dns))

    def close(self) -> None:
        """Stop listening; connections that are open end by themselves."""
        for one in self._open.values():
            self._selector.unregister(one)
            one.close()
        self._open.clear()

    def _serve(self) -> None:
        while True:
            if not self._selector.get_map():
                time.sleep(0.02)
                continue
            for key, _ in self._selector.select(0.1):
                assert isinstance(key.fileobj, socket.socket)
                what, speaks_dns = key.data
                try:
                    getattr(self, f"_{what}")(key.fileobj, speaks_dns)
                except (BlockingIOError, InterruptedError):
                    continue
                except (OSError, ValueError, KeyError):
                    if what == "stream":
                        self._drop(key.fileobj)

    def _accept(self, one: socket.socket, speaks_dns: bool) -> None:
        connection, _ = one.accept()
        connection.setblocking(False)
        self._selector.register(connection, selectors.EVENT_READ, ("stream", speaks_dns))

    def _stream(self, one: socket.socket, speaks_dns: bool) -> None:
        got = one.recv(4096)
        if not got:
            self._drop(one)
        elif speaks_dns:
            one.send(dns.framed(self.zone.answer(got[2:])))
        else:
            one.send(got)

    def _datagram(self, one: socket.socket, speaks_dns: bool) -> None:
        got, told, _, peer = one.recvmsg(4096, 256)
        reply = self.zone.answer(got) if speaks_dns else got
        own = [part for part in told if part[:2] == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)]
        one.sendmsg([reply], [(*part[:2], part[2][:16] + b"\0" * 4) for part in own], 0, peer)

    def _drop(self, one: socket.socket) -> None:
        if one.fileno() >= 0 and one in [key.fileobj for key in self._selector.get_map().values()]:
            self._selector.unregister(one)
        one.close()
