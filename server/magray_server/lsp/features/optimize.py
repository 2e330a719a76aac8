"""`magray/optimize`: less space, less waiting, with a progress bar."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from magray_server.host.maintenance import OptimizeError
from magray_server.lsp.errors import failed

if TYPE_CHECKING:
    from magray_server.host.maintenance import Maintenance
    from magray_server.lsp.progress import ProgressBars


class OptimizeRequests:
    """One run after the other."""

    def __init__(self, bars: ProgressBars, maintenance: Maintenance) -> None:
        self._bars = bars
        self._maintenance = maintenance

    async def optimize(self, given: Any) -> dict[str, Any]:
        """What `magray optimize` answers. Cancelling the request ends it and keeps what it did."""
        from magray_server.lsp import params
        from magray_server.operations.optimize import Optimize

        wanted, token = params.read_options(Optimize, given), params.read(params.WorkDone, given).token
        task = asyncio.current_task()
        bar = self._bars.open("magray: optimizing", task.cancel if task else None, token)
        bar.report("Examining vaults")
        try:
            return await self._maintenance.optimize(
                dry_run=wanted.dry_run,
                on_step=lambda step: bar.report(f"{step[:1].upper()}{step[1:200]}"),
            )
        except OptimizeError as error:
            raise failed(str(error)) from error
        finally:
            bar.end()
