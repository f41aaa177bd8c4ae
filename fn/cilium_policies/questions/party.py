"""One end of a connection as a value; its words are made where it is shown."""

from __future__ import annotations

from cilium_policies.lean import TYPE_CHECKING, NamedTuple

WORLD = "world"
INTERNET = "internet"
EVERY_POD = "every pod"
SHOWN = "shown"

if TYPE_CHECKING:
    from typing import Literal

    PartyKind = Literal[
        "workload", "pods", "namespace", "entity", "cidr", "fqdn", "cidr-group", "cloud", "other"
    ]


class Party(NamedTuple):
    """One end of a connection.

    kind       | fields
    workload   | `namespace`, `name`; as KIND/NAME where several workloads of the namespace have the name
    pods       | every pod, of `namespace` where one is given, but those that `excepts` names; with the `name` SHOWN
               | every one that the input shows: the rules ask for a label that another might lack
    namespace  | `name`: what its pods do together
    entity     | `name`: host, remote-node, kube-apiserver, ingress, health, world, internet
    cidr       | `name`, `excepts`
    fqdn       | `name`: a DNS name or pattern
    cidr-group | `name` ("" where it is chosen by label)
    cloud      | addresses that only a cloud's API knows
    other      | `name`: several of these at once
    """

    kind: PartyKind
    name: str = ""
    namespace: str = ""
    excepts: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`media/radarr`, `every pod of media`, `every pod shown`, `10.0.0.0/8 except 10.1.0.0/16`, `world`."""
        match self.kind:
            case "workload":
                return f"{self.namespace}/{self.name}"
            case "pods":
                some = f"{EVERY_POD} {self.name}".rstrip()
                if self.namespace:
                    some = f"{some} {'in' if self.name else 'of'} {self.namespace}"
                return f"{some} but {', '.join(self.excepts)}" if self.excepts else some
            case "cidr":
                return f"{self.name} except {', '.join(self.excepts)}" if self.excepts else self.name
            case "cidr-group":
                return f"CIDR group {self.name or 'by label'}"
            case "cloud":
                return "cloud group"
            case "entity" | "namespace" | "fqdn" | "other":
                return self.name

    @property
    def by_name(self) -> Party:
        """A workload by its name alone, without its kind."""
        return self._replace(name=self.name.rpartition("/")[2]) if self.kind == "workload" else self

    @property
    def lies_outside(self) -> bool:
        """Whether it is neither a pod nor a node."""
        return self.kind in ("cidr", "fqdn", "cidr-group", "cloud") or self in (THE_WORLD, THE_INTERNET)

    @property
    def is_public(self) -> bool:
        """Whether it holds a public address that no DNS name limits."""
        if self.kind == "cidr":
            from ipaddress import ip_network

            try:
                return not ip_network(self.name).is_private
            except ValueError:  # a Flux variable
                return False
        return self.kind == "cidr-group" or self in (THE_WORLD, THE_INTERNET)  # a group may hold anything

    @property
    def is_whole_internet(self) -> bool:
        """Everything outside that is not private, in either address family."""
        private = {"0.0.0.0/0": ("10.0.0.0/8", "192.168.0.0/16"), "::/0": ("fc00::/7",)}.get(self.name, ())
        return self.kind == "cidr" and bool(private) and set(private) <= set(self.excepts)


THE_WORLD = Party("entity", WORLD)
THE_INTERNET = Party("entity", INTERNET)
