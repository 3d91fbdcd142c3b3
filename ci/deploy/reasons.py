"""Why a deploy did not go through: stable codes, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ci.base.errors import UserError


class Code(StrEnum):
    """The reasons in reports; docs/operations.md says what to do about each. A code never changes."""

    # Nothing was changed.
    INVALID = "Invalid"
    CONTEXT_MISMATCH = "ContextMismatch"
    UNREACHABLE = "Unreachable"
    NOT_ALLOWED = "NotAllowed"
    LOCKED = "Locked"
    NAMESPACE_TERMINATING = "NamespaceTerminating"
    NOT_CONFIRMED = "NotConfirmed"
    FOREIGN_RELEASE = "ForeignRelease"
    FIELD_CONFLICT = "FieldConflict"
    IMMUTABLE_FIELD = "ImmutableField"
    # The new version did not come up.
    CRASH_LOOP = "CrashLoop"
    IMAGE_NOT_FOUND = "ImageNotFound"
    IMAGE_REFUSED = "ImageRefused"
    CONFIG_MISSING = "ConfigMissing"
    NOT_FETCHED = "SecretNotFetched"
    QUOTA_EXCEEDED = "QuotaExceeded"
    ADMISSION_REFUSED = "AdmissionRefused"
    NOT_READY = "NotReady"
    CLAIM_LOST = "ClaimLost"
    MIGRATION_FAILED = "MigrationFailed"
    HELM_FAILED = "HelmFailed"
    INTERRUPTED = "Interrupted"
    # Reported while it lasts, and no failure by itself.
    IMAGE_UNAVAILABLE = "ImageUnavailable"
    RESTARTED = "Restarted"
    TRANSIENT = "Transient"
    UNSCHEDULABLE = "Unschedulable"
    WAITING_FOR_CONFIG = "WaitingForConfig"
    CLAIM_PENDING = "ClaimPending"
    NO_METRICS = "NoMetrics"
    ROUTE_REFUSED = "RouteRefused"


@dataclass(frozen=True)
class Reason:
    """A code and its evidence: an object (``Pod api-6d4f9-x2x7p``), its container, words, last log lines."""

    code: Code
    message: str
    object: str = ""
    container: str = ""
    log: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = " ".join(filter(None, (self.object, self.container and f"container {self.container}")))
        return f"{place}: {self.message}" if place else self.message


class Refused(UserError):
    """A deploy that was refused before anything changed, or that failed, for a reason."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(f"{reason.code}: {reason}")
