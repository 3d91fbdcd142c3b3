"""Fake kind, kubectl and docker, which log their calls."""

from __future__ import annotations

from pathlib import Path

KIND = """
case "$1 $2" in
version*) echo kind v0.33.0; exit ;;
"create cluster")
  echo " • Preparing nodes 📦  ..." >&2
  [ ! -e refuse ] || { echo "ERROR: no room" >&2; exit 1; } ;;
esac
"""
KUBECTL = """
case "$*" in
"version --client") echo Client Version: v1.34.4; exit ;;
*"get --output=json deployments --all-namespaces") cat deployments.json ;;
*"get --output=json"*) echo '{"kind": "List", "items": []}' ;;
*https://*) echo "error: no such host" >&2; exit 1 ;;
*"apply --server-side"*)
  ! grep -qs "name: coredns" "${*##*--filename }"/*.yaml || echo "configmap/coredns serverside-applied" ;;
*"--context=missing") echo "error: cannot locate context missing" >&2; exit 1 ;;
esac
"""
DOCKER = """
case "$1" in
port) for port in 80 443 31080; do echo "$port/tcp -> 127.0.0.1:1$port"; done ;;
esac
"""


def write(folder: Path) -> None:
    """Write the programs into a folder, where they log each call as a line of the file log."""
    for name, body in {"kind": KIND, "kubectl": KUBECTL, "docker": DOCKER}.items():
        program = folder / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {folder}/log\ncd {folder}\n{body}', encoding="utf-8"
        )
        program.chmod(0o755)


def asked(machine: Path, words: str) -> list[str]:
    """Return the logged calls that contain these words."""
    return [line for line in (machine / "log").read_text().splitlines() if words in line]
