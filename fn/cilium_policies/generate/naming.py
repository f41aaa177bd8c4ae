"""Names of generated policies: they depend on the workload alone, never on its neighbours."""

from __future__ import annotations

LIMIT = 253  # characters of a Kubernetes object name
_SUFFIX = "-cilium-policies"


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
    """At most 253 characters; a longer name is cut, with a hash of the whole in its place."""
    if len(name) <= LIMIT:
        return name
    import hashlib  # 2 ms, and hardly a name is that long

    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LIMIT - 9].rstrip('-.')}-{digest}"


def free(name: str, taken: set[str]) -> str:
    """`name`, or with a suffix the first one that is not taken; the answer is added to `taken`."""
    candidate, number = name, 1
    while candidate in taken:
        suffix = _SUFFIX if number == 1 else f"{_SUFFIX}-{number}"
        candidate = limited(name)[: LIMIT - len(suffix)] + suffix
        number += 1
    taken.add(candidate)
    return candidate
