"""The loaded catalogue: look-ups, both sides of an edge, a user's entries, a new file."""

import json
import os
from pathlib import Path

import pytest
from cilium_policies.catalogue import asked, files, index, load, packed
from cilium_policies.catalogue.index import CatalogueError
from cilium_policies.catalogue.recognise import recognise

CLIENT = {
    "component": "client",
    "match": [{"app": "client"}],
    "edges": [{"to": "component:server", "ports": ["80/TCP"], "why": "asks", "when": "peer"}],
}
SERVER = {
    "component": "server",
    "match": [{"app": "server"}],
    "charts": [{"chart": "shop", "enabled": "server.enabled", "default": "false"}],
    "madeBy": [{"kind": "Server", "group": "example.org", "port": {"field": "spec.port", "default": "80"}}],
    "edges": [{"from": "gateway", "ports": ["{port}/TCP"]}],
}


def compiled(*entries):
    return load.Catalogue(index.assemble({one["component"]: one for one in entries}))


def test_an_edge_shows_at_both_ends():
    catalogue = compiled(CLIENT, SERVER)
    (egress,) = catalogue.edges_of("client")
    assert (egress.direction, egress.peer, egress.owner) == ("egress", "component:server", "client")
    ingress = catalogue.edges_of("server")[1]
    assert (ingress.direction, ingress.peer, ingress.owner) == ("ingress", "component:client", "client")
    assert ingress[2:6] == egress[2:6]


def test_ports_of_an_edge_take_the_objects_port():
    (edge,) = compiled(SERVER).edges_of("server")
    assert [one.number for one in edge.pod_ports("8081")] == [8081]
    assert edge.pod_ports() == ()


def test_match_entries_come_out_of_the_index_as_they_went_in():
    match = [
        {"app": "web"},
        {"app.kubernetes.io/name": "*-web", "tier": ""},
        {"app": "x=y"},
        {"app": "two words"},
    ]
    match += [{"a=b": "c"}, {"a b": "c"}, {"app": "a|b"}, {"app": "a"}, {"role": "b", "app": "a"}]
    catalogue = compiled(CLIENT, {"component": "web", "match": match})
    found = [
        (name, labels)
        for values in catalogue.label_table.values()
        for entries in values.values()
        for name, labels in entries
    ]
    wanted = [("client", *CLIENT["match"]), *(("web", labels) for labels in match)]
    assert sorted(map(repr, map(tuple, found))) == sorted(map(repr, wanted))
    for labels in match:
        shown = {key: value.replace("*", "shop") for key, value in labels.items()}
        assert recognise(catalogue, labels=shown).name == "web"


def test_lookups_by_chart_and_by_kind():
    catalogue = compiled(CLIENT, SERVER)
    ((component, entry),) = catalogue.by_chart("shop")
    assert (component.name, entry.enabled, entry.default) == ("server", "server.enabled", False)
    assert entry.labels == {"app": "server"}
    ((component, made),) = catalogue.made_by("example.org", "Server")
    assert (component.name, made.port_field, made.port_default) == ("server", "spec.port", "80")
    assert catalogue.by_chart("other") == [] == catalogue.made_by("", "Server")


def test_a_definition_replaces_and_disable_removes():
    mine = {"component": "loki", "edges": [{"from": "component:grafana", "ports": ["3100/TCP"]}]}
    catalogue = load.load(define=[mine, CLIENT], disable=["tempo"])
    assert catalogue.get("tempo") is None
    assert [edge.owner for edge in catalogue.edges_of("loki") if edge.peer == "component:grafana"]
    assert ("egress", "component:loki") in {
        (edge.direction, edge.peer) for edge in catalogue.edges_of("grafana") if edge.owner == "loki"
    }
    assert not any(edge.owner == "tempo" for edge in catalogue.edges_of("grafana"))
    assert load.load().get("tempo") is not None


def test_definitions_are_as_good_as_files():
    """What a user defines over the catalogue is what the catalogue would be with that file in it."""
    mine = {
        "component": "loki",
        "match": [{"app": "my-loki"}],
        "images": ["mine/loki"],
        "sharedLabels": "true",
        "charts": [{"chart": "loki"}],
        "madeBy": [{"kind": "Loki", "group": "example.org"}],
        "edges": [{"from": "component:grafana", "ports": ["3100/TCP"]}, {"to": "component:alloy"}],
    }
    catalogue = load.load(define=[mine, CLIENT], disable=["tempo"])
    bodies = {name: one.data for name, one in load.load().components.items() if name != "tempo"}
    whole = load.Catalogue(index.assemble({**bodies, "loki": mine, "client": CLIENT}))
    assert set(catalogue.components) == set(whole.components)
    for name in whole.components:
        assert sorted(map(str, catalogue.edges_of(name))) == sorted(map(str, whole.edges_of(name))), name
    for chart in whole.head["charts"]:
        ours, theirs = ({one.name for one, _ in each.by_chart(chart)} for each in (catalogue, whole))
        assert ours == theirs
    assert catalogue.shared == whole.shared
    assert catalogue.made_by("example.org", "Loki")[0][0].name == "loki"
    for labels, image in (({"app": "my-loki"}, "mine/loki"), ({"app": "client"}, ""), ({}, "grafana/loki")):
        ours, theirs = (recognise(each, labels=labels, images=[image]) for each in (catalogue, whole))
        assert (ours and ours.name) == (theirs and theirs.name)
    assert recognise(catalogue, labels={"app.kubernetes.io/name": "tempo"}) is None


