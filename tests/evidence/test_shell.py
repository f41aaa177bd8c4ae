"""Variables that a shell's text assigns itself, filled in."""

from __future__ import annotations

import tracemalloc

import pytest
from cilium_policies.evidence.shell import spelled_out

_DOUBLED = 'V0="acme"\n' + "".join(f'V{one}="$V{one - 1}$V{one - 1}"\n' for one in range(1, 19))


def test_each_way_to_write_a_variable_is_filled_in() -> None:
    script = 'A=a.acme.com\nAB="b.acme.com"\ncurl $A ${A} $AB ${AB[@]} $ABC ${AB:-c}\n'
    assert (
        spelled_out(script).splitlines()[-1]
        == "curl a.acme.com a.acme.com b.acme.com b.acme.com $ABC ${AB:-c}"
    )


def test_variables_that_double_one_another_do_not_fill_the_memory() -> None:
    assert len(spelled_out(f"{_DOUBLED}echo $V18\n")) < 300_000
    long = f"A={'a' * 200}\n" + "curl http://$A:1\n" * 10_000
    assert len(spelled_out(long)) < 2 * len(long)


def test_what_is_doubled_a_few_times_is_filled_in() -> None:
    assert f"echo {'acme' * 8}" in spelled_out("\n".join([*_DOUBLED.splitlines()[:4], "echo $V3"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("set $a b;\n", "proxy_pass http://$a;\n"),
        ("  http-check connect port 80\n", "  server a b:80 check\n"),
    ],
)
def test_lines_of_a_web_server_that_multiply_one_another_do_not_fill_the_memory(one: str, other: str) -> None:
    tracemalloc.start()
    spelled_out(f"backend a\n{one * 1000}{other * 1000}")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4_000_000  # a million lines took 70 MB
