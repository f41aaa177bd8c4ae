"""Hostile repositories by number, for `build`: what Flux, Argo CD and kustomize read of one, spoilt, under odd names
and in odd encodings, with links and folders where files are meant.

    python -m tests.hostile.trees FIRST LAST    builds those with these numbers, and says what went wrong
"""

from __future__ import annotations

import os
import re
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from textwrap import dedent
from unittest.mock import patch

import yaml

from tests.builds import deployment, home, ks, kustomization, namespace, two_clusters
from tests.cli.within import Done, within
from tests.e2e.test_build_argo import HERE, app_chart, app_of_apps, application, application_set
from tests.hostile.inputs import ODD, TOKENS, _Loader, _spoil
from tests.hostile.once import one_catalogue
from tests.hostile.oracle import limited, waiting

# By path: what a file holds, or what makes something else of it.
Tree = dict[bytes, "bytes | Callable[[bytes], None]"]

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e]")
NAMES: list[bytes] = [
    b" ", b"a b.yaml", b"-x.yaml", b"--help", b"a\nb.yaml", b"\xff\xfe.yaml", b"\xc3\xa9.yaml", b"\xe2\x80\xae.yaml",
    b"\x1b[31m.yaml", b"%2e%2e.yaml", b"*.yaml", b"[a].yaml", b"{a,b}.yaml", b"${APP}.yaml", b"$(id).yaml", b"#.yaml",
    b"'.yaml", b'".yaml', b"\\.yaml", b".yaml", b"..yaml", b"yaml", b"a.YAML", b"a.yml", b"a.json", b"a.gotmpl",
    b"kustomization.yaml", b"kustomization.yml", b"Kustomization", b"Chart.yaml", b"values.yaml", b".sourceignore",
    b".krmignore", b"helmfile.yaml", b"x" * 240 + b".yaml", b"a?b.yaml", b"a:b.yaml", b"a=b.yaml", b"~", b"con.yaml",
]  # fmt: skip
OPTIONS: list[list[str]] = [
    [], [], [], ["--partial"], ["--partial"], ["--cluster", "clusters/staging"], ["--cluster", "nowhere"],
    ["--source", "flux-system=."], ["--with", "kustomize"], ["--cluster", "prod"], ["--cluster", "env=prod,tier=a"],
]  # fmt: skip


def seeds() -> Iterator[dict[str, str]]:
    """Sound repositories."""
    yield home()
    yield two_clusters()
    yield app_of_apps()
    yield app_chart()
    yield sets()
    yield many_fields()
    yield bundles()
    yield {
        "base/kustomization.yaml": kustomization("web.yaml"),
        "base/web.yaml": deployment("web") + namespace("web"),
        "over/a/kustomization.yaml": kustomization("../../base", more="namespace: a\nnamePrefix: a-\n"),
        "over/b/kustomization.yaml": kustomization("../../base", more="nameSuffix: -b\n"),
        ".git/config": f'[remote "origin"]\n\turl = {HERE}\n',
        ".git/HEAD": "ref: refs/heads/main\n",
    }


