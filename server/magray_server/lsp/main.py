"""Entry point of `magray-lsp`, which signals end from its first moment on."""

from magray_server.quick_start import end_at_once


def main() -> None:
    """Serve one client; never returns."""
    end_at_once()
    from magray_server.lsp.program import main as run

    run()


if __name__ == "__main__":
    main()
