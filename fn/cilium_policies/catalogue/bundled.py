"""Charts that others bring as dependencies (`bundled.yaml`): with the values below its key such a one makes what it
makes alone. So each of its rows is one of the chart's that brings it, too: where nobody renders that chart, a default
that switches a database on stands in no manifest, and its pods were closed without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cilium_policies.catalogue.model import CatalogueError
from cilium_policies.kube.objects import mappings, text
from cilium_policies.lean import Any

# of a dependency: its chart and the publisher of it, the key of its values where that is not the chart's name (Helm
# calls it so, then, too), the names that the bringing chart's own values give it, the value that switches it
# (KEY.enabled unless said), what holds where that is not set, and the publisher of the chart that brings it, where
# others have one of that name
_KEYS = frozenset(("chart", "publisher", "as", "name", "fullname", "enabled", "default", "of"))
_PATHS = ("value", "field")
_ALWAYS = "always"


def bring(bodies: dict[str, dict[str, Any]], bundled: Mapping[str, Any]) -> None:
    """Adds to each component's charts the rows of it that others bring."""
    rows: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for body in bodies.values():
        for row in mappings(body.get("charts")):
            rows.setdefault(text(row.get("chart")), []).append((body, dict(row)))
    for chart, dependencies in bundled.items():
        for one in mappings(dependencies):
            publisher = text(one.get("publisher"))
            found = [
                each
                for each in rows.get(text(one.get("chart")), ())
                if each[1].get("publisher", "") == publisher
            ]
            if not found or not _KEYS.issuperset(one):
                raise CatalogueError(
                    f"bundled.yaml: {chart}: no component has the chart of {one}, or a key is wrong"
                )
            for body, row in found:
                body["charts"] += _within(chart, one, row)


def _within(chart: str, dependency: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The row of a chart as one of the chart that brings it."""
    if row.get("default") == "false" and "enabled" not in row:
        return  # it makes no pods
    name = text(dependency.get("as"))
    key = name or text(dependency.get("chart"))
    values = text(row.get("values"))
    full = text(dependency.get("fullname"))
    if full and not values:
        row = _called(row, f"{{values.fullnameOverride|{full}}}")
    made = {**row, "chart": chart, "values": f"{key}.{values}" if values else key}
    if row.get("name", row.get("chart")) == row.get("chart"):  # no part that is called otherwise
        made["name"] = text(dependency.get("name")) or key
    made.pop("publisher", None)
    if of := text(dependency.get("of")):
        made["publisher"] = of
    switch = text(dependency.get("enabled")) or f"{key}.enabled"
    needs: list[Any] = []
    if switch != _ALWAYS:
        needs.append({"value": switch, "default": text(dependency.get("default")) or "true"})
    if "enabled" in row:
        needs.append(_below(key, row["enabled"], text(row.get("default")) or "true"))
    made.pop("enabled", None)
    made["default"] = "true"
    if len(needs) == 1 and set(needs[0]) == {"value", "default"}:
        made["enabled"], made["default"] = needs[0].values()
    elif needs:
        made["enabled"] = needs[0] if len(needs) == 1 else {"all": needs}
    if "ingress" in row:
        made["ingress"] = _below(key, row["ingress"], "true")
    if "services" in row:
        made["services"] = [_mapped(key, one) for one in mappings(row["services"])]
    yield made


def _called(value: Any, name: str) -> Any:
    """A row whose full name is another."""
    if isinstance(value, str):
        return value.replace("{fullname}", name)
    if isinstance(value, list):
        return [_called(one, name) for one in value]
    return {key: _called(one, name) for key, one in value.items()}


def _below(key: str, switch: Any, default: str) -> Any:
    """A switch of a chart's values, read below the key at which another has them; it holds there where it did alone."""
    if isinstance(switch, str):
        return {"value": f"{key}.{switch}", "default": default}
    if isinstance(switch, list):
        return [_below(key, one, default) for one in switch]
    made = dict(switch)
    if "all" in made:
        made["all"] = [_below(key, one, default) for one in made["all"]]
    elif "not" in made:
        made["not"] = _below(key, made["not"], "false" if default == "true" else "true")
    else:
        paths = next((name for name in _PATHS if name in made), "")
        made[paths] = f"{key}.{text(made[paths])}"
        made.setdefault("default", default)
    return made


def _mapped(key: str, service: Mapping[str, Any]) -> dict[str, Any]:
    """A Service; where its ports are read from the root of the values they are so below the key."""
    paths = service.get("mapped")
    if paths is None:
        return dict(service)
    each = [paths] if isinstance(paths, str) else paths
    return {**service, "mapped": [f"{key}.{one}" for one in each]}
