"""`docs/catalogue.md` and a page a component in `docs/catalogue/`: `python -m tools.catalogue_page FOLDER`.

A page each with what its own entry says, and no list of them: contributions to two entries touch no page in common.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cilium_policies.catalogue.load import Catalogue, load
from cilium_policies.questions import components
from cilium_policies.show.table import Table, rendered

_HEAD = """# The catalogue

Made from `fn/cilium_policies/catalogue/components/` by `python -m tools.catalogue_page`; a test
holds the two together. `cilium-policies components NAME` prints one entry. An edge is stated once, in the
client's entry, and gives both sides; its source is its own or, where it says *checked*, the entry's. Ports are pod
ports. Where an input shows other ports (Services, probes, containers), the input counts.

*When* says what switches an edge on: *always* means whenever the component stands there and, for an edge to another
component, that one too; *the input asks for it*: a route, monitor, Service or address in it does.

## A component of your own

The form is that of the files here (`component.schema.json` beside them is its schema); an entry of the same name
takes the place of the catalogue's. In the config:

```yaml
spec:
  components:
    disable: [podinfo]
    define:
    - component: ledger
      role: gateway                           # what it is to others, where it is that: gateway, scraper, dns, storage …
      match:                                  # label sets, each alone enough; the one with most labels wins
      - {app.kubernetes.io/name: ledger}
      images: [example/ledger]                # known by what it runs, where labels do not tell
      charts:                                 # pods of releases that are not rendered
      - chart: ledger
        enabled: web.enabled                  # the value that switches this part, and what holds when it is not set
        default: true
        labels: {app.kubernetes.io/name: "{name}", app.kubernetes.io/instance: "{release}"}
        services: [{name: "{fullname}", ports: [{name: http, port: 80, target: 8080}]}]
      madeBy:                                 # pods that an operator makes from an object
      - {kind: Ledger, group: example.org, labels: {app: "{name}"}, workload: "ledger-{name}"}
      creates:                                # objects that a chart writes from its values, for madeBy to find
      - {chart: ledger, group: example.org, version: v1, kind: Ledger, spec: web.spec, object: "{fullname}"}
      reads:                                  # objects whose addresses it calls, whoever wrote them
      - {kind: LedgerSource, group: example.org, fields: spec.connection}
      writes:                                 # Secrets that its operator writes, and the addresses in them
      - {of: example.org/Ledger, name: "{name}-login", data: {url: "http://ledger-{name}.{namespace}:8080"}}
      edges:                                  # each flow once, on pod ports, between components in the client's entry
      - {from: gateway, ports: [8080/TCP], why: web UI, when: evidence}
      - {to: component:cloudnative-pg-cluster, ports: [5432/TCP], why: database, when: peer}
      - {to: internet, ports: [443/TCP], why: exchange rates, when: {env: RATES_URL}}
```

`when` is `peer` (both components are there), `evidence` (the input asks for it), `asked` (only by `spec.allow`), or a
condition; several keys of one must all hold, of a list of conditions any: `value:` (a Helm value; `is:`, `matches:`),
`field:` (of the object that made the pods), `object:` (`group/Kind` in the input; `has:` a path), `env:`, `arg:`,
`text:` (regular expressions on variables, arguments, all configuration), `mentions:` (object-storage, chat, sign-in,
mail), `component:`, `distribution:`, `replicas:`, `not:`, `all:`.

`portNames: {admin: 9999}` are names that the containers have for ports of TCP, with their usual numbers: a monitor or
a Service that calls such a port of pods which no manifest shows means this number. It is needed where neither a Service
of that port's name below `services` nor the one port for scrapers tells it.

`to: kube-apiserver` asks for a role binding of the pod's own where labels and images alone say what it is; with
`needsNoRole: true` it does not: the program calls the API with the tokens of its users, or for what everybody may ask.

An edge to another component opens the instance that something ties the two together: an address, a Secret's or an
object's name, one release, one namespace. What an edge can say beyond that:

- `every: true`: each instance is meant, wherever it runs: an operator calls all the databases that it made.
- `runtime: true`: whom it calls is set in the program itself (a web UI), so no manifest tells. The cluster's only
  instance is a guess; of several none is opened, and the direction is listed with the candidates.
- `seldom: true` beside it: few installations call it (a plugin). Without a tie nothing is opened, and it is listed.
- `having: [{key: "*"}]` beside `from: all-pods`: those alone that have such labels, which an injector writes.
- `near: true` beside `to: world`: devices of the local network: private addresses and any of IPv6, or
  `spec.cluster.privateCIDRs`.
