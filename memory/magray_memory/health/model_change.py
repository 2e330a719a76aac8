"""Model change of a vault: the old vectors answer while the new ones are embedded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory.errors import ModelError
from magray_memory.models.model import resolve_model
from magray_memory.models.recipe import model_of, space_in, space_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.storage.home import Home
    from magray_memory.storage.vault_info import VaultInfo


class Change(NamedTuple):
    """`was` and `to`: ids of models; `made`: passages that have a vector of the new one.

    `lost`: why the old model cannot answer any more; empty while it can.
    """

    was: str
    to: str
    made: int
    passages: int
    lost: str = ""

    @property
    def share(self) -> float:
        """How much of the new set is made, from 0 to 1."""
        return self.made / self.passages if self.passages else 1.0

    def as_json(self) -> dict[str, Any]:
        """JSON of the change, as in `status`."""
        return {"from": self.was, "to": self.to, "made": self.made, "share": round(self.share, 4)}


def change_of(vault: VaultInfo, key: str | None, home: Home) -> Change | None:
    """What a vault is changing from and to, where `key` is that of the model in the settings; None where the
    vault is on it, or has no vectors yet.
    """
    serving = vault.serving
    if key is None or serving is None or serving == key:
        return None
    made = vault.vectors.get(key, 0)
    return Change(model_of(serving), model_of(key), made, vault.passages, _lost(serving, key, home))


def _lost(serving: str, key: str, home: Home) -> str:
    name, space = model_of(serving), space_in(serving)
    if space == space_in(key):
        return ""  # only the recipe changed: the same model asks
    try:
        found = resolve_model(name, home.models)
    except ModelError as error:
        return error.why
    return "" if space_of(found) == space else "another model has its name now"


def described(vaults: Sequence[VaultInfo], key: str | None, home: Home) -> list[dict[str, Any]]:
    """JSON of the vaults, as in `status` and `vault list`."""
    return [vault.as_json() | change_as_json(vault, change_of(vault, key, home)) for vault in vaults]


def change_as_json(vault: VaultInfo, change: Change | None) -> dict[str, Any]:
    """The model that answers for a vault, and the change to another."""
    model = None if vault.serving is None else model_of(vault.serving)
    return {"model": model, "change": None if change is None else change.as_json()}
