"""Settings: one typed tree with defaults, and the layers that override them.

    default  <  home config.toml  <  workspace .magray.toml  <  environment  <  argument

A value that cannot be used is reported once by name and the layer below decides: settings never stop the
program. A workspace is not trusted, so its file may set only what is marked `workspace` here: what concerns
indexing and ranking of that workspace.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from magray_memory.config_file import read_toml
from magray_memory.config_rule import Fields, Rule, by_fields, convert, default_of, setting
from magray_memory.errors import ConfigError
from magray_memory.user_path import expand_user

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WORKSPACE_FILE = ".magray.toml"
HOME_FILE = "config.toml"
MAX_WARNINGS = 20


@by_fields
class IndexSettings(Fields):
    """What is read of a workspace, and how much is spent on it."""

    max_file_bytes: int = setting(
        2_000_000,
        "files larger than this are skipped",
        low=1,
        high=200_000_000,
        workspace=True,
        only_lower=True,
    )
    ignore: tuple[str, ...] = setting((), "gitignore patterns of files to leave out", workspace=True)
    include: tuple[str, ...] = setting(
        (), "gitignore patterns that override the default exclusions", workspace=True
    )
    hidden: bool = setting(False, "index files and folders whose names begin with a dot", workspace=True)
    workers: int = setting(0, "processes that parse source code; 0 = by cores", low=0, high=64)
    parse_seconds: float = setting(
        2.0, "a file that takes longer to parse is cut by lines", low=0.01, high=60
    )


@by_fields
class SearchSettings(Fields):
    """How many hits an answer has."""

    k: int = setting(10, "hits in an answer", low=1, high=1_000, workspace=True)
    per_file: int = setting(3, "hits of one file in an answer", low=1, high=100, workspace=True)


@by_fields
class EmbeddingSettings(Fields):
    """Which model makes vectors, and where it runs."""

    model: str = setting("", "name or folder of a model; empty = the one in the package")
    device: str = setting("auto", "where the model runs", choices=("auto", "cpu", "cuda"))
    depth: str = setting(
        "full",
        "how much of each passage of a workspace the model reads: nothing (static), its first 64 tokens"
        " (heads), these first and then all of prose (prose), or all of it (full); auto: full where the"
        " machine has mains power and is idle, else heads",
        choices=("static", "heads", "prose", "full", "auto"),
    )
    threads: int = setting(0, "threads of the model; 0 = by profile and cores", low=0, high=256)
    probe_seconds: float = setting(
        15.0, "time limit of the smoke test of the native libraries, in a child process", low=1, high=300
    )


@by_fields
class HubSettings(Fields):
    """Where models are pulled from."""

    endpoint: str = setting("", "address of the hub that models are pulled from; empty = HF_ENDPOINT")
    proxy: str = setting("", "proxy to the hub; empty = the proxy variables of the environment")


@by_fields
class StorageSettings(Fields):
    """How safe writing is, and how much the cache of vectors may take."""

    durability: str = setting(
        "balanced",
        "safety against power failure",
        choices=("high-performance", "balanced", "high-reliability"),
    )
    vector_cache_mb: int = setting(512, "size limit of the vector cache", low=0, high=100_000)


@by_fields
class VectorSettings(Fields):
    """What finds the nearest vectors."""

    engine: str = setting(
        "auto",
        "engine of the vector index",
        choices=("auto", "exact", "hnsw", "sketch", "annoy"),
        native={"hnsw": "hnswlib", "annoy": "annoy"},
    )
    ef: int = setting(0, "hnsw's search breadth (ef); 0 = by profile", low=0, high=10_000)
    graph_mb: int = setting(0, "memory limit of hnsw's graph; 0 = by profile", low=0, high=1_000_000)


@by_fields
class ResourceSettings(Fields):
    """What is taken of the machine."""

    profile: str = setting(
        "auto",
        "limits on memory and processor use; auto = by memory and cores",
        choices=("auto", "minimal", "balanced", "performance"),
    )


@by_fields
class NoteSettings(Fields):
    """Folders of notes beside the workspace."""

    folders: tuple[str, ...] = setting((), "folders of notes that every search includes", folders=True)


@by_fields
class RecordSettings(Fields):
    """Records of the notebook."""

    embed_at_once: bool = setting(
        True, "embed a record in the background as soon as it is stored; else with the next index run"
    )


@by_fields
class LayerSettings(Fields):
    """How records rise, fade and leave. 0 leaves a rule to the profile."""

    profile: str = setting(
        "balanced", "how soon records rise and leave", choices=("keep-most", "balanced", "tidy")
    )
    automatic: bool = setting(True, "promote and clean in the background, at most once an hour")
    interact_hours: int = setting(
        0, "hours without use after which a record leaves interact; 0 = by profile", low=0, high=87_600
    )
    insights_days: int = setting(
        0, "days without use after which a record fades from insights; 0 = by profile", low=0, high=36_500
    )
    trash_days: int = setting(0, "days in the trash; 0 = by profile", low=0, high=36_500)
    insights_after: int = setting(
        0, "days of use after which a record rises to insights; 0 = by profile", low=0, high=1_000
    )
    assets_after: int = setting(
        0, "days of use in insights after which a record rises to assets; 0 = by profile", low=0, high=1_000
    )
    importance: float = setting(
        0.0, "importance from which a record rises to insights at once; 0 = by profile", low=0, high=1
    )
    notice_hours: int = setting(
        24, "hours between the first run that finds a record due and the one that moves it", low=0, high=8_760
    )


@by_fields
class RedactionSettings(Fields):
    """What is taken out of texts before they are stored or embedded."""

    enabled: bool = setting(True, "take keys, tokens and passwords out of what is stored")
    patterns: tuple[str, ...] = setting(
        (), "regular expressions of secrets of your own, which are taken out too", expressions=True
    )
    allow: tuple[str, ...] = setting(
        (), "regular expressions of what is no secret: a match of the whole stays", expressions=True
    )


@by_fields
class BackupSettings(Fields):
    """Backups of the notebook and the settings."""

    automatic: bool = setting(True, "back up in the background, at most once a day, when something changed")
    folder: str = setting("", "folder of the backups, relative to the home; empty = `backups`")
    keep_daily: int = setting(7, "days whose last backup is kept", low=1, high=3_650)
    keep_weekly: int = setting(4, "weeks whose last backup is kept", low=0, high=520)
    keep_monthly: int = setting(12, "months whose last backup is kept", low=0, high=1_200)
    drill: bool = setting(True, "once a week, restore the latest backup for trial and ask it")
    passphrase_file: str = setting("", "file whose first line encrypts every backup; empty = none is")


@by_fields
class UsageSettings(Fields):
    """What is kept of what was asked, for `magray stats`."""

    enabled: bool = setting(True, "keep what was searched, for `magray stats`; off erases what was kept")
    keep_days: int = setting(180, "days that a question is kept", low=1, high=36_500)


@by_fields
class Settings(Fields):
    """The whole tree. Immutable; `load_settings` makes it."""

    index: IndexSettings = field(default_factory=IndexSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    vectors: VectorSettings = field(default_factory=VectorSettings)
    notes: NoteSettings = field(default_factory=NoteSettings)
    records: RecordSettings = field(default_factory=RecordSettings)
    redaction: RedactionSettings = field(default_factory=RedactionSettings)
    layers: LayerSettings = field(default_factory=LayerSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    usage: UsageSettings = field(default_factory=UsageSettings)
    resources: ResourceSettings = field(default_factory=ResourceSettings)

    def get(self, name: str) -> Any:
        """The value of `section.key`. Raises ConfigError for an unknown name."""
        find_rule(name)
        section, key = name.split(".")
        return getattr(getattr(self, section), key)


class Loaded(NamedTuple):
    """Settings, the source of each that is not a default, and what was wrong on the way in sentences."""

    settings: Settings
    warnings: tuple[str, ...]
    sources: Mapping[str, str]


INDEXER_SECTIONS = ("index", "embedding", "storage", "vectors", "resources", "redaction")
"""What an indexer goes by; the other sections are about questions and models on a hub."""

SHORT_NAMES = {
    "MAGRAY_MODEL": "embedding.model",
    "MAGRAY_DEVICE": "embedding.device",
    "MAGRAY_DURABILITY": "storage.durability",
}
"""Environment variables with a name of their own; every other setting is MAGRAY_<SECTION>__<KEY>."""


def names() -> Iterator[str]:
    """Every setting as `section.key`, in the order of the tree."""
    defaults = Settings()
    for section in dataclasses.fields(Settings):
        for key in dataclasses.fields(getattr(defaults, section.name)):
            yield f"{section.name}.{key.name}"


def find_rule(name: str) -> Rule:
    """The rule of `section.key`. Raises ConfigError that names the nearest setting."""
    known = _known(name)
    if known is not None:
        return known.metadata["rule"]
    import difflib

    near = difflib.get_close_matches(name[:100], list(names()), n=1, cutoff=0.5)
    raise ConfigError(
        f"setting {_shown(name)}", "there is no such setting", near[0] if near else "magray config show"
    )


def config_path(home: Path, environ: Mapping[str, str] | None = None) -> Path:
    """The person's settings file: MAGRAY_CONFIG, else config.toml in the home."""
    named = (os.environ if environ is None else environ).get("MAGRAY_CONFIG", "")
    return expand_user(named) if named else home / HOME_FILE


