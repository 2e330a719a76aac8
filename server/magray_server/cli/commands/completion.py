"""Shell completion: `magray completion` prints the script of a shell."""

from __future__ import annotations

import click

from magray_server.cli.failures import DONE
from magray_server.cli.shell import Shell, command

_SHELLS = ("bash", "zsh", "fish")


@command(
    "completion",
    example="""
    magray completion bash > ~/.local/share/bash-completion/completions/magray
    magray completion zsh > "${fpath[1]}/_magray"
    magray completion fish > ~/.config/fish/completions/magray.fish
    """,
)
@click.argument("shell_name", type=click.Choice(_SHELLS), metavar="|".join(_SHELLS))
def cli(shell: Shell, shell_name: str) -> int:
    """Print the completion script of a shell; put it where that shell loads completions from."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell_name)
    assert kind is not None
    script = kind(click.get_current_context().find_root().command, {}, "magray", "_MAGRAY_COMPLETE")
    # Not source(): that one starts a bash to ask for its version and complains when there is none.
    shell.result(script.source_template % script.source_vars())
    return DONE
