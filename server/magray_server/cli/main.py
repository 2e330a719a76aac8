"""Entry point of the `magray` command, which Ctrl-C ends from its first moment on."""

from magray_server.quick_start import end_at_once


def main() -> None:
    """Run the command line of this process; never returns."""
    end_at_once()
    from magray_server.cli.program import main as run

    run()


if __name__ == "__main__":
    main()
