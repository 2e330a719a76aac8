"""`doctor`: what is wrong, a sentence each, and repairing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from magray_memory.values import Diagnosis


@options
class Doctor:
    """Examine every vault, its indexes and the home, and say what is wrong.

    With --fix, what is derived from files is rebuilt. A damaged notebook is salvaged as far as it can be
    read, and the damaged file is renamed to NAME.damaged-TIME. The exit code is 1 while an error remains,
    3 when data was lost. With --verbose the index files are named too.
    """

    fix: bool = option("Repair what can be repaired.", default=False)


def run(context: Context, wanted: Doctor) -> Diagnosis:
    """What is wrong, and with `fix` what was repaired; raises nothing for what it finds."""
    return context.memory.health.doctor(fix=wanted.fix, progress=context.progress)


def outcome(_: Doctor, diagnosis: Diagnosis) -> Outcome:
    """Failed while an error remains, partly done when something was lost."""
    if diagnosis.errors:
        return Outcome.FAILED
    return Outcome.PARTLY if diagnosis.lost else Outcome.DONE


OPERATIONS = (
    Operation(
        name="doctor",
        options=Doctor,
        run=run,
        shape="magray_server.operations.shapes:Diagnosis",
        outcome=outcome,
        examples="""
        magray doctor
        magray doctor --fix
        """,
    ),
)
