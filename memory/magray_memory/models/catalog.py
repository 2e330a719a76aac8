"""Model catalog: the models that can be fetched by name, and where their files are on a hub.

Facts are the publishers' (model cards and repositories at the revision named). There are no checksums here:
what the hub states at the first pull is recorded then and checked ever after. Sizes are rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from magray_memory.models.default_model import DEFAULT_ID

MULTILINGUAL = (
    "en",
    "ru",
    "code",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "pl",
    "uk",
    "tr",
    "ar",
    "zh",
    "ja",
    "ko",
)
"""The languages of a multilingual model that the search tells apart; its card names about a hundred."""
WINDOW = 1024
"""Tokens of a text that are read, however many the model could: a passage has at most 2,400 characters, and
attention over 8,192 tokens takes 4 GB for one text."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file on the hub with those that belong to it (weights of more than 2 GB lie beside the graph)."""

    path: str
    beside: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path, the graph's first."""
        folder = self.path.rpartition("/")[0]
        return (self.path, *(f"{folder}/{name}" if folder else name for name in self.beside))


@dataclass(frozen=True, slots=True)
class Entry:
    """One model: `window` in tokens as published, `megabytes` to fetch per device, `speed` of one processor.

    `pooling`: `mean`, `cls` or `last` (token). A model in the package has no repository.
    """

    id: str
    about: str
    dim: int
    window: int
    pooling: str
    languages: tuple[str, ...]
    licence: str
    speed: str
    megabytes: dict[str, int]
    repository: str = ""
    revision: str = ""
    artifacts: dict[str, Artifact] | None = None
    tokenizer: str = "tokenizer.json"
    query_prefix: str = ""
    passage_prefix: str = ""

    @property
    def bundled(self) -> bool:
        """Whether it comes with the package."""
        return not self.repository

    @property
    def max_tokens(self) -> int:
        """The tokens of a text that are read."""
        return min(self.window, WINDOW)

    def artifact(self, device: str) -> Artifact | None:
        """The graph for a device; without one of its own a GPU runs the processor's."""
        found = self.artifacts or {}
        return found.get(device) or found.get("cpu")

    def as_json(self) -> dict[str, Any]:
        """JSON of the entry, for `model list --json`."""
        return {
            "id": self.id,
            "about": self.about,
            "dim": self.dim,
            "window": self.window,
            "pooling": self.pooling,
            "query_prefix": self.query_prefix,
            "passage_prefix": self.passage_prefix,
            "languages": list(self.languages),
            "licence": self.licence,
            "speed": self.speed,
            "megabytes": self.megabytes,
            "repository": self.repository or None,
            "revision": self.revision or None,
        }


CATALOG: tuple[Entry, ...] = (
    Entry(
        DEFAULT_ID,
        "in the package: multilingual-e5-small for English, Russian and code",
        dim=384,
        window=512,
        pooling="mean",
        languages=("en", "ru", "code"),
        licence="MIT",
        speed="fast",
        megabytes={"cpu": 48},
        query_prefix="query: ",
        passage_prefix="passage: ",
    ),
    Entry(
        "all-MiniLM-L6-v2",
        "small and quick, English",
        dim=384,
        window=256,
        pooling="mean",
        languages=("en", "code"),
        licence="Apache-2.0",
        speed="fast",
        megabytes={"cpu": 91, "cuda": 46},
        repository="sentence-transformers/all-MiniLM-L6-v2",
        revision="1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        artifacts={"cpu": Artifact("onnx/model.onnx"), "cuda": Artifact("onnx/model_O4.onnx")},
    ),
    Entry(
        "multilingual-e5-small",
        "the whole of the model in the package, about 100 languages",
        dim=384,
        window=512,
        pooling="mean",
        languages=MULTILINGUAL,
        licence="MIT",
        speed="medium",
        megabytes={"cpu": 487, "cuda": 252},
        repository="intfloat/multilingual-e5-small",
        revision="614241f622f53c4eeff9890bdc4f31cfecc418b3",
        artifacts={"cpu": Artifact("onnx/model.onnx"), "cuda": Artifact("onnx/model_O4.onnx")},
        query_prefix="query: ",
        passage_prefix="passage: ",
    ),
    Entry(
        "multilingual-e5-base",
        "better and slower than the small one, about 100 languages",
        dim=768,
        window=512,
        pooling="mean",
        languages=MULTILINGUAL,
        licence="MIT",
        speed="slow",
        megabytes={"cpu": 1_130, "cuda": 573},
        repository="intfloat/multilingual-e5-base",
        revision="d128750597153bb5987e10b1c3493a34e5a4502a",
        artifacts={"cpu": Artifact("onnx/model.onnx"), "cuda": Artifact("onnx/model_O4.onnx")},
        query_prefix="query: ",
        passage_prefix="passage: ",
    ),
    Entry(
        "bge-small-en-v1.5",
        "small, English, good at retrieval",
        dim=384,
        window=512,
        pooling="cls",
        languages=("en", "code"),
        licence="MIT",
        speed="medium",
        megabytes={"cpu": 134, "cuda": 134},
        repository="BAAI/bge-small-en-v1.5",
        revision="5c38ec7c405ec4b44b94cc5a9bb96e735b38267a",
        artifacts={"cpu": Artifact("onnx/model.onnx")},
        query_prefix="Represent this sentence for searching relevant passages: ",
    ),
    Entry(
        "bge-m3",
        "large, more than 100 languages; needs a GPU",
        dim=1024,
        window=8192,
        pooling="cls",
        languages=MULTILINGUAL,
        licence="MIT",
        speed="very slow",
        megabytes={"cpu": 2_290, "cuda": 2_290},
        repository="BAAI/bge-m3",
        revision="5617a9f61b028005a4858fdac845db406aefb181",
        artifacts={"cpu": Artifact("onnx/model.onnx", ("model.onnx_data", "Constant_7_attr__value"))},
    ),
    Entry(
        "jina-embeddings-v2-base-code",
        "trained on code in 30 programming languages, and English",
        dim=768,
        window=8192,
        pooling="mean",
        languages=("en", "code"),
        licence="Apache-2.0",
        speed="slow",
        megabytes={"cpu": 165, "cuda": 325},
        repository="jinaai/jina-embeddings-v2-base-code",
        revision="516f4baf13dec4ddddda8631e019b5737c8bc250",
        artifacts={"cpu": Artifact("onnx/model_quantized.onnx"), "cuda": Artifact("onnx/model_fp16.onnx")},
    ),
    Entry(
        "Qwen3-Embedding-0.6B",
        "large, more than 100 languages and code; needs a GPU",
        dim=1024,
        window=32_768,
        pooling="last",
        languages=MULTILINGUAL,
        licence="Apache-2.0",
        speed="very slow",
        megabytes={"cpu": 625, "cuda": 1_210},
        repository="onnx-community/Qwen3-Embedding-0.6B-ONNX",
        revision="c25a394dd583836952667c12f008335071b3f43d",
        artifacts={
            "cpu": Artifact("onnx/model_quantized.onnx"),
            "cuda": Artifact("onnx/model_fp16.onnx", ("model_fp16.onnx_data",)),
        },
        query_prefix=(
            "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
        ),
    ),
)


def find(name: str) -> Entry | None:
    """The entry of this id, whatever the case; a repository's full name means it too."""
    wanted = name.casefold()
    return next(
        (entry for entry in CATALOG if wanted in (entry.id.casefold(), entry.repository.casefold())), None
    )
