"""magray_memory: the engine of magray, an importable library that knows nothing of editors or terminals."""

__version__ = "0.1.0"
