"""The analyzer: what words become, and that SQLite keeps every token as it is."""

import sqlite3
import subprocess
import sys
import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from magray_memory.text import analyzer
from magray_memory.text.analyzer import analyze, analyze_names, name_tokens, query_tokens, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("get_user_byID", "get_user_byid get user by id"),
        ("HTTPServer2", "httpserver2 http server 2"),
        ("parse_URLsNow", "parse_urlsnow pars url now"),
        ("JavaScript", "javascript java script"),
        ("sha256", "sha256 sha 256"),
        ("__init__", "__init__ init"),
        ("_private", "privat"),
        ("_check_token", "check_token check token"),
        ("connections connected", "connect connect"),
        ("self.name=3.14", "self name 3 14"),
        ("utf-8 e-mail", "utf 8 e mail"),
        ("a3f5c9d2e1 0x1F", "a3f5c9d2e1 0x1f"),
        ("café naïve Straße Łódź", "cafe naiv strass lodz"),
        ("cafe\u0301 re\u00adsult", "cafe result"),
        ("ﬁle ² Ⅳ Ｆｕｌｌ", "file 2 iv full"),
        ("Ёлка ёлки елка", "елк елк елк"),
        ("зелёными зеленых", "зелен зелен"),
        ("край краи", "кра кра"),
        ("за́мок замок", "замок замок"),
        ("ПользовательИмя", "пользовательимя пользовател им"),
        ("getИмя", "getимя get им"),
        ("日本語テキスト", "日本 本語 語テ テキ キス スト 日 本 語 テ キ ス ト"),
        ("猫", "猫"),
        ("Pythonで書く", "python で書 書く で 書 く"),
        ("한국어는", "한국 국어 어는 한 국 어 는"),
        ("İstanbul", "istanbul"),
        ("_ __ ___ !?. — 🙂", ""),
        ("", ""),
    ],
)
def test_words_become_tokens(text: str, expected: str) -> None:
    assert analyze(text) == expected
    assert tokens(text) == expected.split()


def test_an_identifier_is_found_by_any_of_its_spellings() -> None:
    stored = set(tokens("def getUserByID(webHooks): ..."))
    for query in ("getUserByID", "get user by id", "users", "getuserbyid", "web hook", "webhook", "WebHooks"):
        assert set(query_tokens(query)) <= stored, query


@pytest.mark.parametrize(
    ("name", "compounds"),
    [
        ("WebSocketServer", "websocket socketserv"),
        ("src/file_name.py", "filenam"),
        ("OAuth2Session", "oauth"),
        ("JavaScript", ""),
        ("_private", ""),
        ("a3f5c9d2e1", ""),
        ("путь/файл", ""),
    ],
)
def test_a_name_is_found_by_what_its_neighbouring_parts_make(name: str, compounds: str) -> None:
    assert analyze_names(name) == f"{analyze(name)} {compounds}".strip()
    assert name_tokens(name) == analyze_names(name).split()


def test_query_tokens_are_distinct_in_order_and_without_contractions() -> None:
    assert query_tokens("What’s the user's name, the NAME? don't") == ["what", "the", "user", "name", "don"]
    assert query_tokens("d'Artagnan 's") == ["d", "artagnan", "s"]


def test_encoded_data_makes_one_short_token() -> None:
    assert tokens("A" * 5_000_000) == ["a" * 64]
    assert tokens("Ab1" * 40) == [("ab1" * 40)[:64]]
    assert len(tokens("test_" + "long_name_" * 9)) > 10


def test_the_cache_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyzer, "_MAX_CACHED_WORDS", 100)
    before = [analyze(f"word{i} слово{i}") for i in range(500)]
    assert len(analyzer._words) <= 100
    assert before == [analyze(f"word{i} слово{i}") for i in range(500)]


def test_tokens_are_the_same_in_another_process() -> None:
    text = "getUserByID нейросетиAPI зелёный 日本語テキスト café 0x1F don't"
    code = f"from magray_memory.text.analyzer import analyze; print(ascii(analyze({text!a})))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ascii(analyze(text))


def test_importing_the_analyzer_loads_no_native_stemmer() -> None:
    code = "import sys, magray_memory.text.analyzer; sys.exit('Stemmer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture(scope="module")
def fts() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    tokenizer = "unicode61 remove_diacritics 0 tokenchars '_'"
    db.execute(f'CREATE VIRTUAL TABLE terms USING fts5(body, tokenize="{tokenizer}")')
    db.execute("CREATE VIRTUAL TABLE vocab USING fts5vocab(terms, 'instance')")
    return db


def terms_in_sqlite(db: sqlite3.Connection, text: str) -> list[str]:
    db.execute("DELETE FROM terms")
    db.execute("INSERT INTO terms(body) VALUES (?)", (text,))
    return [term for (term,) in db.execute("SELECT term FROM vocab ORDER BY offset")]


@settings(max_examples=600, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
@example("Ꭰꮳ ᏸ Ა ⴀ Ⴀ ŉ ǅ ẞ ΐ ς µ ﬃ ͅ ẛ̣ ᾳ 𐐀 𞤀 ᦰ ᳲ ǰ ϴ Ω K Å")
@example("a\u0306и\u0306и\u0308\u3099か\u3099")
@example("नमस्ते สวัสดี שָׁלוֹם مُحَمَّد")
def test_every_token_is_one_term_in_sqlite(fts: sqlite3.Connection, text: str) -> None:
    assert terms_in_sqlite(fts, analyze(text)) == tokens(text)
    assert terms_in_sqlite(fts, analyze_names(text)) == name_tokens(text)


def test_every_letter_mark_and_digit_of_unicode_survives_sqlite(fts: sqlite3.Connection) -> None:
    known = [chr(i) for i in range(0x110000) if unicodedata.category(chr(i))[0] in "LMN"]
    # Of the 100,000 ideographs and syllables, which differ in nothing, every 16th.
    known = [
        c
        for i, c in enumerate(known)
        if i % 16 == 0 or not unicodedata.name(c, "").startswith(("CJK", "HANGUL S"))
    ]
    text = " ".join(f"x{char}y {char}" for char in known)
    assert Counter(terms_in_sqlite(fts, analyze(text))) == Counter(tokens(text))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
@example("ÀA#")
@example("e\u0301C++ яF# \u200dB#")
def test_any_text_is_analysed_alike_each_time_and_in_parts(text: str) -> None:
    assert analyze(text) == analyze(text)
    assert tokens(f"{text} {text}") == tokens(text) * 2
    assert all(0 < len(token) <= 64 for token in name_tokens(text))
    assert set(query_tokens(text)) <= set(tokens(text)) or any(mark in text for mark in "'’ʼ")