def sets() -> dict[str, str]:
    """ApplicationSets of each generator."""
    made = application_set("""\
        generators:
          - matrix:
              generators:
                - git: {repoURL: HERE, files: [{path: 'apps/*/app.yaml'}], values: {called: '{{ .path.basename }}'}}
                - list: {elements: [{cluster: here}, {cluster: there}]}
            selector: {matchExpressions: [{key: enabled, operator: In, values: ['true']}]}
          - merge: {mergeKeys: [a], generators: [{list: {elements: [{a: x, b: y}]}}, {clusters: {}}]}
          - git: {repoURL: HERE, directories: [{path: apps/*}, {path: apps/off, exclude: true}]}
          - plugin: {configMapRef: {name: x}}
        template:
          metadata: {name: '{{ .path.basename | default "x" }}', namespace: argocd}
          spec:
            destination: {name: in-cluster, namespace: '{{ .namespace }}'}
            sources:
              - {repoURL: HERE, path: '{{ .path.path }}', kustomize: {namePrefix: a-, patches: [{patch: "- {}"}]}}
              - {repoURL: HERE, targetRevision: HEAD, ref: values}
        templatePatch: |
          {{- if hasKey . "folder" }}
          metadata: {name: '{{ .folder }}'}
          {{- end }}
        """)
    return {
        "sets.yaml": made,
        ".git/config": f'[remote "origin"]\n\turl = {HERE}\n',
        "apps/web/app.yaml": "- {enabled: 'true', namespace: web, folder: a}\n- {enabled: true, namespace: other}\n",
        "apps/web/kustomization.yaml": kustomization("web.yaml"),
        "apps/web/web.yaml": deployment("web"),
        "apps/db/app.yaml": "enabled: 'true'\nnamespace: db\n",
        "apps/db/db.yaml": deployment("db"),
        "apps/off/off.yaml": deployment("off"),
        "more.yaml": application(
            "more",
            "path: charts/more\nhelm: {valueFiles: [$values/v.yaml, v.yaml], parameters: [{name: a, value: b}]}\n",
        ),
        "charts/more/Chart.yaml": "apiVersion: v2\nname: more\nversion: 1.0.0\n"
        "dependencies:\n- {name: redis, version: 1.0.0, repository: 'https://charts.example.com'}\n",
        "charts/more/values.yaml": "called: own\n",
        "charts/more/v.yaml": "called: given\n",
        "charts/more/templates/x.yaml": deployment("{{ .Values.called }}"),
    }


def bundles() -> dict[str, str]:
    """Rancher's Fleet, with each thing that a bundle may be."""
    fleet = """\
        defaultNamespace: web
        namespaceLabels: {team: a}
        helm:
          {releaseName: web, chart: chart, values: {called: '${ .ClusterLabels.env | upper }'}, valuesFiles: [v.yaml]}
        kustomize: {dir: over}
        targetCustomizationMode: AllMatches
        targetCustomizations:
          - name: prod
            clusterSelector: {matchLabels: {env: prod}, matchExpressions: [{key: tier, operator: Exists}]}
            helm: {values: {called: global.fleet.clusterLabels.env}, valuesFrom: [{secretKeyRef: {name: x}}]}
          - {clusterName: staging, clusterGroup: all, doNotDeploy: true}
        overrideTargets: [{clusterSelector: {}}]
        """
    return {
        ".git/config": f'[remote "origin"]\n\turl = {HERE}\n',
        "repo.yaml": "apiVersion: fleet.cattle.io/v1alpha1\nkind: GitRepo\nmetadata: {name: all}\n"
        f"spec: {{repo: '{HERE}', paths: [web, plain, bare, db]}}\n",
        "web/fleet.yaml": fleet,
        "web/v.yaml": "called: b\n",
        "web/chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/chart/templates/web.yaml": deployment("{{ .Values.called }}"),
        "web/over/kustomization.yaml": kustomization("x.yaml", more="nameSuffix: -b\n"),
        "web/over/x.yaml": deployment("x"),
        "plain/fleet.yml": "namespace: plain\nyaml: {overlays: [a, b]}\n",
        "plain/web.yaml": deployment("web", namespace="elsewhere"),
        "plain/overlays/a/web_patch.yaml": "spec: {replicas: 2}\n",
        "plain/overlays/b/web_patch.yaml": "- {op: replace, path: /spec/replicas, value: 3}\n",
        "plain/.fleetignore": "old/*\n#\nx*\n",
        "plain/old/x.yaml": deployment("old"),
        "bare/web.yaml": deployment("bare"),
        "db/fleet.yaml": "helm: {chart: 'https://charts.example.com/db-1.0.0.tgz'}\n",
    }


