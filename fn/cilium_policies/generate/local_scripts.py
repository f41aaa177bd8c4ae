"""Pods that run nothing but a script of commands which call nobody: what they call is known, and it is nothing.

The script stands whole in the command, the image is one that holds a distribution and no program, and each word where
a command stands is one of a few that work on files, text and processes alone.
"""

from __future__ import annotations

import re

from cilium_policies.catalogue.recognise import repository_of
from cilium_policies.kube.objects import sequence, text
from cilium_policies.kube.pods import commands_beside, containers, pod_spec
from cilium_policies.workloads.model import Workload

_IMAGES = re.compile(r"(?:docker\.io/)?(?:library/)?(?:busybox|alpine|debian|ubuntu|bash)")
_SHELL = re.compile(r"(?:/usr)?(?:/bin/)?(?:sh|bash|ash|dash)")
_FLAGS = re.compile(r"-[euxo]*c")
_LOCAL = frozenset(
    """
    rm cp mv mkdir rmdir touch chmod chown chgrp ln ls find cat echo printf sleep true false test [ [[ ]] cd pwd set
    unset exit return break continue shift umask wait date df du stat sort uniq head tail cut tr grep egrep wc gzip
    gunzip xz unzip basename dirname sync id uname uptime free nproc seq expr tee truncate fallocate shred
    md5sum sha256sum diff cmp sysctl : fi for done }
    """.split()  # noqa: SIM905
)
_NETWORK = ("/dev/tcp", "/dev/udp", "-exec", "-ok", "eval", "`", "$(", "<(", ">(", "<<", "$'", "\\\n")
# In one pass, as a shell reads: an escaped character, a quoted text, a comment to the end of its line
_TEXTS = re.compile(r"(\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\")|(?<![^\s;&|()])#[^\n]*")
_ENDS = re.compile(r"&&|\|\||[;\n|&]|\b(?:then|else|do)\b")
_BEFORE = re.compile(r"(?:\s*(?:[A-Za-z_]\w*=\S*|!|if|elif|while|until|\(|\{)(?=\s|$))*\s*")
_JOINED = re.compile(r"\d?>&\d")


def calls_nobody(one: Workload) -> bool:
    """Whether every container of a shown pod runs such a script, and no command beside it."""
    found = list(containers(pod_spec(one.source))) if one.rendered else []
    return bool(found) and all(
        _IMAGES.fullmatch(repository_of(text(each.get("image")))) is not None
        and not any(commands_beside(each))
        and _is_local([*map(text, sequence(each.get("command"))), *map(text, sequence(each.get("args")))])
        for each in found
    )


def _is_local(words: list[str]) -> bool:
    if len(words) != 3 or not _SHELL.fullmatch(words[0]) or not _FLAGS.fullmatch(words[1]):
        return False
    if any(sign in words[2] for sign in _NETWORK):
        return False
    script = _TEXTS.sub(lambda met: "X" if met[1] else "", words[2])
    if "'" in script or '"' in script:
        return False  # one that does not end
    return all(map(_is_local_command, _ENDS.split(_JOINED.sub("", script))))


def _is_local_command(line: str) -> bool:
    before = _BEFORE.match(line)
    word = next(iter(line[before.end() if before else 0 :].split()), "")
    return not word or word in _LOCAL
