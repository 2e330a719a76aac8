"""Status: the state of every component, in well under a second, whatever is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory import __version__
from magray_memory.health import checks, model_checks
from magray_memory.health.model_change import Change, change_of, described
from magray_memory.health.report import Component, Severity, worst
from magray_memory.models.device_observation import Observation, last_observation
from magray_memory.storage.home import Home
from magray_memory.storage.vault_info import VaultInfo, list_vaults

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.health.findings import Finding


class Status(NamedTuple):
    """How everything is. `key` is the embedding key of the model in the settings."""

    home: Path
    components: Sequence[Component]
    vaults: Sequence[VaultInfo]
    current: VaultInfo | None
    key: str | None
    requested_device: str
    device: Observation | None

    @property
    def severity(self) -> Severity:
        """The worst of the components."""
        return worst(list(self.components))

    def change(self, vault: VaultInfo) -> Change | None:
        """The model that this vault is changing to, if it is."""
        return change_of(vault, self.key, Home(self.home))

    def as_json(self) -> dict[str, Any]:
        """The contract's `status`."""
        unseen = {"requested": self.requested_device, "actual": None, "observed_at": None, "reason": None}
        return {
            "version": __version__,
            "home": str(self.home),
            "severity": self.severity.value,
            "components": [component.as_json() for component in self.components],
            "vaults": described(self.vaults, self.key, Home(self.home)),
            "device": unseen if self.device is None else self.device.as_json(),
        }


def read_status(
    home: Home, settings: Settings, root: Path | None, findings: Sequence[Finding] = ()
) -> Status:
    """Looks at everything once. Reads only; a part that cannot be read is reported, never raised.

    `findings` of an examination are added to the components that they are about.
    """
    vaults = list_vaults(home)
    wanted = None if root is None else home.vault_path(root)
    current = next((vault for vault in vaults if vault.path == wanted), None)
    model, problem = checks.find_model(settings, home)
    context = checks.HealthContext(
        home, settings, vaults, current, model, problem, last_observation(home.path)
    )
    looked = (
        checks.storage,
        checks.lexical_index,
        checks.vector_index,
        model_checks.model,
        model_checks.device,
        checks.vector_cache,
        checks.indexer,
        _skipped_files,
        _records,
        _backup,
        checks.memory,
        checks.disk,
    )
    components = [component for check in looked if (component := check(context)) is not None]
    if findings:
        from magray_memory.health.deep_status import add

        components = add(components, findings)
    return Status(
        home.path, components, vaults, current, context.key, settings.embedding.device, context.device
    )


def _records(context: checks.HealthContext) -> Component | None:
    if not any(not vault.kind.derived for vault in context.vaults):
        return None
    from magray_memory.health.records_check import records

    return records(context)


def _backup(context: checks.HealthContext) -> Component | None:
    if not context.home.notebook.is_file():
        return None
    from magray_memory.health.backup_check import backup

    return backup(context)


def _skipped_files(context: checks.HealthContext) -> Component | None:
    if context.current is None or not context.current.skipped:
        return None
    from magray_memory.health.skipped_files import skipped_files

    return skipped_files(context)
