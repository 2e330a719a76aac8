"""Default exclusions: what is left out unless a setting includes it.

Every rule here is a default that `index.include` wins back, except bytes that are no text. What is only
sometimes rubbish (`build`, `dist`, `vendor`) is not here: a project's own ignore files know.
"""

from __future__ import annotations

from functools import cache

from magray_memory.ignore.patterns import RuleSet, parse_rules

ALWAYS_LEFT_OUT = frozenset((".git", ".hg", ".svn", ".bzr", "_darcs", "CVS", ".jj", ".pijul"))
"""The stores of version control, which not even `index.include` brings back."""

MARKERS = frozenset(("CACHEDIR.TAG", "pyvenv.cfg"))
"""A folder with one of these is a cache or a virtual environment by its own word."""

_PATTERNS = b"""
# folders that tools fill
node_modules/
bower_components/
jspm_packages/
__pycache__/
__pypackages__/
site-packages/
htmlcov/
*.egg-info/
*.dist-info/
*.xcassets/
*.xcodeproj/
DerivedData/
# lock files
package-lock.json
npm-shrinkwrap.json
pnpm-lock.yaml
yarn.lock
bun.lock
deno.lock
composer.lock
Gemfile.lock
Cargo.lock
poetry.lock
pdm.lock
uv.lock
Pipfile.lock
pixi.lock
conda-lock.yml
mix.lock
pubspec.lock
Podfile.lock
Package.resolved
flake.lock
packages.lock.json
gradle.lockfile
go.sum
go.work.sum
*.lockb
# translation catalogues
*.po
*.pot
*.gmo
*.xlf
*.xliff
*.resx
*.arb
*.qm
# made by tools
*.min.js
*.min.mjs
*.min.cjs
*.min.css
*.bundle.js
*.chunk.js
*.js.map
*.mjs.map
*.cjs.map
*.ts.map
*.css.map
*.min.map
*.snap
*.log
*.pb.go
*_pb2.py
*_pb2.pyi
*_pb2_grpc.py
*.pb.cc
*.pb.h
*.g.dart
*.freezed.dart
*.designer.cs
*.generated.*
# left behind by editors
*~
*.swp
*.orig
*.rej
*.bak
Thumbs.db
desktop.ini
# pictures that are text
*.svg
*.eps
*.ps
"""

_BINARY_EXTENSIONS = """
7z a aac accdb ai aif aiff apk arrow avi avif bin blend bmp br bz2 cab class cr2 cur db db-shm db-wal dbf
deb der dex dll dmg docm docx dotx dylib ear egg eot epub exe fbx feather flac flv fla gem gif glb gpkg
gz h5 hdf5 heic heif hnsw icns ico idx img ipa iso jar jp2 jpeg jpg joblib jxl keystore lib lz lz4 lzma
m4a m4v mdb mid mkv mmdb mobi mov mp3 mp4 mpeg mpg msi nib npy npz nupkg o obj odp ods odt ogg ogv onnx
opus otf par2 parquet pbf pbm pcap pck pdb pdf pdn pgm pickle png ppm ppt pptm pptx psd pth pyc pyd pyo
qcow2 ra rar raw rdb rds rlib rpm rmeta safetensors shp shx sketch so sqlite sqlite3 sqlite-shm
sqlite-wal stl swf tar tbz tflite tga tgz tif tiff ttc ttf txz vdi vhd vmdk wasm wav webm webp whl wma
wmv woff woff2 xcf xla xls xlsb xlsm xlsx xpi xz z zip zst zstd graffle ann
"""
_BINARY = frozenset(_BINARY_EXTENSIONS.split())
"""Endings that texts have as well (`pt`, `pkl`, `doc`) are not among them: there the bytes decide."""

_DATA_EXTENSIONS = "csv tsv psv json jsonl ndjson geojson topojson xml yaml yml sql kml gml dump ldif"
_DATA = frozenset(_DATA_EXTENSIONS.split())
DATA_BYTES = 512 * 1024
"""A file of a data format beyond this is a dump, not something that a person wrote."""


@cache
def default_rules() -> RuleSet:
    """The names that are left out, in upper or lower case."""
    return parse_rules(_PATTERNS, fold=True)


def is_binary_name(name: str) -> bool:
    """Whether the extension belongs to a format that is no text."""
    return name.rpartition(".")[2].lower() in _BINARY and "." in name


def is_dump(name: str, size: int) -> bool:
    """Whether a file of a data format is too big to have been written by hand."""
    return size > DATA_BYTES and name.rpartition(".")[2].lower() in _DATA


def is_binary(data: bytes) -> bool:
    """Whether the bytes are no text: a NUL in the first 8,000, as git tells it, unless a mark says UTF-16 or
    UTF-32.
    """
    return not data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" in data[:8000]
