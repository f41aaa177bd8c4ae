"""A Kubernetes API server of its own on this machine's loopback, with nothing behind it: kubectl puts in and asks."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live import build
from tests.tools import environment

_TOKEN = "dump"


def lacking() -> str:
    """Why there can be no server here; "" where there can."""
    missing = [name for name in ("go", "kubectl", "openssl") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed"
    programs = build.folder() / "bin"
    absent = [name for name in ("etcd", "kube-apiserver") if not (programs / name).exists()]
    return f"{', '.join(absent)} not built yet, make live builds them" if absent else ""


@contextmanager
def server(place: Path) -> Iterator[dict[str, str]]:
    """A running API server; its environment has a `kubectl` that talks to it. `place` is a folder for its files."""
    programs = build.folder() / "bin"
    ports = _free(3)
    etcd, peers = (f"http://127.0.0.1:{port}" for port in ports[:2])
    subprocess.run(["openssl", "genrsa", "-out", place / "sa.key", "2048"], check=True, capture_output=True)
    (place / "tokens.csv").write_text(f'{_TOKEN},admin,admin,"system:masters"\n')
    (place / "config").write_text(json.dumps(_kubeconfig(ports[2])))
    started = []
    try:
        started.append(_started(place, [
            programs / "etcd", f"--data-dir={place}/etcd", f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}", f"--listen-peer-urls={peers}", "--unsafe-no-fsync", "--log-level=error",
        ]))  # fmt: skip
        started.append(_started(place, [
            programs / "kube-apiserver", f"--etcd-servers={etcd}", f"--secure-port={ports[2]}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--cert-dir={place}/certs",
            "--service-cluster-ip-range=10.96.0.0/16", "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={place}/sa.key", f"--service-account-signing-key-file={place}/sa.key",
            "--authorization-mode=AlwaysAllow", f"--token-auth-file={place}/tokens.csv",
            "--disable-admission-plugins=ServiceAccount", "--profiling=false",
            "--endpoint-reconciler-type=none",
        ]))  # fmt: skip
        env = environment(KUBECONFIG=str(place / "config"))
        _wait(env, started, place)
        yield env
    finally:
        for one in reversed(started):
            one.kill()  # nothing that it holds is wanted again
            one.wait()


def _started(place: Path, command: list[Path | str]) -> subprocess.Popen[bytes]:
    with (place / f"{Path(command[0]).name}.log").open("wb") as log:
        return subprocess.Popen(
            list(map(str, command)), stdout=log, stderr=log, cwd=place, env=dict(os.environ)
        )


def _wait(env: dict[str, str], started: list[subprocess.Popen[bytes]], place: Path) -> None:
    end = time.monotonic() + 600  # on a busy machine; one that ends is noticed at once
    while time.monotonic() < end:
        asked = subprocess.run(
            ["kubectl", "get", "--raw", "/readyz"], env=env, capture_output=True, check=False
        )
        if asked.returncode == 0:
            return
        if any(one.poll() is not None for one in started):
            break
        time.sleep(0.5)
    raise RuntimeError("".join(path.read_text()[-2000:] for path in sorted(place.glob("*.log"))))


def _free(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _kubeconfig(port: int) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [
            {
                "name": "here",
                "cluster": {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True},
            }
        ],
        "users": [{"name": "here", "user": {"token": _TOKEN}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
    }
