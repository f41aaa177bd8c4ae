"""Strategies for YAML texts: any value, written in block style with varied quoting and indentation."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import strategies as st

WORDS = st.text(alphabet="abcxyz019./-_", min_size=1, max_size=8).filter(lambda word: word[0] not in "-./")
SCALARS = st.one_of(
    WORDS,
    st.text(max_size=12),
    st.sampled_from(
        ["", "~", "null", "=", "<<", "a: b", "a #b", "x\ny", "x\n\n y\n", "  x", "x\n", "\n",
         "it's", '"', "\\", "- a", "{a}",
         "é😀", "\u2028", "\x85", "*a", "&a", "!a", "%a", "@a", "`a", "?", "? a", ":", "a:", "#", "---", "...",
         "0777", "\t"]
    ),
).filter(lambda text: "\x00" not in text)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(SCALARS, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=14,
)
OBJECTS = st.fixed_dictionaries(
    {
        "apiVersion": st.sampled_from(["v1", "apps/v1", "cilium.io/v2"]),
        "kind": st.sampled_from(["Namespace", "ConfigMap", "Deployment"]),
        "metadata": st.fixed_dictionaries(
            {"name": WORDS},
            optional={"namespace": WORDS, "labels": st.dictionaries(WORDS, SCALARS, max_size=2)},
        ),
    },
    optional={"data": st.dictionaries(WORDS, SCALARS, max_size=3), "spec": VALUES},
)


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> str:
    """A value of this strategy as YAML, by PyYAML's or ruamel's emitter with drawn settings."""
    import yaml

    value = draw(values)
    style = draw(st.sampled_from([None, None, None, '"', "'", "|", ">"]))
    if re.search("[\x85\u2028\u2029]", json.dumps(value, ensure_ascii=False)):
        style = '"'  # the emitter does not indent blocks behind such line ends
    return yaml.safe_dump(
        value,
        default_flow_style=draw(st.sampled_from([False, False, False, None])),
        default_style=style,
        width=draw(st.sampled_from([20, 80, 100_000])),
        indent=draw(st.sampled_from([2, 2, 4])),
        sort_keys=draw(st.booleans()),
        allow_unicode=draw(st.booleans()),
    )


mappings = written(st.dictionaries(WORDS, VALUES, min_size=1, max_size=4))
objects = written(OBJECTS)
