"""What `--help` and `--version` print."""

from __future__ import annotations

USAGE = """\
usage: cilium-policies [OPTION …] [FILE|DIR …]
       cilium-policies COMMAND [OPTION …] …

Reads a build (multi-document YAML, or the ResourceList of kustomize and kpt)
and writes it back with zero-trust CiliumNetworkPolicies for every namespace in
it. Without a FILE it reads stdin. In audit, the default, nothing is cut.

  kustomize build . | cilium-policies > build.yaml
  helm template my-app ./chart | cilium-policies --namespace my-app
  cilium-policies build . | cilium-policies report > report.html

options:
  --config FILE       the config (docs/config.md); in a ResourceList it is the
                      functionConfig
  --mode MODE         audit or enforce; sets spec.mode and nothing else
  --set PATH=VALUE    sets one field of the config by its path below spec; lists
                      with commas. Repeat it as you need
  -n, --namespace NAME
                      namespace of the objects that carry none
  --inventory FILE    what other builds of the same cluster hold
                      (cilium-policies inventory)
  --exclude GLOB      files or folders below a DIR to leave out, as in
                      .gitignore. Repeat it as you need
  --only-policies     writes the policies alone; needed for several files or a
                      folder
  -v, --verbose       one line on stderr for each warning
  --version           prints the version
  -h, --help          prints this

commands (cilium-policies COMMAND --help):
  build               a Flux, Argo CD or kustomize repository as one stream
  write               writes the policies as a GitOps file tree
  check               fails when a build lacks what the function would add
  inventory           condenses a whole tree into one object for single builds
  rollout             the phases of enforcement; --advance goes on to the next
  list                who may talk to whom
  explain             whether one connection passes, and which rule decides
  diff                connections that a change newly allows or denies
  lint                policies that are refused, match nothing, or open too much
  test                expectations in a file, held against a build
  audit               Hubble's flows against the plan: what would be cut
  report              one HTML page, SVG or Markdown with the whole picture
  break-glass         one policy that opens a namespace in an emergency
  components          the catalogue of known components
  completion          the completion script for bash, zsh or fish

exit code: 0 done; 1 input refused, or something found; 2 wrong command line
"""


def version() -> str:
    """`cilium-policies 1.2.3` and a newline."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        number = installed("cilium-policies")
    except PackageNotFoundError:
        number = "(not installed)"
    return f"cilium-policies {number}\n"
