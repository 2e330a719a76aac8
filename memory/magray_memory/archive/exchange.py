"""Exchange room: records leave the notebook for a file or a folder, and come in from those of any known tool.

with Memory.open() as memory:
    memory.exchange.export(Path("records.json"))
    report = memory.exchange.import_(Path("~/Downloads/chatgpt.zip"))
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, BinaryIO, Literal

from magray_memory.errors import StorageError
from magray_memory.progress import SILENT, Progress
from magray_memory.user_path import absolute_path

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from magray_memory.archive.export_run import Exported, ExportRun
    from magray_memory.archive.import_report import Imported
    from magray_memory.context import Context
    from magray_memory.records.room import Records
    from magray_memory.storage.record_lists import RecordFilter
    from magray_memory.storage.vault import Vault

Format = Literal["json", "markdown"]
_PIPED = "-"
"""Where items come from that are piped in, whatever the pipe is called."""


class Exchange:
    """Exports and imports records."""

    def __init__(self, context: Context, records: Records) -> None:
        self._context = context
        self._records = records

    def export(
        self,
        path: Path,
        wanted: RecordFilter | None = None,
        *,
        format: Format | None = None,  # noqa: A002 - the word of the contract
        trash: bool = False,
        force: bool = False,
        progress: Progress = SILENT,
    ) -> Exported:
        """Write records as a JSON file or a folder of Markdown notes; None: a folder where one is.

        `trash`: with those in the trash; `force`: over files that no export wrote, or that were edited since.
        Raises UsageError, StorageError, Interrupted.
        """
        from magray_memory.archive.export_run import export_json_file

        path = absolute_path(path)
        run = self._export_run(wanted, trash=trash, progress=progress)
        if format == "markdown" or (format is None and path.is_dir()):
            from magray_memory.archive.markdown_export import export_notes

            return export_notes(run, path, force=force)
        return export_json_file(run, path, force=force)

    def export_to(
        self,
        stream: BinaryIO,
        wanted: RecordFilter | None = None,
        *,
        trash: bool = False,
        progress: Progress = SILENT,
    ) -> int:
        """Write records as one JSON document to a stream; returns their number. Raises OSError, StorageError,
        Interrupted.
        """
        from magray_memory.archive.export_run import export_json

        return export_json(self._export_run(wanted, trash=trash, progress=progress), stream)

    def import_(
        self,
        path: Path,
        *,
        stream: BinaryIO | None = None,
        format: str = "auto",  # noqa: A002 - the word of the contract
        dry_run: bool = False,
        tags: Sequence[str] = (),
        layer: str | None = None,
        project: str | None = None,
        progress: Progress = SILENT,
    ) -> Imported:
        """Take what a file, a folder or an archive holds; `format`: see `importer_table.IMPORTERS`.

        `stream`: what is read in place of the path, which names it then.
        `tags` are added to what comes; `layer`: of what has none, else assets. A repeat takes what is new.
        Raises UsageError, StorageError, Interrupted: what was stored until then is there.
        """
        from magray_memory.archive.import_report import Imported
        from magray_memory.archive.import_run import ImportRun
        from magray_memory.archive.importer_table import IMPORTERS, importer_for
        from magray_memory.archive.incoming_content import Choices
        from magray_memory.archive.source import Source
        from magray_memory.archive.spool import spooled
        from magray_memory.records.draft import clean_layer, clean_tags

        choices = Choices(
            tags=clean_tags(tags),
            layer=clean_layer(layer or "assets"),
            project=project,
            redaction=self._context.settings.redaction,
        )
        try:
            with ExitStack() as stack:
                source = (
                    Source(absolute_path(path), str(path))
                    if stream is None
                    else Source(stack.enter_context(spooled(stream, progress)), str(path), _PIPED)
                )
                name = importer_for(source, format)
                progress.report(f"importing {IMPORTERS[name].about}")
                vault = stack.enter_context(self._notebook(dry_run=dry_run))
                run = ImportRun(
                    vault=vault,
                    source=source,
                    importer=IMPORTERS[name].load(),
                    choices=choices,
                    report=Imported(name, IMPORTERS[name].about, dry_run),
                    progress=progress,
                )
                report = run.run()
        except OSError as error:
            place = error.filename or path
            raise StorageError(f"{place} cannot be read", error.strerror or str(error)) from error
        if report.taken and not dry_run:
            self._records.embed_in_background()
        return report

    @contextmanager
    def _notebook(self, *, dry_run: bool) -> Generator[Vault]:
        """The notebook, which an import makes; what a dry run writes, it takes back."""
        vault = self._records.notebook(write=True, make=not dry_run)
        if vault is not None:
            yield vault
            return
        from magray_memory.storage.memory_vault import MemoryVault

        with MemoryVault.make() as scratch:
            yield scratch

    def _export_run(self, wanted: RecordFilter | None, *, trash: bool, progress: Progress) -> ExportRun:
        from magray_memory.archive.export_run import ExportRun
        from magray_memory.storage.record_lists import RecordFilter

        return ExportRun(
            vault=self._records.notebook(write=False),
            wanted=wanted or RecordFilter(),
            redaction=self._context.settings.redaction,
            trash=trash,
            progress=progress,
        )
