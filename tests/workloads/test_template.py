"""Helm expressions in values: names are evaluated, everything else stays as it stands."""

from __future__ import annotations

import pytest
from cilium_policies.workloads.releases.template import Template

VALUES = {"port": "80", "deep": {"er": "x"}, "list": ["a", "b"], "via": "{{ .Values.port }}"}
TEMPLATE = Template(VALUES, {"Name": "demo", "Namespace": "apps"}, "demo-web", "web")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("{{ .Release.Name }}-db", "demo-db"),
        ("{{.Release.Name}}", "demo"),
        ("{{ $.Release.Namespace }}", "apps"),
        ("a {{- .Values.port -}} b", "a80b"),
        ("{{ .Values.deep.er | upper }}", "X"),
        ("{{ .Values.via }}", "80"),
        ('{{ .Values.missing | default "y" }}', "y"),
        ('{{ default "y" .Values.missing }}', "y"),
        ('{{ printf "%s-%s" .Release.Name .Values.port }}', "demo-80"),
        ('{{ include "bjw-s.common.lib.chart.names.fullname" $ }}', "demo-web"),
        ("{{ .Release.Name | quote }}", "demo"),
        ("{{ .Release.Name | trunc 2 }}", "de"),
        ("{{ tpl .Values.via $ }}", "80"),
        ("{{ `{{ kept }}` }}", "{{ kept }}"),
        ("{{ range .Values.list }}x{{ end }}", "{{ range .Values.list }}x{{ end }}"),
        ("{{ .Values.missing }}", "{{ .Values.missing }}"),
        ('{{ (printf "a") }}', '{{ (printf "a") }}'),
        ("no template }}", "no template }}"),
        ("{{ open", "{{ open"),
    ],
)
def test_expressions(written: str, text: str):
    assert TEMPLATE.text(written) == text


def test_all_evaluates_keys_and_members_and_changes_nothing_in_place():
    value = {"{{ .Release.Name }}": ["{{ .Release.Name }}", None, {"a": "b"}]}
    assert TEMPLATE.all(value) == {"demo": ["demo", None, {"a": "b"}]}
    assert value == {"{{ .Release.Name }}": ["{{ .Release.Name }}", None, {"a": "b"}]}