- `by: spec.path`: the object that made the pods names the other end there (`{name, namespace}`, a list of these, or a
  name).
- `fallback: true`: the usual way, for pods whose configuration names no address outside (of a component: no address
  of it); one that it names takes its place.
- `portsAt: spec.ports`: the object that made the pods holds the ports there, as containers have them; `spec.ports/UDP`
  where it need not say that they are of UDP.
- `part: [ruler]`: only own pods of these roles have the edge.
- `of: [gateway]`: only the peer's pods of these roles are meant.

A role is what `app.kubernetes.io/component` says, or `component`, or the label that the entry names in `partLabel`
(`kubevirt.io`, `app`; of a list the first that is there); `*` stands for any text in `part` and `of`, and
`part: ["*"]` says that all roles were looked at. A pod whose labels tell no role has them all. Of several workloads of
one component that show ports, those are meant that show one of the edge's.

```yaml
spec:
  components:
    define:
    - component: ledger
      match: [{app.kubernetes.io/name: ledger}]
      edges:                                  # the API answers, the importer alone calls the exchange
      - {from: kube-apiserver, ports: [8443/TCP], why: webhook, part: [api]}
      - {to: component:ledger, ports: [8080/TCP], why: bookings, part: [importer], of: [api]}
      - {to: internet, ports: [443/TCP], why: exchange rates, part: [importer]}
```

### Pods that an operator makes

`madeBy` says which pods come of an object: `labels` (those that select them), `workload`, `serviceAccount`, `count`,
`services`. `{name}` and `{namespace}` are the object's, `{spec.path|text}` is what stands there, else the text.

- `enabled:` and `default:`: the path, or the condition, that switches these pods, and what holds where it is not set.
- `each: spec.nodes`: such pods are made for each member of that list or mapping; `{each}` is the member's key, place
  or text, `{each.path|text}` what stands in it. A Service below `services` can have an `each` of its own.
  `{ordinal}` in a Service's name is the number of a pod: there is one for each of `count`;
  `{below 3}` stands for 0, 1, 2.
- `moves:` `[{port: 8081, field: spec.httpPort}]`: usual ports that the object can have elsewhere. Services and edges
  are written with the usual one, and follow.
- `instance: "{spec.cluster.name}"`: whose members they are, where several objects make one cluster.
- `annotations:` those that the operator writes on them (`prometheus.io/scrape`); `annotated:` a condition on the object
  for that.
- `labelsAt: spec.podLabels`: where the object holds labels that its pods bear beside `labels`.
- `sometimes:` labels that only some versions set: no selector rests on them.
- `port: {field: spec.port, default: 80}`: what `{port}` stands for. `portsOf:` of a Service: where the object holds the
  ports that the operator copies.
- `via:` an object that this one names (a class) has to agree. `operator:` the controller's entry; `namespace: operator`
  where the pods run beside it, and `given:` a condition on its values and texts.
- `beside: true`: they run beside the pods of a template in the object, and have none of its settings.

