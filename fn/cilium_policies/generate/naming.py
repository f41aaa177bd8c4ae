"""Names of generated policies: they depend on the workload alone, never on its neighbours."""

from __future__ import annotations

from cilium_policies.kube.names import is_name

LIMIT = 253  # characters of a Kubernetes object name
_SUFFIX = "-cilium-policies"
_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def component_name(component: str, instance: str, part: str = "") -> str:
    """The policy name of a component's instance: the longer of the two names where one begins the other, and behind
    it the part, where the policy is for one of several that another build may hold. An object that only has a
    `generateName` has no instance."""
    if not instance or part_of(instance, component):
        name = component
    elif part_of(component, instance):
        name = instance
    else:
        name = f"{component}-{instance}"
    return limited(
        f"{name}-{part.lower()}" if part and not f"-{name}-".endswith(f"-{part.lower()}-") else name
    )


def part_of(part: str, name: str) -> bool:
    """Whether `part` is `name`, or its first dash-separated words (`cert-manager` of `cert-manager-webhook`)."""
    return name == part or name.startswith(part + "-")


def limited(name: str) -> str:
    """The name, where it is one; else what of it may stand in one, cut to 253 characters, with a hash of the whole: an
    instance is often the name of an object, which nobody has looked at."""
    if is_name(name):
        return name
    import hashlib  # 2 ms, and hardly a name is that long

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    plain = "".join(sign if sign in _SIGNS else "-" for sign in name.lower()[: LIMIT - 9]).strip("-.")
    return f"{plain}-{digest}" if plain else digest


def free(name: str, taken: set[str]) -> str:
    """`name`, or with a suffix the first one that is not taken; the answer is added to `taken`."""
    candidate, number = name, 1
    while candidate in taken:
        suffix = _SUFFIX if number == 1 else f"{_SUFFIX}-{number}"
        candidate = limited(name)[: LIMIT - len(suffix)] + suffix
        number += 1
    taken.add(candidate)
    return candidate
