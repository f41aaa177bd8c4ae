"""Hostile inputs by number: the same number makes the same input on every machine and Python version."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple

import yaml

from tests.hostile import seeds


class Case(NamedTuple):
    """An input, and perhaps a config of the command line (bytes, and `--set` pairs)."""

    data: bytes
    config: bytes | None = None
    overrides: tuple[tuple[str, str], ...] = ()


TOKENS = [
    b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\t", b"\x7f", b"\x01", b"\xc2\x85",
    b"\xe2\x80\xa8", b"\n---\n", b"\n...\n", b"---", b"&a ", b"*a", b"<<: *a\n", b"<<: ", b"!!binary ", b"!x ",
    b"%YAML 1.2\n",
    b"{", b"}", b"[", b"]", b"'", b'"', b"|", b">", b"|2+\n", b"? ", b": ", b"- ", b"#", b"\\", b"${X:=y}", b"$",
    b"{{ x }}",
    b"\xf0\x9f\x98\x80", b'"\\ud83d\\ude00"', b'"\\ud83d"', b"null", b"~", b"=", b"0777", b"1e999", b"../x",
    b"_", b"\n", b"\n\n",
    b"kind: ResourceList\n", b"kind: List\n", b"items:\n", b"items: {}\n", b"functionConfig:\n", b"results: x\n",
    b"namespace: ../x\n", b"name: \"a\\nb\"\n", b"cilium-policies.fn/component: x\n",
]  # fmt: skip
ODD: list[Any] = [
    None, "", "x", "../x", "_", "a\nb", "${X}", "{{ .Values.x }}", "é😀", "a" * 300, "-", ".", "*", "0", "-1",
    "65536", "80",
    "99999999999999999999", "1.5", "true", "null", "=", [], {}, [None], [[]], [{}], {"x": None}, {"": ""}, [["a",
    ["b"]]],
    {"name": None}, {"name": ["x"]}, {"matchLabels": None}, {"matchLabels": {"a": None}},
    {"matchExpressions": [{"key": "a"}]},
    0, 1, -1, 65536, 1.5, True, False, "http://[::1]:99999/", "http://user:pw@host.ns.svc:80/p?q",
    "postgres://a,b:1,c/", "::/0",
    "10.0.0.0/33", "fe80::1%eth0", {"$patch": "delete"}, "a.b.c.d.svc.cluster.local", "tcp://10.0.0.1:443",
    "\u202e", "\x85",
]  # fmt: skip


class _Loader(yaml.CSafeLoader):
    """Reads `=` as text, at which the safe loaders stop."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: loader.construct_scalar(node))


def loaded(text: str) -> Any:
    """A seed with its types."""
    return yaml.load(text, Loader=_Loader)


def case(number: int) -> Case:
    """The input with this number."""
    random = Random(number)
    make = random.choice(
        (mangled, mangled, mangled, odd_objects, odd_objects, odd_lists, odd_configs, odd_policies, bombs)
    )
    return make(random)


def mangled(random: Random) -> Case:
    """A valid text with bytes changed, cut, doubled and put in."""
    text = _text(random).encode()
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        at, to = sorted((random.randint(0, len(text)), random.randint(0, len(text))))
        to = min(to, at + random.choice((1, 5, 80, 10_000)))
        kind = random.randrange(7)
        if kind == 0:
            text = text[:at] + random.choice(TOKENS) + text[at:]
        elif kind == 1:
            text = text[:at] + text[to:]
        elif kind == 2:
            text = text[:to] + text[at:]
        elif kind == 3:
            text = text[:at]
        elif kind == 4:
            text = text[:at] + bytes([random.randrange(256)]) + text[at + 1 :]
        elif kind == 5:
            lines = text.split(b"\n")
            one = random.randrange(len(lines))
            lines[one] = b" " * random.randint(0, 6) + lines[one].lstrip()
            text = b"\n".join(lines)
        else:
            text = text.replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\n")))
    return Case(text)


def _text(random: Random) -> str:
    objects = random.sample(seeds.documents(), random.randint(1, 8))
    form = random.randrange(5)
    if form == 0:
        return random.choice(seeds.streams())
    if form == 1:
        return "---\n".join(objects)
    if form == 2:
        return seeds.resource_list(objects, random.choice(("", seeds.CONFIG)))
    if form == 3:
        return json.dumps(
            _whole(objects), indent=random.choice((None, 2)), ensure_ascii=random.random() < 0.5
        )
    return seeds.inputs.resource_list(14).decode()


def _whole(objects: list[str]) -> dict[str, Any]:
    return {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": [loaded(one) for one in objects],
        "functionConfig": loaded(seeds.CONFIG),
    }


def odd_objects(random: Random) -> Case:
    """Objects with values of odd types at any place, written in any style."""
    objects = [loaded(one) for one in random.sample(seeds.documents(), random.randint(1, 8))]
    for one in objects:
        for _ in range(random.choice((0, 1, 1, 2, 5))):
            _spoil(random, one)
    if random.random() < 0.2:
        objects = [{"apiVersion": "v1", "kind": random.choice(("List", "DeploymentList")), "items": objects}]
    return Case(_written(random, objects))