Beside `madeBy`: `makes` are pods that a program makes while it runs and of which no object tells (`asked`, `told`,
`like` say when, and what they have of their maker); `makesNoPods` are kinds of which none come; `embeds` are whole
objects of Kubernetes that a custom resource holds (`field:` is where; with `bare: true` the object's spec stands right
there, else below a key `spec`; `renamed:` are fields that are called otherwise there), or
that its operator writes for it (`spec:` alone, from the object and from the ConfigMap that `settings:` names, which is
read below `spec.settings`; `when:` is a condition on both); `documents` are objects for `madeBy` that stand as members
of a list in a ConfigMap's document (`list:` is where, `of:` at `field:` tells which members, `as:`, `version:`,
`name:`, `namespace:` and `spec:` what becomes of each), as authentik's blueprints have their outposts;
`opens` are policies that the operator writes itself and that let in more. Below
`reads`: `own: PATH` are fields of the object that made the pods of which these call what stands there, `alone: PATH`
those that none of its other pods calls (a release's values for one of its programs);
`caller: true` says that each such object has the pods call somebody: one of which no rule comes is listed;
`toldBy: NAME` with `key: SETTING` or `env: PATTERN` is what its operator's settings or variables hand on to
the pods, as K8up's `BACKUP_GLOBALS3ENDPOINT`; `services: 8000` are objects that name Services as webhooks do
(`service: {name, namespace, port}`), on this port where none stands there; `of: PATH` are objects
that name there the one that made these pods (`clusterRef`), for them alone; `addressed: PATH` are objects that name
whom they are for by the address of its Service. Below `services` of a chart: `named: PATH` are values that hold further
ports by name, each with `port`, `exposedPort`, `protocol` and `expose`, as Traefik's `ports`. Beside these `services`:
`hostPorts: [4317/TCP]` are ports of the chart's pods that their node has as well, so that who asks the own node for one
calls these pods. Below `services` of an object:
`leadsTo: [NAME.NAMESPACE]` makes it another name (ExternalName) of the first of these Services that the cluster has;
a port with `onHost: true` is there only where the pods are in their node's network, with `false` where they are not.

`copies` are workloads that a controller makes as copies of others, as Flagger's `X-primary` of X: all that X may do the
copy may, and the Services lead to whom the row says. `of:` is where the object names X, `workload:` what the copy is
called, `labels:` the keys of which the first that X selects its pods by is another in the copy (`label:`). Each of
`services` stands `before:` the `copy` or the `original`, in place of the input's of that name, and `split:` says when
requests to it reach both.

`adds` are containers that a controller adds to pods which an object of its chooses: `of:` holds the paths at which the
object says the kind, the name and the labels of workloads of its namespace, or `pods:` the path of a selector of pods
(with `namespace:` or `namespaces:`, else in every namespace). `containers:` and `volumes:` are what it adds as they
stand, or `image:` with an argument (`arg:`) for `each:` member of a list. What such a container calls, the pods call.
`tells` are objects that say of pods what they call and do not make them, chosen in the same way, without `of:` the
object's own: of `each:` member of a list the texts of `says:`, as a KEDA trigger names the queue of what it scales.
`redirects` are ports on which a server (`of:`) sends its clients on to other pods of its instance (`to:`, `ports:`).

`routes` are objects that lead requests to Services: through the proxy's own pods, or with `outside:` through a
machine outside of the cluster that calls pods by their addresses: from its network, or with its clients' own
addresses where the object says so (the word `client:` at the path `at:`). `injects` is what a controller puts into
the pods that `namespaces:` and `pods:` ask for by labels; `byObjects:` are objects that ask for it in namespaces
without one. Of a cloud, `linkedNames` are names that resolve to private endpoints where an object has a word of
`linkedBy`.

What a chart brings as dependencies stands in `catalogue/bundled.yaml`: a line for each, with the key of its values and
the switch, makes the dependency's row in `charts` one of the chart that brings it, too.

```yaml
spec:
  components:
    define:
    - component: ring
      match: [{app: ring}]
      madeBy:                                 # pods ring-NAME-POOL for each pool, their HTTP port set by the object
      - kind: Ring
        group: example.org
        each: spec.pools
        labels: {app: ring, ring: "{name}", pool: "{each.name}"}
        labelsAt: spec.podLabels
        workload: "ring-{name}-{each.name}"
        moves: [{port: 8080, field: spec.httpPort}]
        services: [{name: "{name}-{each.name}", ports: [{name: http, port: 8080}]}]
      edges:
      - {to: component:ring, ports: [7000/TCP], why: members}
      - {from: gateway, ports: [8080/TCP], why: API, when: evidence}
```

## Components

Each has a page in [catalogue/](catalogue/) with the edges that its own entry states; `cilium-policies components NAME`
prints those as well that others' entries state of it.
"""


def pages(catalogue: Catalogue) -> dict[str, str]:
    """The reference as Markdown, by path below `docs/`."""
    made = {f"catalogue/{name}.md": _page(catalogue, name) for name in sorted(catalogue.components)}
    return {"catalogue.md": _HEAD, **made}


def _page(catalogue: Catalogue, name: str) -> str:
    component = catalogue.components[name]
    parts = [f"# {name}\n\n{_facts(components.recognition(component))}"]
    table = components.edge_table(component.own_edges, component)
    if table.rows:
        parts.append(rendered([table._replace(title="")], "md").strip() + "\n")
    parts.append("".join(f"- {ports}: {named}\n" for ports, named, _ in components.hosts(component).rows))
    parts.append(_facts(components.choices(component), 2))
    return "\n".join(filter(None, parts))


def _facts(table: Table, skipped: int = 0) -> str:
    """A table's rows as a list; the last `skipped` rows stand on every page and are left out."""
    rows = table.rows[: len(table.rows) - skipped] if skipped else table.rows
    return "".join(f"- {row[0]}: {' · '.join(str(cell) for cell in row[1:])}\n" for row in rows)


def main(folder: Path) -> None:
    """Writes the pages into `folder`, and removes those of components that are no more."""
    made = pages(load())
    (folder / "catalogue").mkdir(exist_ok=True)
    for old in (folder / "catalogue").glob("*.md"):
        if f"catalogue/{old.name}" not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
