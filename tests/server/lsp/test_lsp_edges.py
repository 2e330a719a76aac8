"""What comes over the wire: URIs, settings, params, frames and errors, decoded once, never trusted."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magray_memory.errors import QueryError, StorageError
from magray_server.lsp import params, settings
from magray_server.lsp.errors import Refused, hide_paths, response_error
from magray_server.lsp.folders import Folders
from magray_server.lsp.transport import BadFrame, NotLspError, parse, read_frame
from magray_server.lsp.uris import to_path, to_uri, why_no_path
from magray_server.operations.optimize import Optimize
from magray_server.operations.search import Search


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///tmp/a%20b.py", "/tmp/a b.py"),
        ("file:///tmp/%D0%B7%D0%B0%D0%BC%D0%B5%D1%82%D0%BA%D0%B8.md", "/tmp/заметки.md"),
        ("file:///tmp/заметки.md", "/tmp/заметки.md"),
        ("file:///c%3A/x.py", "/c:/x.py"),
        ("file://localhost/tmp/x", "/tmp/x"),
        ("file:///tmp/what%3F%23.py", "/tmp/what?#.py"),
        ("FILE:///tmp/x", "/tmp/x"),
    ],
)
def test_file_uris_are_decoded(uri: str, path: str) -> None:
    assert to_path(uri) == Path(path)


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1",
        "git:/tmp/x.py?ref",
        "vscode-notebook-cell:/tmp/x.ipynb#W0",
        "",
        "file:",
        "file:///a%00b",
        "file:///a\ud800b",
        "x",
    ],
)
def test_what_is_no_file_has_no_path(uri: str) -> None:
    assert to_path(uri) is None


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("untitled:Untitled-1", "save it first"),
        ("file://", "save it first"),
        ("file:///", "save it first"),
        ("git:/tmp/x.py?ref", "A document of git: is no file of this machine"),
        ("vscode-vfs://github/a/b", "A document of vscode-vfs: is no file"),
        ("magray:/records/n1.md", "A document of magray: is no file"),
        ("file://elsewhere/share/x", "another machine (elsewhere)"),
        ("file:///a%00b", "not valid"),
        ("http://[x", "not valid"),
        ("x", "not valid"),
    ],
)
def test_what_is_no_file_is_said_to_be_what_it_is(uri: str, words: str) -> None:
    assert words in why_no_path(uri)


@given(
    st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1).filter(
        lambda t: t not in (".", "..")
    )
)
def test_paths_come_back_from_their_uri(name: str) -> None:
    path = Path("/tmp") / name
    assert to_path(to_uri(path)) == path


def test_the_innermost_folder_owns_a_file(tmp_path: Path) -> None:
    folders = Folders()
    (tmp_path / "a" / "b").mkdir(parents=True)
    folders.add([(tmp_path / "a").as_uri(), (tmp_path / "a" / "b").as_uri(), "untitled:x"])
    file = folders.locate(tmp_path / "a" / "b" / "x.py")
    assert file is not None and file.path == "x.py"
    assert folders.locate(tmp_path / "x.py") is None


def test_a_link_to_a_folder_is_the_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    folders = Folders()
    folders.add([(tmp_path / "link").as_uri()])
    assert folders.roots == (tmp_path.resolve() / "real",)
    uri = folders.uri(folders.roots[0], "x.py")
    assert uri == (tmp_path / "link" / "x.py").as_uri(), "the client gets its own spelling back"


def test_settings_are_read_in_either_spelling_and_bad_ones_named_once() -> None:
    given = {
        "magray": {
            "index": {"maxFileBytes": 5, "hidden": "maybe"},
            "server": {"codeLens": True, "hover": 3},
            "search": {"k": None},
        }
    }
    read = settings.read(given)
    assert read.engine == {"index.max_file_bytes": 5}
    assert read.server.code_lens and read.server.hover
    assert (
        len(read.warnings) == 2 and "index.hidden" in read.warnings[0] and "server.hover" in read.warnings[1]
    )
    assert read.environment() == {"MAGRAY_INDEX__MAX_FILE_BYTES": "5"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=6), x, max_size=3),
    )
)
def test_no_settings_break_anything(value: object) -> None:
    assert isinstance(settings.read(value), settings.ClientSettings)


@pytest.mark.parametrize(
    "given",
    [None, [], 3, "x", {}, {"query": None}, {"query": 1}, {"query": "x", "k": -1}, {"query": "x", "k": 1e9},
     {"query": "x", "k": "many"}, {"query": "x" * 300_000}, {"query": "x", "lang": [1]},
     {"query": "x", "explain": "yes"}],
)  # fmt: skip
def test_params_that_do_not_fit_are_refused_in_one_sentence(given: object) -> None:
    with pytest.raises(Refused) as caught:
        params.read_options(Search, given)
    assert caught.value.code == -32602
    assert "\n" not in caught.value.message and len(caught.value.message) < 200


def test_nothing_given_is_spelled_in_several_ways() -> None:
    for nothing in (None, {}, []):
        assert params.read(params.Target, nothing) == params.Target()
        assert params.read_options(Optimize, nothing) == Optimize()


def test_a_text_stands_for_a_list_of_one() -> None:
    given = {"query": "x lang:py", "path": "src/", "in": "workspace", "new": 1}
    query = params.read_options(Search, given).as_query(7)
    assert (query.k, query.paths, query.languages, query.within) == (7, ("src/",), ("python",), "workspace")


def test_errors_tell_no_path_outside_the_workspace() -> None:
    roots = [Path("/home/me/project")]
    assert hide_paths("cannot open /home/me/.secret/vault.db now", roots) == "cannot open vault.db now"
    assert hide_paths("cannot open /home/me/project/a.py", roots) == "cannot open /home/me/project/a.py"
    assert hide_paths(r"C:\Users\me\x.db is gone", roots) == "x.db is gone"
    assert hide_paths("see https://example.org/x and a/b", roots) == "see https://example.org/x and a/b"


def test_errors_have_the_code_of_their_kind() -> None:
    assert response_error(QueryError("x", "y")).code == -32602
    assert response_error(StorageError("x")).code == -32803
    assert response_error(StorageError("m9.py", "it is not there")).message == "m9.py: it is not there."
    assert response_error(StorageError("the disk is full")).message == "The disk is full."
    mistake = response_error(ZeroDivisionError("/etc/passwd line 3"))
    assert mistake.code == -32603 and "passwd" not in mistake.message and mistake.data is None


def test_frames_are_read_whatever_their_headers() -> None:
    stream = io.BytesIO(
        b"content-length: 2\r\nX: y\r\n\r\n{}Content-Length:3\r\n\r\n[1]"
        b"\r\n\r\nFoo: 1\r\n\r\nContent-Length: 1\r\n\r\n{"
    )
    found = []
    while (body := read_frame(stream)) is not None:
        found.append(parse(body))
    assert found[:2] == [{}, [1]]
    assert isinstance(found[2], BadFrame) and isinstance(found[3], BadFrame)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    stream = io.BytesIO(data)
    with contextlib.suppress(NotLspError):
        while (body := read_frame(stream)) is not None:
            parse(body)


@pytest.mark.parametrize(
    "line",
    [
        b"POST / HTTP/1.1\r\n",
        b"POST http://127.0.0.1:8080/ HTTP/1.1\r\n",
        b"GET /?a:b HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01:\n",
        b'{"jsonrpc":"2.0","id":1,"method":"initialize"}\n',
        b"Content-Length: 1_0\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: many\r\n",
        b"Content-Length 5\r\n",
        b": 5\r\n",
        b"x" * 20_000 + b": y\r\n",
        b"X: y\r\n" * 4_000,
    ],
)
def test_a_line_that_is_no_header_ends_the_conversation(line: bytes) -> None:
    stream = io.BytesIO(line + b"Content-Length: 2\r\n\r\n{}")
    with pytest.raises(NotLspError):
        read_frame(stream)


def test_a_nest_of_a_million_brackets_is_only_bad_json() -> None:
    assert isinstance(parse(b"[" * 1_000_000), BadFrame)