def many_fields() -> dict[str, str]:
    """A repository of Flux that uses each field of a kustomization and of a Kustomization, and each kind of source."""
    fields = """\
        namespace: web
        namePrefix: a-
        nameSuffix: -b
        commonLabels: {a: b}
        commonAnnotations: {a: b}
        labels: [{pairs: {x: y}, includeSelectors: true}]
        images: [{name: docker.io/library/app, newTag: "2", digest: ""}]
        replicas: [{name: web, count: 2}]
        patches: [{path: patch.yaml}, {target: {kind: Deployment}, patch: "- {op: remove, path: /spec/replicas}"}]
        patchesStrategicMerge: [patch.yaml]
        patchesJson6902: [{target: {version: v1, kind: Service, name: web}, path: json.yaml}]
        configMapGenerator: [{name: m, files: [a=x.conf, x.conf], envs: [x.env], literals: [a=b]}]
        secretGenerator: [{name: s, literals: [a=b], type: Opaque}]
        generatorOptions: {disableNameSuffixHash: true}
        replacements: [{path: replace.yaml}]
        vars: [{name: V, objref: {kind: Service, name: web, apiVersion: v1}}]
        components: [../component]
        crds: [crd.json]
        configurations: [conf.yaml]
        transformers: []
        helmCharts: [{name: redis, repo: 'https://charts.example.com', version: 1.0.0, valuesFile: v.yaml}]
        openapi: {path: schema.json}
        sortOptions: {order: fifo}
        buildMetadata: [originAnnotations]
        """
    spec = """\
        targetNamespace: web
        commonMetadata: {labels: {a: b}, annotations: {c: d}}
        components: [../component]
        ignoreMissingComponents: true
        patches: [{patch: "- {op: add, path: /metadata/labels/x, value: y}", target: {kind: Deployment}}]
        patchesStrategicMerge: [{apiVersion: v1, kind: Service, metadata: {name: web}}]
        images: [{name: app, newName: b}]
        namePrefix: x-
        nameSuffix: -y
        dependsOn: [{name: first}]
        wait: true
        postBuild: {substitute: {A: "1", B: '${A:-2}'}, substituteFrom: [{kind: ConfigMap, name: vars, optional: true}]}
        decryption: {provider: sops}
        kubeConfig: {secretRef: {name: x}}
        """
    sources = """\
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata: {name: flux-system, namespace: flux-system}
        spec: {url: HERE, ref: {branch: main}, ignore: "*.md", include: [{repository: {name: other}, toPath: other}]}
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: OCIRepository
        metadata: {name: oci, namespace: flux-system}
        spec: {url: oci://ghcr.io/x/y, ref: {tag: "1"}}
        ---
        apiVersion: source.extensions.fluxcd.io/v1beta1
        kind: ArtifactGenerator
        metadata: {name: gen, namespace: flux-system}
        spec:
          sources: [{alias: repo, kind: GitRepository, name: flux-system}]
          artifacts: [{name: web, copy: [{from: '@repo/apps/**', to: '@artifact/'}]}]
        ---
        apiVersion: fluxcd.controlplane.io/v1
        kind: ResourceSet
        metadata: {name: set, namespace: flux-system}
        spec:
          inputs: [{name: a}, {name: b}]
          resources: [{apiVersion: v1, kind: Namespace, metadata: {name: '<< inputs.name >>'}}]
          resourcesTemplate: |
            {apiVersion: v1, kind: ConfigMap, metadata: {name: '<< inputs.name >>', namespace: a}}
        ---
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: own, namespace: web}
        spec: {chart: {spec: {chart: ./charts/own, sourceRef: {kind: GitRepository, name: flux-system}}}, values: {}}
        """
    return {
        "clusters/home/ks.yaml": ks("web", "./apps/web", spec) + ks("first", "./apps/plain"),
        "clusters/home/sources.yaml": dedent(sources).replace("HERE", HERE),
        "apps/web/kustomization.yaml": kustomization("web.yaml", more=fields),
        "apps/web/web.yaml": deployment("web", env="A=${A:=x}/${B}/$$C"),
        "apps/web/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n",
        "apps/web/x.conf": "a: b\n",
        "apps/web/x.env": "A=b\n",
        "apps/plain/x.yaml": deployment("plain"),
        "apps/plain/deep/y.yaml": namespace("web"),
        "apps/component/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
        "charts/own/Chart.yaml": "apiVersion: v2\nname: own\nversion: 1.0.0\n",
        "charts/own/templates/x.yaml": deployment("own"),
        ".sourceignore": "/docs\n!x\n*.md\n",
        ".sops.yaml": "creation_rules: []\n",
    }