def load_settings(
    home: Path,
    workspace: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Settings for this home and workspace; never raises, whatever the files hold.

    `overrides` are arguments by `section.key`; a None among them means "not given".
    """
    environ = os.environ if environ is None else environ
    layers = _Layers()
    path = config_path(home, environ)
    if "MAGRAY_CONFIG" in environ and environ["MAGRAY_CONFIG"] and not path.exists():
        layers.warnings.append(f"settings file {path}: there is no such file (MAGRAY_CONFIG)")
    layers.add_file(path, trusted=True)
    if workspace is not None:
        layers.add_file(workspace / WORKSPACE_FILE, trusted=False)
    for variable, name in _environment(environ):
        layers.add(name, environ[variable], f"environment {variable}", where=variable)
    for name, value in (overrides or {}).items():
        if value is not None:
            layers.add(name, value, "argument")
    return layers.loaded()


def check(name: str, value: object) -> Any:
    """`value` as the setting wants it. Raises ConfigError in one sentence.

    Text is read as the setting's own type: numbers, true/false, and lists as TOML or separated by commas.
    """
    rule = find_rule(name)
    return convert(rule, _default(name), value, f"setting '{name}'")


def _known(name: str) -> dataclasses.Field[Any] | None:
    """The field of `section.key`, None where there is no such setting."""
    section, _, key = name.partition(".")
    part = Settings.__dataclass_fields__.get(section)
    made: Any = None if part is None else part.default_factory
    return None if made is None else made.__dataclass_fields__.get(key)


def _default(name: str) -> Any:
    known = _known(name)
    return None if known is None else default_of(known)


def _environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable in sorted(environ):
        if variable in SHORT_NAMES:
            if environ[variable]:
                yield variable, SHORT_NAMES[variable]
        elif variable.startswith("MAGRAY_") and "__" in variable:
            yield variable, variable.removeprefix("MAGRAY_").replace("__", ".", 1).lower()


class _Layers:
    """Collects values layer by layer; a later one wins, a bad one leaves what was there."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.sources: dict[str, str] = {}
        self.warnings: list[str] = []

    def add_file(self, path: Path, *, trusted: bool) -> None:
        """Add what a TOML file sets; what it may not set, or sets wrongly, becomes a warning."""
        try:
            table = read_toml(path, follow_links=trusted)
        except ConfigError as error:
            self.warnings.append(f"{error.message}; it is ignored")
            return
        for section, part in (table or {}).items():
            if section not in Settings.__dataclass_fields__:
                self.warnings.append(
                    f"setting {_shown(section)} in {path}: there is no such section; it is ignored"
                )
            elif not isinstance(part, dict):
                self.warnings.append(f"setting '{section}' in {path}: it must be a table; it is ignored")
            else:
                for key, value in cast(dict[str, object], part).items():
                    self.add(f"{section}.{key}", value, str(path), where=str(path), trusted=trusted)

    def add(self, name: str, value: object, source: str, *, where: str = "", trusted: bool = True) -> None:
        """Take a value, or warn of why it is ignored; `trusted`: it is no file of a workspace."""
        label = f"setting {_shown(name)}" + (f" in {where}" if where else "")
        try:
            rule = find_rule(name)
            if not trusted and not rule.workspace:
                raise ConfigError(label, "a workspace may not set it")
            value = convert(rule, _default(name), value, label)
            limit = self.values.get(name, _default(name))
            if not trusted and rule.only_lower and value > limit:
                raise ConfigError(label, f"a workspace may only make it smaller than {limit}")
        except ConfigError as error:
            why = error.why or "it cannot be used"
            self.warnings.append(f"{label}: {why}; it is ignored")
            return
        self.values[name] = value
        self.sources[name] = source

    def loaded(self) -> Loaded:
        settings = Settings()
        for name, value in self.values.items():
            section, key = name.split(".")
            part = dataclasses.replace(getattr(settings, section), **{key: value})
            settings = dataclasses.replace(settings, **{section: part})
        warnings = list(dict.fromkeys(self.warnings))
        if len(warnings) > MAX_WARNINGS:
            more = len(warnings) - MAX_WARNINGS
            warnings[MAX_WARNINGS:] = [f"{more:,} more settings cannot be used; they are ignored"]
        return Loaded(settings, tuple(warnings), dict(self.sources))


def _shown(name: str) -> str:
    """A name from a stranger's file, safe and short enough for one line."""
    text = name if name.isprintable() else ascii(name)[1:-1]
    return f"'{text if len(text) <= 60 else text[:57] + '…'}'"
