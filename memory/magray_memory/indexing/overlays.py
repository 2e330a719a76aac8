"""Overlays room: the open buffers of each root, searched in place of their files until the index has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.indexing.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from magray_memory.context import Context
    from magray_memory.models.embedder import Embedder
    from magray_memory.storage.vault import Vault


class Overlays:
    """The overlay of each root, made at its first buffer. Thread-safe."""

    def __init__(self, context: Context, stored: Callable[[Path], Vault | None]) -> None:
        """`stored` gives the vault of a root as searches read it, None where there is none."""
        self.open: dict[Path, Overlay] = {}
        self._context = context
        self._stored = stored

    def of(self, root: Path) -> Overlay:
        """The overlay of a root."""
        with self._context.guard:
            if root not in self.open:
                self.open[root] = Overlay(root, self._context.effective)
            return self.open[root]

    def put(self, root: Path, path: str, text: str, *, unsaved: bool) -> bool:
        """Search the text in place of the file, as long as that is needed; returns whether it is.

        It is not where the file holds just this text and was indexed, or was just opened and is saved.
        """
        overlay, stored = self.of(root), self._stored(root)
        shown = path in overlay.paths
        if overlay.settled(path, text, stored) or (
            not unsaved and not shown and overlay.same_as_file(path, text)
        ):
            overlay.drop(path)
            return False
        overlay.put(path, text, stored)
        return path in overlay.paths

    def drop(self, root: Path, path: str) -> None:
        """Search the file as it is stored again."""
        self.of(root).drop(path)

    def embed(self, root: Path, should_stop: Callable[[], bool] | None = None) -> int:
        """Embed what waits for a vector, with the model that answers for the root; returns how many passages.

        Raises EmbeddingUnavailable, also while the model is loading, and Interrupted.
        """
        return self.of(root).embed(self.embedder(root), self._stored(root), should_stop)

    def embedder(self, root: Path) -> Embedder:
        """The model that answers for the files of a root. Raises EmbeddingUnavailable."""
        from magray_memory.storage.vector_spaces import serving

        stored = self._stored(root)
        return self._context.models.of(None if stored is None else serving(stored))

    def retain(self, roots: Collection[Path]) -> None:
        """Forget the overlays of all other roots."""
        with self._context.guard:
            for root in [root for root in self.open if root not in roots]:
                self.open.pop(root)

    def close(self) -> None:
        """Forget every buffer."""
        with self._context.guard:
            for overlay in self.open.values():
                overlay.close()
            self.open.clear()
