"""View of `magray recall`: hits with their dates, and batches of questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.commands.search import hit_lines, query_notes, run_with
from magray_server.cli.operation_command import View
from magray_server.operations.paths import current_folder
from magray_server.operations.recall import Recall, answer

if TYPE_CHECKING:
    from magray_memory.memory import Memory
    from magray_memory.values import SearchAnswer


def _recall(memory: Memory, wanted: Recall) -> SearchAnswer:
    return answer(memory, wanted, wanted.as_query(memory.settings.search.k, folder=current_folder()))


VIEWS = {
    "recall": View(
        run=run_with("recall", _recall, 'magray recall "what did we decide about retries"'),
        lines=hit_lines,
        notes=query_notes,
    )
}
