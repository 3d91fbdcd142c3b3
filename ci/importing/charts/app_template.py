"""app-template of bjw-s, which is all in its library chart common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

from ci.importing.charts.objects import backend, deployment, filled, made, said, service, shortened
from ci.importing.draft import Values, merge
from ci.kubernetes.manifests import Object

_CONTROLLER = "app.kubernetes.io/controller"
_POD_OPTIONS = (
    *("priorityClassName", "runtimeClassName", "schedulerName", "securityContext", "hostname", "hostIPC"),
    *("hostNetwork", "hostPID", "hostUsers", "shareProcessNamespace", "dnsConfig", "hostAliases"),
    *("imagePullSecrets", "terminationGracePeriodSeconds", "resources", "restartPolicy", "nodeSelector"),
    *("affinity", "topologySpreadConstraints", "tolerations"),
)
_SERVICE = (
    *("internalTrafficPolicy", "externalTrafficPolicy", "sessionAffinity", "externalIPs"),
    *("publishNotReadyAddresses", "ipFamilyPolicy", "ipFamilies"),
)
_BY_TYPE = {
    "ClusterIP": ("clusterIP",),
    "LoadBalancer": ("loadBalancerIP", "loadBalancerSourceRanges", "loadBalancerClass"),
    "ExternalName": ("externalName",),
}


def objects(values: Values, release: str, notes: dict[str, str]) -> list[Object]:
    """Return what the chart makes: Deployments and CronJobs, and what leads to them and belongs to them."""
    return list(_Release(values, release, notes).objects())


class _Release:
    def __init__(self, values: Values, release: str, notes: dict[str, str]) -> None:
        self._values = values
        self._notes = notes
        settings = values["global"]
        name = shortened(str(settings["nameOverride"] or release))
        default = release if name in release else f"{release}-{name}"
        self._fullname = shortened(settings["fullnameOverride"] or default)
        self._selector = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": release}
        self._labels = {**self._selector, **(settings["labels"] or {})}
        self._services = self._enabled("service")
        self._controllers = self._enabled("controllers")

    def _enabled(self, block: str) -> dict[str, Values]:
        """Return the entries of a block that are not off, each with its name."""
        found = {
            key: one
            for key, one in sorted((self._values[block] or {}).items())
            if isinstance(one, dict) and one.get("enabled", True)
        }
        if block == "persistence":
            return found
        return {key: {**one, "name": self._name(key, one, len(found))} for key, one in found.items()}

    def _name(self, key: str, one: Mapping[str, Any], number: int) -> str:
        if one.get("forceRename"):
            return str(one["forceRename"])
        name = self._fullname
        if (prefix := one.get("prefix")) and prefix != name:
            name = f"{prefix}-{name}"
        several = number > 1 or self._values["global"]["alwaysAppendIdentifierToResourceName"]
        if several and not name.endswith(f"-{key}") and key != name:
            name = f"{name}-{key}"
        if (suffix := one.get("suffix")) and not name.endswith(f"-{suffix}"):
            name = f"{name}-{suffix}"
        return name.lower()

    def _made(self, kind: str, one: Mapping[str, Any], **fields: Any) -> Object:
        labels = {**self._labels, **(one.get("labels") or {})}
        annotations = {**(self._values["global"]["annotations"] or {}), **(one.get("annotations") or {})}
        return made(kind, one["name"], labels, annotations, **fields)

    def objects(self) -> Iterator[Object]:
        for key, one in self._controllers.items():
            yield from self._controller(key, one)
        for one in self._services.values():
            yield self._service(one)
        for one in self._enabled("ingress").values():
            yield self._ingress(one)
        for one in self._enabled("route").values():
            yield self._route(one)
        for one in self._enabled("configMaps").values():
            fields = filled(data=one.get("data"), binaryData=one.get("binaryData"))
            yield self._made("v1 ConfigMap", one, **fields)
        for one in self._enabled("secrets").values():
            yield self._made(
                "v1 Secret", one, **filled(type=one.get("type"), stringData=one.get("stringData"))
            )
        for one in self._enabled("serviceAccount").values():
            yield self._made("v1 ServiceAccount", one)
        for one in self._claims().values():
            yield self._claim(one)
        for one in self._enabled("serviceMonitor").values():
            yield self._monitor(one)
        for one in self._enabled("networkpolicies").values():
            rules = one.get("rules") or {}
            own = {_CONTROLLER: self._of(one), **self._selector, **(one.get("extraSelectorLabels") or {})}
            spec = {
                "podSelector": one.get("podSelector", {"matchLabels": own}),
                **filled(policyTypes=one.get("policyTypes"), ingress=rules.get("ingress")),
                **filled(egress=rules.get("egress")),
            }
            yield self._made("networking.k8s.io/v1 NetworkPolicy", one, spec=spec)
        for one in self._enabled("rawResources").values():
            yield self._made(f"{one['apiVersion']} {one['kind']}", one, **(one.get("spec") or {}))

    def _of(self, one: Mapping[str, Any]) -> str:
        """Return the controller that an object is about: the only one, if it names none."""
        return str(one.get("controller") or list(self._controllers)[0])  # noqa: RUF015

    def _controller(self, key: str, one: Values) -> Iterator[Object]:
        kind = one.get("type") or "deployment"
        if kind not in ("deployment", "cronjob"):
            reason = f"a {kind}: render that chart and import what it prints"
            self._notes[f"controllers.{key}.type"] = reason
            return
        labelled = {**one, "labels": {**(one.get("labels") or {}), _CONTROLLER: key}}
        options, pod = self._values["defaultPodOptions"] or {}, one.get("pod") or {}
        settings = self._values["global"]
        everywhere = settings["propagateGlobalMetadataToPods"]
        selector = {_CONTROLLER: key, **self._selector}
        labels, annotations = (
            {
                **(settings[field] or {} if everywhere else {}),
                **(selector if field == "labels" else {}),
                **(options[field] or {}),
                **(pod.get(field) or {}),
            }
            for field in ("labels", "annotations")
        )
        spec = self._pod(key, one)
        if kind == "cronjob":
            yield self._cron_job(labelled, labels, annotations, spec)
            return
        rolling = one.get("rollingUpdate") or {}
        strategy: Values = {"type": one.get("strategy") or "Recreate"}
        if strategy["type"] == "RollingUpdate":
            bounds = filled(maxUnavailable=rolling.get("unavailable"), maxSurge=rolling.get("surge"))
            strategy |= filled(rollingUpdate=bounds)
        template = {"labels": labels, "annotations": annotations, "selector": selector}
        found = self._made("v1 Placeholder", labelled)["metadata"]
        limit = one.get("revisionHistoryLimit")
        yield deployment(
            one["name"],
            found["labels"],
            template,
            spec,
            found.get("annotations"),
            **said(replicas=one.get("replicas", 1)),
            revisionHistoryLimit=3 if limit is None else limit,
            strategy=strategy,
        )

    def _cron_job(self, one: Values, labels: Values, annotations: Values, pod: Values) -> Object:
        settings = one.get("cronjob") or {}
        template = {"metadata": filled(labels=labels, annotations=annotations), "spec": pod}
        template["spec"].setdefault("restartPolicy", "Never")
        job = filled(
            activeDeadlineSeconds=settings.get("activeDeadlineSeconds"),
            ttlSecondsAfterFinished=settings.get("ttlSecondsAfterFinished"),
            parallelism=settings.get("parallelism"),
        )
        spec = {
            "schedule": settings["schedule"],
            "concurrencyPolicy": settings.get("concurrencyPolicy") or "Forbid",
            "startingDeadlineSeconds": _kept(settings.get("startingDeadlineSeconds"), 30),
            **filled(suspend=settings.get("suspend"), timeZone=settings.get("timeZone")),
            "successfulJobsHistoryLimit": _kept(settings.get("successfulJobsHistory"), 1),
            "failedJobsHistoryLimit": _kept(settings.get("failedJobsHistory"), 1),
            "jobTemplate": {
                "spec": {**job, "backoffLimit": _kept(settings.get("backoffLimit"), 6), "template": template}
            },
        }
        return self._made("batch/v1 CronJob", one, spec=spec)

    def _option(self, one: Values, option: str, default: Any = None) -> Any:
        """Return a field of the pod: getOption of the library."""
        value = default
        for written in (
            (self._values["defaultPodOptions"] or {})[option],
            (one.get("pod") or {}).get(option),
        ):
            if isinstance(written, bool) or written:
                merges = self._values["defaultPodOptionsStrategy"] == "merge"
                if merges and isinstance(written, dict) and isinstance(value, dict):
                    value = {**value, **written}
                else:
                    value = written
        return value

    def _pod(self, key: str, one: Values) -> Values:
        fields = {option: self._option(one, option) for option in _POD_OPTIONS}
        network = "ClusterFirstWithHostNet" if fields["hostNetwork"] else "ClusterFirst"
        accounts = self._enabled("serviceAccount")
        account = next(iter(accounts)) if len(accounts) == 1 else "default"
        if named := one.get("serviceAccount"):
            account = accounts[named["identifier"]]["name"] if "identifier" in named else named["name"]
        containers = [
            self._container(key, one, name, each, "default") for name, each in _ordered(one["containers"])
        ]
        init = [
            self._container(key, one, name, each, "init")
            for name, each in _ordered(one.get("initContainers") or {})
        ]
        volumes = [
            {"name": name, **self._volume(name, each)}
            for name, each in self._enabled("persistence").items()
            if self._mounts_any(key, each)
        ]
        return {
            "enableServiceLinks": self._option(one, "enableServiceLinks", False),
            "serviceAccountName": account,
            "automountServiceAccountToken": self._option(one, "automountServiceAccountToken", True),
            **filled(**{option: value for option, value in fields.items() if value != ""}),
            "dnsPolicy": self._option(one, "dnsPolicy") or network,
            **filled(initContainers=init),
            "containers": containers,
            **filled(volumes=volumes),
        }

    def _container(self, key: str, controller: Values, name: str, one: Values, kind: str) -> Values:
        defaults = controller.get("defaultContainerOptions") or {}
        if (
            kind == "init"
            and controller.get("applyDefaultContainerOptionsToInitContainers", True) is not True
        ):
            defaults = {}
        if controller.get("defaultContainerOptionsStrategy") == "merge":
            both: Values = {}
            merge(both, defaults)
            merge(both, one)
        else:
            both = {**one, **{field: one.get(field) or value for field, value in defaults.items()}}
        image = both["image"]
        lists = {
            field: [both[field]] if isinstance(both.get(field), str) else both.get(field)
            for field in ("command", "args")
        }
        plain = {
            field: both.get(field)
            for field in (
                *("workingDir", "securityContext", "lifecycle", "terminationMessagePath"),
                *("terminationMessagePolicy", "ports", "resources", "restartPolicy", "stdin", "tty"),
            )
        }
        return {
            "name": both.get("nameOverride") or name,
            "image": f"{image['repository']}:{image['tag']}",
            **filled(imagePullPolicy=image.get("pullPolicy"), **lists, **plain),
            **filled(env=_variables(both.get("env")), envFrom=list(self._sources(both.get("envFrom")))),
            **self._probes(key, both.get("probes") or {}),
            **filled(volumeMounts=list(self._mounts(key, name))),
        }

    def _sources(self, written: Any) -> Iterator[Values]:
        for one in written or []:
            for short, field, block in (
                ("configMap", "configMapRef", "configMaps"),
                ("secret", "secretRef", "secrets"),
            ):
                own = self._enabled(block)
                if short in one:
                    name = own[one[short]]["name"] if one[short] in own else one[short]
                elif field in one:
                    reference = one[field]
                    name = (
                        own[reference["identifier"]]["name"]
                        if reference.get("identifier")
                        else reference["name"]
                    )
                else:
                    continue
                yield {field: {"name": name}, **filled(prefix=one.get("prefix"))}
                break

    def _probes(self, key: str, probes: Values) -> Values:
        found: Values = {}
        for kind, one in probes.items():
            if not one.get("enabled"):
                continue
            spec = one.get("spec") or {}
            if one.get("custom"):
                found[f"{kind}Probe"] = spec
                continue
            port = self._primary(key)
            if not port:
                continue
            protocol = port.get("protocol") if one.get("type") == "AUTO" else one.get("type") or "TCP"
            target = {"port": one.get("port") or port.get("targetPort") or port["port"]}
            action: Values = {"tcpSocket": target}
            if protocol in ("HTTP", "HTTPS"):
                action = {"httpGet": {**said(path=one.get("path")), "scheme": protocol, **target}}
            elif protocol == "GRPC":
                action = {"grpc": {**filled(service=one.get("service")), **target}}
            found[f"{kind}Probe"] = {
                "initialDelaySeconds": _kept(spec.get("initialDelaySeconds"), 0),
                "failureThreshold": _kept(spec.get("failureThreshold"), 3),
                "timeoutSeconds": _kept(spec.get("timeoutSeconds"), 1),
                "periodSeconds": _kept(spec.get("periodSeconds"), 10),
                **action,
            }
        return found

    def _primary(self, key: str) -> Values:
        """Return the port that probes of a controller ask: that of its primary or first Service."""
        mine = [one for one in self._services.values() if self._of(one) == key]
        chosen = next((one for one in mine if one.get("primary")), mine[0] if mine else {})
        return _primary_port(chosen)

    def _mounts_any(self, key: str, one: Values) -> bool:
        if one.get("globalMounts"):
            return True
        return not one.get("advancedMounts") or bool(one["advancedMounts"].get(key))

    def _mounts(self, key: str, container: str) -> Iterator[Values]:
        for name, one in self._enabled("persistence").items():
            path = one["hostPath"] if one.get("type") == "hostPath" else f"/{name}"
            advanced = one.get("advancedMounts") or {}
            mounts = [*(one.get("globalMounts") or []), *((advanced.get(key) or {}).get(container) or [])]
            if not one.get("globalMounts") and not advanced:
                mounts = [{}]
            for mount in mounts:
                path = mount.get("path") or path
                fields = ("subPath", "subPathExpr", "readOnly", "mountPropagation")
                yield {
                    "name": name,
                    "mountPath": path,
                    **filled(**{field: mount.get(field) for field in fields}),
                }

    def _volume(self, key: str, one: Values) -> Values:
        kind = one.get("type") or "persistentVolumeClaim"
        options = filled(defaultMode=one.get("defaultMode"), items=one.get("items"))
        if kind == "persistentVolumeClaim":
            claim = one.get("existingClaim") or self._claims()[key]["name"]
            return {kind: {"claimName": claim}}
        if kind in ("configMap", "secret"):
            name = one.get("name") or self._enabled(f"{kind}s")[one["identifier"]]["name"]
            return {kind: {"name" if kind == "configMap" else "secretName": name, **options}}
        if kind == "emptyDir":
            return {kind: filled(medium=one.get("medium"), sizeLimit=one.get("sizeLimit"))}
        if kind == "hostPath":
            return {kind: {"path": one["hostPath"], **filled(type=one.get("hostPathType"))}}
        if kind == "nfs":
            return {kind: {"server": one["server"], "path": one["path"]}}
        volume: Values = one["volumeSpec"]
        return volume

    def _claims(self) -> dict[str, Values]:
        found = {
            key: one
            for key, one in self._enabled("persistence").items()
            if (one.get("type") or "persistentVolumeClaim") == "persistentVolumeClaim"
            and not one.get("existingClaim")
        }
        return {key: {**one, "name": self._name(key, one, len(found))} for key, one in found.items()}

    def _claim(self, one: Values) -> Object:
        storage = one.get("storageClass")
        spec = {
            "accessModes": [one["accessMode"]],
            "resources": {"requests": {"storage": one["size"]}},
            **({"storageClassName": "" if storage == "-" else storage} if storage else {}),
            **filled(volumeName=one.get("volumeName"), dataSource=one.get("dataSource")),
            **filled(dataSourceRef=one.get("dataSourceRef")),
        }
        keep = {"helm.sh/resource-policy": "keep"} if one.get("retain") else {}
        annotations = {**(one.get("annotations") or {}), **keep}
        return self._made("v1 PersistentVolumeClaim", {**one, "annotations": annotations}, spec=spec)

    def _service(self, one: Values) -> Object:
        kind = one.get("type") or "ClusterIP"
        ports = [
            {
                "name": name,
                "port": port["port"],
                "targetPort": port.get("targetPort") or port["port"],
                "protocol": "UDP" if port.get("protocol") == "UDP" else "TCP",
                **filled(nodePort=port.get("nodePort"), appProtocol=port.get("appProtocol")),
            }
            for name, port in _enabled_ports(one).items()
        ]
        fields = [*_BY_TYPE.get(kind, ()), *_SERVICE]
        fields += ["sessionAffinityConfig"] if one.get("sessionAffinity") else []
        selector = {**self._selector, _CONTROLLER: self._of(one), **(one.get("extraSelectorLabels") or {})}
        labels = {**(one.get("labels") or {}), "app.kubernetes.io/service": one["name"]}
        metadata = self._made("v1 Service", {**one, "labels": labels})["metadata"]
        return service(
            one["name"],
            metadata["labels"],
            selector,
            annotations=metadata.get("annotations"),
            type=kind,
            **filled(**{field: one.get(field) for field in fields}),
            **said(allocateLoadBalancerNodePorts=one.get("allocateLoadBalancerNodePorts")),
            ports=ports,
        )

    def _target(self, written: Mapping[str, Any]) -> tuple[str, Any]:
        """Return name and port of the Service that a path or a route leads to: the only one, by default."""
        identifier = written.get("identifier")
        if not identifier and not written.get("name") and len(self._services) == 1:
            identifier = next(iter(self._services))
        own = self._services[identifier] if identifier else {}
        port = written.get("port") or _primary_port(own).get("port")
        if isinstance(port, str):
            port = own["ports"][port]["port"]
        return written.get("name") or own["name"], port

    def _ingress(self, one: Values) -> Object:
        rules = [
            {
                "host": host["host"],
                "http": {
                    "paths": [
                        {
                            "path": path["path"],
                            "pathType": path.get("pathType") or "Prefix",
                            "backend": backend(*self._target(path.get("service") or {})),
                        }
                        for path in host["paths"]
                    ]
                },
            }
            for host in one.get("hosts") or []
        ]
        default = one.get("defaultBackend")
        spec = {
            **filled(ingressClassName=one.get("className"), tls=one.get("tls")),
            **({"defaultBackend": default} if default else {"rules": rules}),
        }
        return self._made("networking.k8s.io/v1 Ingress", one, spec=spec)

    def _route(self, one: Values) -> Object:
        rules = []
        for rule in one.get("rules") or [{"backendRefs": [{}]}]:
            backends = []
            for written in rule.get("backendRefs") or []:
                name, port = self._target(written)
                more = filled(
                    group=written.get("group"), kind=written.get("kind"), namespace=written.get("namespace")
                )
                backends.append(
                    {"name": name, "port": port, **more, "weight": _kept(written.get("weight"), 1)}
                )
            fields = ("matches", "filters", "timeouts", "sessionPersistence")
            rules.append({"backendRefs": backends, **filled(**{field: rule.get(field) for field in fields})})
        spec = {"parentRefs": one["parentRefs"], **filled(hostnames=one.get("hostnames")), "rules": rules}
        return self._made(f"gateway.networking.k8s.io/v1 {one.get('kind') or 'HTTPRoute'}", one, spec=spec)

    def _monitor(self, one: Values) -> Object:
        named = one.get("serviceName") or self._target(one.get("service") or {})[0]
        labels = {"app.kubernetes.io/service": named, **self._selector}
        spec = {
            "jobLabel": one["name"],
            "selector": one.get("selector") or {"matchLabels": labels},
            "endpoints": one["endpoints"],
            **filled(targetLabels=one.get("targetLabels")),
        }
        return self._made("monitoring.coreos.com/v1 ServiceMonitor", one, spec=spec)


def _kept(value: Any, default: int) -> Any:
    return default if value is None else value


def _ordered(containers: Values) -> list[tuple[str, Values]]:
    """Return the containers that are not off, by their names and dependsOn."""
    enabled = {name: one for name, one in sorted(containers.items()) if one.get("enabled", True)}
    return [(name, enabled[name]) for name in _sorted(enabled)]


def _sorted(entries: Mapping[str, Any]) -> list[str]:
    graph = {}
    for name in sorted(entries):
        after = entries[name].get("dependsOn") if isinstance(entries[name], dict) else None
        graph[name] = [after] if isinstance(after, str) else after or []
    return [name for name in TopologicalSorter(graph).static_order() if name in entries]


def _variables(written: Any) -> list[Values]:
    if isinstance(written, list):
        named = [
            (one["name"], {field: value for field, value in one.items() if field != "name"})
            for one in written
        ]
    else:
        named = [(name, (written or {})[name]) for name in _sorted(written or {})]
    found = []
    for name, value in named:
        if not isinstance(value, dict):
            value = {"value": value}
        if "value" in value:
            text = value["value"]
            text = str(text).lower() if isinstance(text, bool) else str(text)
            found.append({"name": name, "value": text})
        else:
            rest = {field: each for field, each in value.items() if field != "dependsOn"}
            found.append({"name": name, "valueFrom": rest.get("valueFrom", rest)})
    return found


def _enabled_ports(one: Mapping[str, Any]) -> dict[str, Values]:
    ports = sorted((one.get("ports") or {}).items())
    return {name: port for name, port in ports if isinstance(port, dict) and port.get("enabled", True)}


def _primary_port(one: Mapping[str, Any]) -> Values:
    ports = list(_enabled_ports(one).values())
    return next((port for port in ports if port.get("primary")), ports[0] if ports else {})
