"""What a tool says when it cannot build: the cause, and nothing of the values that it repeats. The texts are what
kustomize 5.8, kubectl 1.36 and Helm 3.19 said of a repository with this word in it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cilium_policies.builds.said import told

WORD = "hunter2"
_RESOURCES = "accumulating resources: accumulation err='accumulating resources from "
_TEMPLATE = 'template: c/templates/a.yaml:5:8: executing "c/templates/a.yaml" at '


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "Error: loading KV pairs: env source files: [e.env]: line [80 87 61 104 255] has invalid utf8 bytes :"
            f" PW={WORD}\xff",
            "loading KV pairs: env source files: [e.env]: not UTF-8",
        ),
        (
            f"Error: loading KV pairs: file sources: [PW={WORD}]: open /repo/app/{WORD}: no such file or directory",
            "loading KV pairs: a file source: open …: no such file or directory",
        ),
        (
            "Error: trouble configuring builtin PatchStrategicMergeTransformer with config: `\npaths:\n- 'stringData:"
            f" {{PW: {WORD}}}'\n`: open /repo/app/stringData: {{PW: {WORD}}}: no such file or directory",
            "trouble configuring builtin PatchStrategicMergeTransformer with its config: open …: no such file or"
            " directory",
        ),
        (f"Error: Unexpected kind: {WORD}\nand {WORD}", "Unexpected kind: …"),
        (
            f"Error: replace operation does not apply: doc is missing path: https://example.com {WORD}: missing value",
            "replace operation does not apply: doc is missing path: …",
        ),
        (
            "Error: replace operation does not apply: doc is missing key: /spec/a~1b: missing value",
            "replace operation does not apply: doc is missing key: /spec/a~1b: missing value",
        ),
        (
            f"Error: options.index 9 is out of bounds for value {WORD}\nand {WORD}",
            "options.index 9 is out of bounds for value …",
        ),
        (
            f"Error: {_RESOURCES}'apiVersion: v1\nkind: Secret\nstringData: {{a: {WORD}}}': open /repo/app/apiVersion:"
            f" v1\nkind: Secret\nstringData: {{a: {WORD}}}: no such file or directory': must build at directory: not a"
            f" valid directory: evalsymlink failure on '/repo/app/apiVersion: v1\nkind: Secret\nstringData: {{a:"
            f" {WORD}}}' : lstat /repo/app/apiVersion: v1\nkind: Secret\nstringData: {{a: {WORD}}}: no such file or"
            " directory",
            "… is not there",
        ),
        (
            f"Error: {_RESOURCES}'gone.yaml': open /repo/app/gone.yaml: no such file or directory': must build at"
            " directory: not a valid directory: evalsymlink failure on '/repo/app/gone.yaml' : lstat"
            " /repo/app/gone.yaml: no such file or directory",
            "app/gone.yaml is not there",
        ),
        (
            f"Error: {_RESOURCES}'https://a.example.com/x.yaml?token={WORD}': Get \"https://a.example.com/x.yaml?token="
            f"{WORD}\": connection refused': must build at directory: not a valid directory: evalsymlink failure on"
            f" 'https:/a.example.com/x.yaml?token={WORD}' : lstat https:: no such file or directory",
            "cannot fetch https://a.example.com/…: connection refused",
        ),
        (
            f"Error: map[string]interface {{}}(nil): yaml: invalid map key: []interface {{}}{{\"{WORD}\"}}",
            "map[…]interface {}(nil): yaml: invalid map key: …",
        ),
        (
            f"Error: map[string]interface {{}}(nil): yaml: cannot decode !!str `{WORD}` as a !!int",
            "map[…]interface {}(nil): yaml: cannot decode !!str as a !!int",
        ),
        (
            f"Error: s.yaml: MalformedYAMLError: yaml: unknown anchor '{WORD}' referenced in File: s.yaml",
            "s.yaml: MalformedYAMLError: yaml: unknown anchor in File: s.yaml",
        ),
        (
            f'E1129 19:47:40 15269 run.go:72] "command failed" err=<\n\ttrouble with config: `\n\tx: {WORD}\n\t`: open'
            f" /repo/app/PW={WORD}: no such file or directory\n >\n",
            "trouble with its config: open …: no such file or directory",
        ),
        (
            'E1129 19:47:40 15269 run.go:72] "command failed" err="loading KV pairs: file sources: [a='
            f'{WORD}=x]: source \\"a={WORD}=x\\" key name or file path contains \'=\'"\n',
            "loading KV pairs: a file source: key name or file path contains '='",
        ),
        (
            f'Error: {_TEMPLATE}<mustToDate "2006">: error calling mustToDate: parsing time "{WORD}" as "2006": cannot'
            f' parse "{WORD}" as "2006"',
            f"{_TEMPLATE}<mustToDate …>: error calling mustToDate: parsing time … as …: cannot parse … as …",
        ),
        (
            f'Error: {_TEMPLATE}<tpl .Values.pw .>: error calling tpl: cannot parse template "{{{{ {WORD} }}}}":'
            f' template: gotpl:1: function "{WORD}" not defined',
            f"{_TEMPLATE}<tpl .Values.pw .>: error calling tpl: cannot parse template …: template: gotpl:1: …",
        ),
        (
            f"Error: {_TEMPLATE}<call>: error calling call: non-function {WORD} of type string",
            f"{_TEMPLATE}<call>: error calling call: non-function … of type string",
        ),
        (
            f"Error: {_TEMPLATE}<.Values.pw>: range can't iterate over {WORD}",
            f"{_TEMPLATE}<.Values.pw>: range can't iterate over …",
        ),
        (
            f'Error: {_TEMPLATE}<eq "{WORD}" .x>: error calling eq',
            f"{_TEMPLATE}<eq …>: error calling eq",
        ),
        (
            f'Error: {_TEMPLATE}<include "c.labels" .>: error calling include',
            f'{_TEMPLATE}<include "c.labels" .>: error calling include',
        ),
        (
            "Error: values don't meet the specifications of the schema(s) in the following chart(s):\nc:\n- at '/pw':"
            f" '{WORD}' does not match pattern '^[A-Z]+$'",
            "values don't meet the specifications of the schema(s) in the following chart(s): c: - at '/pw': '…' does"
            " not match pattern '^[A-Z]+$'",
        ),
    ],
)  # fmt: skip
def test_what_a_tool_repeats_of_the_input_is_left_out(said: str, kept: str) -> None:
    assert told(said, "/repo", "/repo/app") == kept


def test_of_what_a_chart_says_itself_its_own_words_are_kept(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    template = '{{ fail (printf "no such kind of store: %s" .Values.kind) }}\n'
    (tmp_path / "templates/a.yaml").write_text(template)
    said = f"Error: execution error at (c/templates/a.yaml:1:3): no such kind of store: {WORD}:5432\n\nUse --debug flag"
    kept = "execution error at (c/templates/a.yaml:1:3): no such kind of store: …:… Use --debug flag"
    assert told(said, str(tmp_path), str(tmp_path)) == kept


def test_what_is_too_long_to_be_looked_through_is_not_shown() -> None:
    said = "Error: " + f"non-function {WORD} " * 100_000
    assert told(said, "/repo", "/repo") == (
        "its words, 2100007 characters, are not shown: build the folder with it to see them"
    )


@pytest.mark.parametrize(
    "piece", ["non-function ", "with config: `", "file sources: [", "'\\n", "at <", "open ", 'as "']
)
def test_what_is_looked_through_takes_no_time(piece: str) -> None:
    began = time.thread_time()
    told(piece * (19_000 // len(piece)), "/repo", "/repo")
    assert time.thread_time() - began < 2
