"""The ServiceAccount and what it may do: `serviceAccount`, `rbac`."""

from __future__ import annotations

from ci.importing.draft import Draft, take
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig


def map_account(draft: Draft) -> None:
    """Map the pods' account, whether they get its token, and the first role of each kind bound to it."""
    taken = take(draft.pod, "serviceAccountName", "serviceAccount", "automountServiceAccountToken")
    name = taken.get("serviceAccountName") or taken.get("serviceAccount") or "default"
    automount = taken.get("automountServiceAccountToken")
    found = draft.find("ServiceAccount", name)
    if found:
        key, made = found
        draft.place(key, name)
        if automount is None:
            automount = made.get("automountServiceAccountToken")
        draft.set("serviceAccount", {"create": True, "name": "" if name == draft.fullname else name})
        draft.describe("serviceAccount", key)
    elif name != "default":
        draft.set("serviceAccount", {"create": False, "name": name})
    if found:
        _map_role(draft, name, "RoleBinding", "Role", "rules")
        _map_role(draft, name, "ClusterRoleBinding", "ClusterRole", "clusterRules")
        if "rbac" in draft.values and automount is not False:
            # The pods get the token anyway, so this is about the account alone.
            automount = found[1].get("automountServiceAccountToken")
    if found or name != "default" or automount is not None:
        draft.set("serviceAccount.automount", automount is not False)


def _map_role(draft: Draft, account: str, binding_kind: str, role_kind: str, field: str) -> None:
    for key, binding in list(draft.of_kind(binding_kind)):
        role = _only_role(draft, binding, role_kind, account)
        if role and not dig(draft.values, "rbac", field):
            role_key, made = role
            draft.set(f"rbac.{field}", made.get("rules") or [])
            name = draft.fullname if role_kind == "Role" else CLUSTER_NAME.format(draft.fullname)
            for each in (key, role_key):
                draft.place(each, name)
                draft.describe("rbac", each)


# The name of objects without a namespace, for the namespace in which the values are rendered.
CLUSTER_NAME = "default-{}"


def _only_role(draft: Draft, binding: Object, kind: str, account: str) -> tuple[Key, Object] | None:
    """Return the role of a binding that binds it to this account alone."""
    subjects = [(one.get("kind"), one.get("name")) for one in binding.get("subjects") or []]
    reference = binding.get("roleRef") or {}
    if subjects != [("ServiceAccount", account)] or reference.get("kind") != kind:
        return None
    bound = [
        one
        for _, one in draft.of_kind("RoleBinding", "ClusterRoleBinding")
        if one.get("roleRef") == reference
    ]
    found = next(
        (
            (key, made)
            for key, made in draft.objects.items()
            if (key.kind, key.name) == (kind, reference.get("name"))
        ),
        None,
    )
    return (
        found
        if len(bound) == 1 and found and found[1].get("rules") and "aggregationRule" not in found[1]
        else None
    )