@pytest.mark.parametrize(
    ("define", "disable", "says"),
    [
        (
            [{"component": "a", "egdes": []}],
            [],
            "define[0].egdes: unknown field 'egdes'; did you mean edges?",
        ),
        ([{"component": "a", "edges": [{"from": "gatway"}]}], [], "did you mean gateway?"),
        ([{"component": "a", "edges": [{"to": "dns", "ports": ["http"]}]}], [], "edges[0].ports[0]: 'http'"),
        (
            [{"component": "a", "edges": [{"ports": ["1/TCP"]}]}],
            [],
            "needs exactly one of from, to, has none of them; add from: or to:",
        ),
        (
            [{"component": "A b"}],
            [],
            "component: 'A b' does not have the form of this field; write small",
        ),
        (["grafana"], [], "define[0]: a component is a mapping"),
        ([], ["grafanna"], "'grafanna' is not a component; did you mean grafana?"),
    ],
)
def test_wrong_definitions_say_where_and_what(define, disable, says):
    with pytest.raises(CatalogueError) as caught:
        load.load(define, disable)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_new_file_is_a_new_component(tmp_path):
    tmp_path.joinpath("mine.yaml").write_text(
        "component: mine\nmatch:\n  - {app: mine}\nedges:\n  - {from: gateway, ports: [8080/TCP]}\n"
    )
    catalogue = load.Catalogue(index.compiled(tmp_path))
    assert list(catalogue.components) == ["mine"]
    before = files.stamp(tmp_path)
    tmp_path.joinpath("two.yaml").write_text("component: two\n")
    assert files.stamp(tmp_path) != before


OLD, NEW = 10**18, 2 * 10**18  # nanoseconds


def _swapped(folder):
    (folder / "a.yaml").rename(folder / "c.yaml")
    (folder / "b.yaml").rename(folder / "a.yaml")
    (folder / "c.yaml").rename(folder / "b.yaml")


def _older(folder):
    (folder / "a.yaml").write_text("component: A\n")
    os.utime(folder / "a.yaml", ns=(OLD - 1, OLD - 1))


def _longer(folder):
    (folder / "a.yaml").write_text("component: a # more\n")
    os.utime(folder / "a.yaml", ns=(OLD, OLD))


@pytest.mark.parametrize(
    "change", [lambda folder: (folder / "a.yaml").rename(folder / "c.yaml"), _swapped, _older, _longer]
)
def test_a_file_that_is_renamed_or_replaced_by_an_older_one_changes_the_stamp(change, tmp_path):
    """Such a change leaves the number of files as it was, and the time of the newest."""
    for name, time in (("a", OLD), ("b", NEW)):
        tmp_path.joinpath(f"{name}.yaml").write_text(f"component: {name}\n")
        os.utime(tmp_path / f"{name}.yaml", ns=(time, time))
    os.utime(tmp_path, ns=(OLD, OLD))
    before = files.stamp(tmp_path)
    change(tmp_path)
    assert files.stamp(tmp_path) != before
    assert files.stamp(tmp_path) == files.stamp(tmp_path)


@pytest.mark.parametrize("module", [index, packed])
def test_an_index_is_made_anew_when_what_gives_or_reads_its_form_changes(module, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAKERS", [tmp_path / Path(path).name for path in files.MAKERS])
    for path in files.MAKERS:
        path.touch()
    before = files.stamp(files.COMPONENTS)
    os.utime(tmp_path / Path(module.__file__).name, (2**33, 2**33))
    assert files.stamp(files.COMPONENTS) != before


def test_a_bad_file_is_named(tmp_path):
    tmp_path.joinpath("mine.yaml").write_text("component: other\n")
    with pytest.raises(CatalogueError, match=r"mine\.yaml: component"):
        index.compiled(tmp_path)
    tmp_path.joinpath("mine.yaml").write_text("component: [\n")
    with pytest.raises(CatalogueError, match=r"mine\.yaml: not YAML"):
        index.compiled(tmp_path)


def test_the_index_is_whole_json_and_small_steps_decode_it(tmp_path):
    out = index.build(tmp_path / "index.json")
    first, *rest, head = json.loads(out.read_bytes())
    assert set(first) == {"stamp", "head"}
    bodies, platforms = rest[: len(head["places"])], rest[len(head["places"])]
    assert list(head["places"]) == [body["component"] for body in bodies] == sorted(head["places"])
    assert "eks" in platforms["distribution"]
    catalogue = load.Catalogue(out.read_bytes())
    assert [catalogue.components[name].name for name in catalogue.components] == list(head["places"])


def test_what_entries_look_for_is_a_table_and_gathered_anew_with_a_users_own():
    own = {
        "component": "own",
        "match": [{"app": "own"}],
        "edges": [{"to": "internet", "ports": ["443/TCP"], "when": {"text": "asks-for-it"}}],
    }
    known, more = load.load(), load.load([own])
    entries = [one.data for one in known.components.values()]
    assert known.asked == asked.asked(entries, known.head["platforms"].values())
    assert "cert-manager.io/Issuer" in known.asked["kinds"]
    assert [one for one in more.asked["patterns"] if one not in known.asked["patterns"]] == ["asks-for-it"]