def tree(number: int) -> tuple[Tree, list[str]]:
    """The repository with this number, and the options to build it with."""
    random = Random(number)
    every = list(seeds())
    files = dict(random.choice(every))
    if random.random() < 0.2:
        files |= random.choice(every)
    made: Tree = {path.encode(): dedent(text).encode() for path, text in files.items()}
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        _change(random, made)
    return made, random.choice(OPTIONS)


def _change(random: Random, made: Tree) -> None:
    texts = [path for path, content in made.items() if isinstance(content, bytes)]
    if not texts:
        return
    path = random.choice(texts)
    content = made[path]
    assert isinstance(content, bytes)
    kind = random.random()
    if kind < 0.45:
        made[path] = _odd_values(random, content)
    elif kind < 0.65:
        made[path] = _odd_bytes(random, content)
    elif kind < 0.8:
        _odd_name(random, made, path)
    elif kind < 0.93:
        made[path] = random.choice(_NO_FILES)(random, texts)
    else:
        other = random.choice(texts)
        made[path], made[other] = made[other], made[path]


def _odd_values(random: Random, text: bytes) -> bytes:
    """Values of odd types at some places of its documents."""
    try:
        documents = list(yaml.load_all(text.decode(), Loader=_Loader))
    except (yaml.YAMLError, ValueError):
        return _odd_bytes(random, text)
    for _ in range(random.choice((1, 1, 2, 3))):
        one = random.choice(documents) if documents else None
        if isinstance(one, (dict, list)) and one:
            # Every field of the outermost ones has its turn.
            if random.random() < 0.4 and isinstance(one, dict):
                holder = one["spec"] if isinstance(one.get("spec"), dict) and random.random() < 0.7 else one
                if holder:
                    holder[random.choice(list(holder))] = deepcopy(random.choice(ODD))
            else:
                _spoil(random, one)
    style = {"default_flow_style": random.choice((False, None, True)), "allow_unicode": random.random() < 0.5}
    return "---\n".join(yaml.safe_dump(one, width=100_000, **style) for one in documents).encode(
        "utf-8", "surrogatepass"
    )


