"""Which tool an object of a cluster belongs to: a GitOps controller, or a release of Helm."""

from __future__ import annotations

from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

# https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
# https://fluxcd.io/flux/components/kustomize/kustomizations/#garbage-collection
# https://github.com/fluxcd/helm-controller/pull/238
_CONTROLLERS = {
    ("annotations", "argocd.argoproj.io/tracking-id"): "the Application {} of Argo CD",
    ("labels", "argocd.argoproj.io/instance"): "the Application {} of Argo CD",
    ("labels", "helm.toolkit.fluxcd.io/name"): "the HelmRelease {} of Flux",
    ("labels", "kustomize.toolkit.fluxcd.io/name"): "the Kustomization {} of Flux",
}


def controller(made: Object) -> str:
    """Return the GitOps controller that an object belongs to, "" for none."""
    for (field, mark), owner in _CONTROLLERS.items():
        if value := dig(made, "metadata", field, mark):
            # Argo CD's is APPLICATION:GROUP/KIND:NAMESPACE/NAME.
            return owner.format(str(value).partition(":")[0])
    return ""


def helm_release(made: Object) -> str:
    """Return the name of the release of Helm that an object belongs to, "" for none."""
    return dig(made, "metadata", "annotations", "meta.helm.sh/release-name") or ""
