"""What the custom resources that made a workload's pods point at: other objects, and the Secrets of repositories."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.conditions import at, names_at
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.host import Host, UnnamedHostError, read_host
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.kube.objects import Mapping, text
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from cilium_policies.catalogue.facts import FurtherFacts


def pointed_at(member: Mapping, facts: FurtherFacts) -> Iterator[Mapping]:
    """The objects of the member's kind that the custom resources name at its path."""
    group, kind = group_kind(texts(member["object"])[0])
    for own in facts.bodies:
        place = at(own, "metadata.namespace")
        for name in sorted(names_at(own, texts(member["at"]))):
            for one in facts.objects(group, kind):
                if at(one, "metadata.name") == name and at(one, "metadata.namespace") == place:
                    yield one
                    break
            else:
                raise UnnamedHostError(f"{kind} {name} is not in the input")


def repositories(member: Mapping, facts: FurtherFacts) -> Iterator[Host]:
    """Where the backups of the custom resources go, each of which must tell."""
    from cilium_policies.catalogue.repositories import UnknownPlaceError, place

    for own in facts.bodies:
        namespace = text(at(own, "metadata.namespace"))
        named = [name for path in texts(member["repository"]) if (name := text(at(own, path)))]
        if not named:
            raise UnnamedHostError(f"{text(at(own, 'metadata.name'))} names no repository")
        for name in named:
            try:
                address = place(facts.secret(namespace, name))
            except UnknownPlaceError as error:
                raise UnnamedHostError(f"Secret {name}: {error}") from None
            found = read_host(address) if address else Host("", inside=True)
            if found is not None:
                yield found