def _odd_bytes(random: Random, text: bytes) -> bytes:
    kind = random.randrange(12)
    at, to = sorted((random.randint(0, len(text)), random.randint(0, len(text))))
    if kind < 4:
        return text[:at] + random.choice(TOKENS) + text[at:]
    if kind == 4:
        return text[:at]
    if kind == 5:
        return text[:at] + text[to:]
    if kind == 6:
        return text.replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\n", b"")))
    if kind == 7:
        return random.choice((b"", b"\n", b"---\n", b"null\n", b"[]\n", b"x\n", b"{", b"a: &a [*a]\n"))
    if kind == 8:
        decoded = text.decode("utf-8", "replace")
        return decoded.encode(random.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7")))
    if kind == 9:
        return text + text[at:to] * random.choice((3, 50))
    if kind == 10:
        return re.sub(
            rb"\d+", random.choice((b"99999999999999999999", b"1e999", b"-1", b"0x")), text, count=1
        )
    return re.sub(rb"[./\w-]+/[./\w-]+", random.choice(_PATHS), text, count=1)


_PATHS = (
    b"/etc/passwd", b"../../../../..", b"..", b".", b"./", b"//", b"apps/../apps", b"https://git.example.com/x//y",
    b"git@x:y", b"~", b"apps/web/kustomization.yaml", b"'a\\0b'", b"x" * 5000, b"a/" * 1000, b"*", b"**",
)  # fmt: skip


def _odd_name(random: Random, made: Tree, path: bytes) -> None:
    """The file, or a folder above it, is called otherwise."""
    steps = path.split(b"/")
    at = random.randrange(len(steps))
    before = b"/".join(steps[: at + 1])
    steps[at] = random.choice(NAMES)
    after = b"/".join(steps[: at + 1])
    for one in [*made]:
        if one == before or one.startswith(before + b"/"):
            made[after + one[len(before) :]] = made.pop(one)


def _link(target: bytes) -> Callable[[bytes], None]:
    return lambda place: os.symlink(target, place)


_NO_FILES: list[Callable[[Random, list[bytes]], Callable[[bytes], None]]] = [
    lambda random, texts: _link(b"nowhere"),
    lambda random, texts: _link(b"."),
    lambda random, texts: _link(
        random.choice((b"..", b"../..", b"/", b"/etc", b"/etc/passwd", b"/dev/null"))
    ),
    lambda random, texts: _link(os.path.basename(random.choice(texts))),  # itself, where it is its own
    lambda random, texts: _link(b"../" * random.randrange(4) + random.choice(texts)),
    lambda random, texts: os.mkdir,
    lambda random, texts: lambda place: None,
]


def lay(made: Tree, root: Path) -> None:
    """Puts a repository down; what cannot stand there is left out."""
    for path, content in made.items():
        place = os.path.join(os.fsencode(root), path)
        try:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            if callable(content):
                content(place)
            else:
                with open(place, "xb") as file:
                    file.write(content)
        except OSError:
            continue


def listed(root: Path) -> dict[bytes, object]:
    """Everything below a folder: its kind, and what it holds or leads to."""
    found: dict[bytes, object] = {}
    for folder, _, files in os.walk(os.fsencode(root)):
        found[folder] = b""
        for name in files:
            place = os.path.join(folder, name)
            mode = os.lstat(place).st_mode
            if stat.S_ISLNK(mode):
                found[place] = os.readlink(place)
            elif stat.S_ISREG(mode):
                with open(place, "rb") as file:
                    found[place] = file.read()
            else:
                found[place] = mode
    return found


def built(root: Path, *options: str) -> Done:
    """What `build` answers of a repository, in time and without an error of the program's own."""
    with waiting():
        done = within("build", *options, ".", cwd=root)
    assert b"internal error" not in done.stderr, done.stderr
    return done


def check(number: int) -> Done:
    """What must hold of every build: an answer in time, or lines that say why not; the repository is as it was, and
    nothing of the build's own stays. Gives the answer back."""
    made, options = tree(number)
    with tempfile.TemporaryDirectory(prefix="hostile-trees-") as folder:
        # A build looks for paths in folders above as well.
        root, own = Path(folder, *"abcdef", "repository"), Path(folder, "own")
        for one in (root, own):
            one.mkdir(parents=True)
        lay(made, root)
        before = listed(root)
        with patch.dict(os.environ, TMPDIR=str(own)), limited(), waiting():
            done = within("build", *options, ".", cwd=root)
        assert listed(root) == before, "the repository is another one"
        assert not list(own.iterdir()), "a folder of the build's own stays"
    said = done.stderr.decode()
    assert done.returncode in (0, 1), said
    assert said, "not a word"
    unclean = ("Traceback", "internal error", "a bug in this program")
    assert not [one for one in unclean if one in said], said
    assert not STEERING.search(said), said
    assert done.returncode == 0 or not done.stdout, "half an answer"
    if done.returncode == 0 and done.stdout:
        with limited():
            after = within("--only-policies", stdin=done.stdout)
        told = after.stderr.decode()
        assert not [one for one in unclean if one in told], told
    return done


@one_catalogue()
def main() -> None:
    first, last = map(int, sys.argv[1:3])
    seen: dict[object, int] = {}
    codes = {0: 0, 1: 0}
    for number in range(first, last):
        try:
            codes[check(number).returncode] += 1
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            own = [one for one in frames if "cilium_policies" in one.filename] or frames
            key = type(error).__name__, own[-1].filename, own[-1].lineno, re.sub(r"\W.*", "", str(error))[:80]
            seen[key] = seen.get(key, 0) + 1
            if seen[key] == 1:
                print(f"{number}: {error!r:.900}", flush=True)
                traceback.print_exception(error, limit=-4)
    print(
        f"{last - first} repositories, {codes[0]} built, {codes[1]} refused; {sum(seen.values())} faults in {len(seen)}"
    )
    sys.exit(bool(seen))


if __name__ == "__main__":
    main()