def _spoil(random: Random, value: Any) -> None:
    """Change one place in a value: replace, remove, rename or wrap."""
    while True:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        if not keys:
            return
        key = random.choice(list(keys))
        below = value[key]
        if not (isinstance(below, (dict, list)) and below and random.random() < 0.75):
            break
        value = below
    kind = random.randrange(6)
    if kind < 3:
        value[key] = deepcopy(random.choice(ODD))
    elif kind == 3:
        del value[key]
    elif kind == 4:
        value[key] = random.choice(([below], {"x": below}, [below, below], str(below)))
    elif isinstance(value, dict):
        value[random.choice(("", "a b", "x" * 400, "kind", "metadata", "é", "1"))] = value.pop(key)


def _written(random: Random, objects: list[Any], config: Any = None) -> bytes:
    if random.random() < 0.5:
        whole: dict[str, Any] = {
            "apiVersion": "config.kubernetes.io/v1",
            "kind": "ResourceList",
            "items": objects,
        }
        if config is not None:
            whole["functionConfig"] = config
        if random.random() < 0.3:
            return json.dumps(whole).encode("utf-8", "replace")
        return _dumped(random, whole)
    return b"---\n".join(_dumped(random, one) for one in objects)


def _dumped(random: Random, value: Any) -> bytes:
    text: str = yaml.safe_dump(
        value,
        default_flow_style=random.choice((False, False, None, True)),
        allow_unicode=random.random() < 0.5,
        sort_keys=random.random() < 0.5,
        width=random.choice((40, 100_000)),
    )
    return text.encode("utf-8", "surrogateescape")


def odd_lists(random: Random) -> Case:
    """ResourceLists with odd frames."""
    whole = _whole(random.sample(seeds.documents(), random.randint(0, 3)))
    for _ in range(random.randint(1, 3)):
        key = random.choice(("apiVersion", "kind", "items", "functionConfig", "results", "x"))
        whole[key] = deepcopy(random.choice((*ODD, whole.get("items"), [whole.get("items")], {"items": []})))
    if random.random() < 0.3:
        whole.pop(random.choice(list(whole)))
    return Case(_dumped(random, whole) + random.choice((b"", b"---\n", b"---\na: b\n", b"...\n", b"\0")))


def odd_configs(random: Random) -> Case:
    """A sound input with a spoilt config, in the list, in a file or on the command line."""
    config = loaded(seeds.CONFIG)
    for _ in range(random.choice((1, 1, 2, 4))):
        _spoil(random, config)
    if random.random() < 0.2:
        data = {
            "mode": random.choice(("audit", "x", "")),
            "namespaces.exclude": "a,,b",
            random.choice(("", "x.y")): "1",
        }
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data}
    if random.random() < 0.5:
        objects = [loaded(one) for one in seeds.documents()[:9]]
        return Case(_dumped(random, {**_whole([]), "items": objects, "functionConfig": config}))
    pairs = (
        ("mode", "enforce"),
        ("cluster.apiServer.ports", "1,x"),
        ("namespaces.include", ""),
        ("x..y", ""),
        ("allow", "z"),
    )
    return Case(
        seeds.CLUSTER.encode(), _dumped(random, config), tuple(random.sample(pairs, random.choice((0, 0, 1))))
    )


def odd_policies(random: Random) -> Case:
    """Policies of the user's and of an earlier run, spoilt."""
    objects = [loaded(one) for one in seeds.documents()[:6]]
    for _ in range(random.randint(1, 4)):
        policy = loaded(seeds.POLICY)
        policy["kind"] = random.choice(
            ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "NetworkPolicy")
        )
        if random.random() < 0.5:
            del policy["metadata"]["annotations"]
        for _ in range(random.choice((0, 1, 3))):
            _spoil(random, policy)
        objects.insert(random.randint(0, len(objects)), policy)
    return Case(_written(random, objects))


def bombs(random: Random) -> Case:
    """Few bytes that mean much, much of one thing, and depth."""
    number = random.choice((3, 40, 300, 5_000))
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, random.choice((4, 9)))]
    deployment = seeds.documents()[seeds.CLUSTER.count("---\n") + 2]
    texts = [
        "kind: Pod\n" + "\n".join(lines) + "\n",
        "kind: Pod\nspec: " + "[" * number + "]" * number + "\n",
        "kind: Pod\nspec: " + "{a: " * number + "}" * number + "\n",
        "kind: Pod\nspec:\n" + "".join(" " * n + "a:\n" for n in range(1, min(number, 1_000))),
        "- " * number + "\n",
        deployment.replace("app-0", "x" * number),
        deployment.replace("value: Europe/Zurich", "value: " + "http://a.b.svc:80 " * number),
        deployment + "---\n" * number,
        "---\n".join([deployment] * min(number, 60)),
        "kind: Pod\n" + "".join(f"k{n}: v\n" for n in range(number)),
        "kind: Pod\nmetadata: &m\n  name: a\n  labels: *m\n",
        deployment.replace("name: TZ", "name: TZ\n          <<: {a: b}") + "# " + "c" * number + "\n",
        "kind: Pod\ndata: " + "'" * number + "\n",
        'kind: Pod\ndata: "' + '\\"' * number + "\n",
        "{" * number,
        '{"kind": "Pod", "spec": ' * min(number, 900) + "1" + "}" * min(number, 900),
    ]
    text = random.choice(texts)
    if random.random() < 0.3 and "---" not in text:
        text = seeds.resource_list([text, deployment])
    return Case(text.encode())
