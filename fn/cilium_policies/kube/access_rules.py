"""Which service accounts a role binding really lets use the Kubernetes API, and for what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, at, mappings, sequence, text

# Bound to everybody or good for nothing but a look at the API's own version and health.
_IDLE_ROLES = {"system:discovery", "system:public-info-viewer", "system:basic-user"}
_GROUP = "system:serviceaccounts"
_USER = "system:serviceaccount:"
EVERYWHERE = "*"


class Bindings:
    """Service accounts by the bindings that give them meaningful rules."""

    def __init__(self, inventory: Inventory) -> None:
        # Not by id: kustomize stamps a namespace on cluster-scoped objects too.
        self._cluster_roles = {one.name: one for one in reversed(inventory.of("ClusterRole"))}
        self._roles = {(one.namespace, one.name): one for one in reversed(inventory.of("Role"))}
        self._accounts: dict[tuple[str, str], list[Object]] = {}
        self._shown = {one.namespace for one in inventory.of("ServiceAccount", "Role", "RoleBinding")}
        self._namespaces: dict[str, Object] = {}
        self._everybody: Object | None = None
        self._named: dict[tuple[str, str], list[tuple[set[str], set[str], str]]] = {}
        self._readers: dict[str, frozenset[str]] = {}  # by API group
        self._of_roles: dict[int, list[Mapping]] = {}  # by a role's identity
        for one in inventory.of("ClusterRoleBinding", "RoleBinding"):
            if self._means_something(one):
                self._take(one)

    def of(self, namespace: str, account: str) -> Object | None:
        """A binding that reaches this service account, by its name or by a group it is in."""
        named = self._accounts.get((namespace, account))
        return named[0] if named else self._namespaces.get(namespace) or self._everybody

    def rules(self, namespace: str, account: str) -> Iterator[Mapping]:
        """The rules of the roles in the input that are bound to this service account by name, those that a role gathers
        from others among them."""
        for binding in self._accounts.get((namespace, account), ()):
            if (role := self._role(binding)) is not None:
                yield from self._rules(role)

    def _rules(self, role: Object) -> list[Mapping]:
        """A role's rules, with those of the roles that it gathers, which may gather others': found once, however many
        accounts have the role."""
        if id(role) not in self._of_roles:
            roles = {id(role): role}
            left = [role]
            while left:
                found = {id(one): one for one in self._gathered(left.pop()) if id(one) not in roles}
                roles |= found
                left += found.values()
            self._of_roles[id(role)] = [
                rule for one in roles.values() for rule in mappings(one.body.get("rules"))
            ]
        return self._of_roles[id(role)]

    def _gathered(self, role: Object) -> Iterator[Object]:
        """The cluster roles whose rules the API server adds to this one's; a namespace's role gathers none."""
        selectors = sequence(at(role.body, "aggregationRule", "clusterRoleSelectors"))
        if not selectors or role.kind == "Role":
            return
        from cilium_policies.kube.selectors import selects  # few roles do

        for one in self._cluster_roles.values():
            if one is not role and any(selects(selector, one.labels) for selector in selectors):
                yield one

    def reach(self, namespace: str, account: str, group: str, *resources: str) -> frozenset[str]:
        """The namespaces in which this service account may read one of these resources of an API group; EVERYWHERE
        among them for a ClusterRoleBinding. A role that another build holds counts as one that allows it where its
        name is the cluster's to give (a ClusterRole's)."""
        found = set()
        for binding in self._accounts.get((namespace, account), ()):
            role = self._role(binding)
            if role is None:
                allowed = text(at(binding.body, "roleRef", "kind")) != "Role"
            else:
                allowed = any(_reads(rule, group, resources) for rule in self._rules(role))
            if allowed:
                found.add(_where(binding))
        return frozenset(found)

    def acts(self, namespace: str, account: str, group: str, resource: str) -> frozenset[str]:
        """The namespaces (EVERYWHERE among them) in which a role names this resource ("" any) of this API group for
        the service account; what is allowed everything is no controller of it yet."""
        if (namespace, account) not in self._accounts:
            return frozenset()  # of most
        return frozenset(
            where
            for groups, resources, where in self._names(namespace, account)
            if group in groups and (not resource or resource in resources)
        )

    def _names(self, namespace: str, account: str) -> list[tuple[set[str], set[str], str]]:
        """API groups and resources of each rule that is bound to a service account by name, and where it holds."""
        key = (namespace, account)
        if key not in self._named:
            self._named[key] = [
                (texts(rule, "apiGroups"), texts(rule, "resources"), _where(binding))
                for binding in self._accounts.get(key, ())
                if (role := self._role(binding)) is not None
                for rule in self._rules(role)
            ]
        return self._named[key]

    def everywhere(self, wanted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """The service accounts to which a ClusterRoleBinding gives one of these, each an API group and a resource."""
        return {
            account
            for account, bindings in self._accounts.items()
            if any(one.kind == "ClusterRoleBinding" for one in bindings)
            and any(EVERYWHERE in self.acts(*account, group, resource) for group, resource in wanted)
        }

    def readers(self, group: str) -> frozenset[str]:
        """The namespaces of service accounts that a ClusterRoleBinding lets read an API group: where its controllers
        run. A role that another build holds counts as one that does."""
        if group not in self._readers:
            self._readers[group] = frozenset(
                namespace
                for (namespace, _), bindings in self._accounts.items()
                if any(one.kind == "ClusterRoleBinding" and self._reaches(one, group) for one in bindings)
            )
        return self._readers[group]

    def is_vouched(self, namespace: str, account: str) -> bool:
        """Whether a ClusterRoleBinding names this service account, which is the platform's word for its pods."""
        return any(one.kind == "ClusterRoleBinding" for one in self._accounts.get((namespace, account), ()))

    def _reaches(self, binding: Object, group: str) -> bool:
        role = self._role(binding)
        return role is None or any(_reads(rule, group, ()) for rule in self._rules(role))

    def shows(self, namespace: str) -> bool:
        """Whether the input holds service accounts, roles or bindings of a namespace: then a pod's own are there."""
        return namespace in self._shown

    def _role(self, binding: Object) -> Object | None:
        kind, name = text(at(binding.body, "roleRef", "kind")), text(at(binding.body, "roleRef", "name"))
        return self._roles.get((binding.namespace, name)) if kind == "Role" else self._cluster_roles.get(name)

    def _means_something(self, binding: Object) -> bool:
        role = self._role(binding)
        if role is None:  # the cluster's own (view, cluster-admin, …) or another build's
            return text(at(binding.body, "roleRef", "name")) not in _IDLE_ROLES
        return "aggregationRule" in role.body or any(_used(rule) for rule in mappings(role.body.get("rules")))

    def _take(self, binding: Object) -> None:
        for subject in mappings(binding.body.get("subjects")):
            kind, name = text(subject.get("kind")), text(subject.get("name"))
            self._shown.add(text(subject.get("namespace")))
            if kind == "ServiceAccount":
                key = (text(subject.get("namespace")) or binding.namespace, name)
                self._accounts.setdefault(key, []).append(binding)
            elif kind == "User" and name.startswith(_USER):
                namespace, _, account = name[len(_USER) :].partition(":")
                self._accounts.setdefault((namespace, account), []).append(binding)
            elif kind == "Group" and name == _GROUP:
                self._everybody = self._everybody or binding
            elif kind == "Group" and name.startswith(_GROUP + ":"):
                self._namespaces.setdefault(name[len(_GROUP) + 1 :], binding)


def _where(binding: Object) -> str:
    return EVERYWHERE if binding.kind == "ClusterRoleBinding" else binding.namespace


def texts(rule: Mapping, field: str) -> set[str]:
    return {text(one) for one in sequence(rule.get(field))}


def _reads(rule: Mapping, group: str, resources: tuple[str, ...]) -> bool:
    """Whether a rule lets somebody read one of these resources of an API group (none given: any)."""
    groups, told, verbs = (texts(rule, field) for field in ("apiGroups", "resources", "verbs"))
    named = told & {*resources, "*"} if resources else told
    return bool(groups & {group, "*"} and named and verbs & {"get", "list", "watch", "*"})


def _used(rule: Mapping) -> bool:
    """Not: a rule without verbs, one for URLs of the API server that only scrapers and probes read, or the
    PodSecurityPolicy `use` that old charts grant to pods which never call the API."""
    verbs, resources = texts(rule, "verbs"), texts(rule, "resources")
    if not verbs or not resources:
        return False
    return not (verbs == {"use"} and resources <= {"podsecuritypolicies", "securitycontextconstraints"})
