"""Sources in the encodings from before Unicode are read as written, however short their comments are."""

from __future__ import annotations

import codecs
import random
from typing import TYPE_CHECKING

import pytest

from magray_memory.text.decode import Undecodable, decode, unmarked_utf_16

if TYPE_CHECKING:
    from collections.abc import Callable

RUSSIAN = """
возвращает количество записей|открыть файл|проверка суммы заказа|Ошибка чтения|пользователь не найден
Сохранить и выйти|считает хеш строки|список всех документов за месяц|не трогать|ключ|Отчёт по складу|данные
загрузить настройки из базы данных|сделать позже|временное решение|Функция сортировки|обработка исключений
если пусто, то выйти|Московский филиал|удалить дубликаты|Ёлка у дома|подъезд №5|версия 2.0 (черновик)
"""
UKRAINIAN = """
повертає кількість записів|відкрити файл|перевірка|користувача не знайдено|список усіх документів
тимчасове рішення|об'єкт|зберегти й вийти|ґрунт і вода
"""
BELARUSIAN = "вяртае колькасць запісаў|адкрыць файл|Памылка чытання|ўсё добра|спіс дакументаў"
WESTERN = """
déjà vu|café|naïve|Größe|für die Übersetzung|Fehler beim Öffnen der Datei|straße|año|señor|¿qué?|está aquí
não é possível|ação|prêt à porter|être|hôtel|où|façade|blåbær|smörgåsbord|château créé|élève|Straße in München
© 2010 Müller|20 °C|±5 %|ähnlich|Ångström
"""
WINDOWS = "œuvre|naïve — “quoted” text|D’accord|für 5 €"
CENTRAL = "Zażółć gęślą jaźń|błąd odczytu pliku|otwórz plik|příliš žluťoučký kůň|uživatel|nie można zapisać"
POLISH = "Zażółć gęślą jaźń|błąd odczytu pliku|otwórz plik|źródło danych|nie można usunąć"
TURKISH = "Şifreleme işlevi için değişken|kullanıcı adı geçersiz|dosya açılamadı ve iş sona erdi"
HEBREW = "בדיקת קידוד של טקסט|שגיאה בקריאת הקובץ|משתמש לא נמצא|לשמור ולצאת"
ARABIC = "فحص ترميز النص|خطأ في قراءة الملف|المستخدم غير موجود|حفظ وإنهاء"
THAI = "ตรวจสอบรหัสผ่าน|เปิดแฟ้มไม่ได้|คืนค่าจำนวนรายการ|ไม่พบผู้ใช้|บันทึกและออก|อ่านค่าจากฐานข้อมูล"
LITHUANIAN = """
grąžina įrašų skaičių|nepavyko atidaryti failo|tikrina, ar naudotojas žinomas|šį sąrašą reikia išvalyti
laikinas sprendimas, vėliau ištrinti|įvyko klaida skaitant užklausą
"""
LATVIAN = """
atgriež ierakstu skaitu|neizdevās atvērt failu|pārbauda, vai lietotājs ir zināms|šo sarakstu vajag iztīrīt
pagaidu risinājums, vēlāk jādzēš|kļūda, lasot vaicājumu|saglabāt un iziet, ja viss kārtībā
"""
ESTONIAN = "tagastab kirjete hulga|faili avamine ebaõnnestus|žanr ja šokolaad|ärge muutke seda|šifri võti"
ICELANDIC = """
skilar fjölda færslna|ekki tókst að opna skrána|villa við lestur|þetta þarf að þýða síðar|notandi fannst ekki
bráðabirgðalausn, má eyða þegar búið er að laga það
"""
GREEK = "άνοιγμα αρχείου|σφάλμα ανάγνωσης|ο χρήστης δεν βρέθηκε|αποθήκευση|επιστρέφει τον αριθμό"
CHINESE = "中文注释|返回记录数量|打开文件|读取错误|临时解决方案|不要修改|你好，世界"
TAIWANESE = "中文註解|回傳記錄數量|開啟檔案|使用者不存在|讀取錯誤|暫時解決方案|不要修改|你好，世界|排序函數"
JAPANESE = "日本語のコメント|ファイルを開く|エラー|読み込みエラー|テスト|件数を返す|こんにちは世界"
KOREAN = "한국어 주석|파일 열기|읽기 오류|사용자를 찾을 수 없습니다|임시 해결책|테스트|안녕하세요 세계"

SOURCES = (
    "{}\n",
    "{}",
    "int main() {{\n    return 0; // {}\n}}\n",
    "#include <stdio.h>\n" * 300 + "/* {} */\n",
    'print("{}")\nx = 1\n' + "y = x + 1\n" * 5000,
    "x = 1\n" * 20_000 + "# {}\n",
)
CASES = (str, str.lower, str.upper, str.capitalize, str.title)

LANGUAGES = [
    ("Russian", RUSSIAN, ("cp1251", "koi8-r", "cp866"), CASES),
    ("Ukrainian", UKRAINIAN, ("cp1251", "koi8-u"), CASES),
    ("Belarusian", BELARUSIAN, ("cp1251",), CASES),
    ("Western European", WESTERN, ("latin-1", "cp1252"), CASES),
    ("Windows", WINDOWS, ("cp1252",), CASES),
    ("Central European", CENTRAL, ("cp1250",), CASES),
    ("Polish", POLISH, ("cp1250", "iso8859-2"), (str, str.lower)),
    ("Turkish", TURKISH, ("cp1254", "iso8859-9"), (str,)),
    ("Hebrew", HEBREW, ("cp1255", "iso8859-8"), (str,)),
    ("Arabic", ARABIC, ("cp1256",), (str,)),
    ("Greek", GREEK, ("cp1253", "iso8859-7"), CASES),
    ("Thai", THAI, ("cp874", "tis-620"), (str,)),
    ("Chinese", CHINESE, ("gbk", "gb18030"), (str,)),
    ("traditional Chinese", TAIWANESE, ("big5",), (str,)),
    ("Japanese", JAPANESE, ("shift_jis", "euc_jp"), (str,)),
    ("Korean", KOREAN, ("euc_kr",), (str,)),
]


def _phrases(text: str) -> list[str]:
    return [phrase for line in text.strip().splitlines() for phrase in line.split("|")]


@pytest.mark.parametrize(
    ("phrases", "encoding", "cases"),
    [
        pytest.param(_phrases(text), encoding, cases, id=f"{name}, {encoding}")
        for name, text, encodings, cases in LANGUAGES
        for encoding in encodings
    ],
)
def test_every_phrase_is_read_alone_and_among_code_in_capitals_too(
    phrases: list[str], encoding: str, cases: tuple[Callable[[str], str], ...]
) -> None:
    wrong: list[tuple[str, str]] = []
    for phrase in {case(phrase) for phrase in phrases for case in cases}:
        for source in map(str.format, SOURCES, [phrase] * len(SOURCES)):
            try:
                data = source.encode(encoding)
            except UnicodeEncodeError:  # a capital that this encoding lacks
                continue
            if decode(data) != source:
                wrong.append((phrase, source[:40]))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(LITHUANIAN, "cp1257"), (LATVIAN, "cp1257"), (ESTONIAN, "cp1257"), (ICELANDIC, "cp1252")],
)
def test_several_comments_tell_languages_that_share_most_of_their_letters(text: str, encoding: str) -> None:
    source = "int main();\n" + "".join(f"// {phrase}\nint x;\n" for phrase in _phrases(text))
    assert decode(source.encode(encoding)) == source


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n",
        "def main():\n    return 0\n",
        "# Проверка\nx = 1\n",
        "ПРИВЕТ, МИР\n",
        "日本語\nテスト です\n",
        "今天我们讨论了 仓库 的问题。\n决定明天再说。\n",
        "Grüße aus Köln\n",
    ],
)
def test_utf_16_is_read_without_a_mark(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0",
        b"".join(number.to_bytes(4, "little") for number in range(500)),
        b"".join(number.to_bytes(2, "little") for number in range(500)),
        b"".join(
            random.Random(number).randrange(-900, 900).to_bytes(2, "little", signed=True)
            for number in range(500)
        ),
        b"text with one \0 in it",
        b"nul \0 here",
        b"def f():\n    return '\0'\n    # more\n",
        b"one.txt\n two\0 three.txt",
        "Проверка \0 связи: раз, два, три.\n".encode(),
        b"one\0two\0three\0",
        b"\0" * 64,
    ],
)
def test_binary_is_no_utf_16(data: bytes) -> None:
    assert unmarked_utf_16(data) is None
    with pytest.raises(Undecodable):
        decode(data)


def test_lines_in_another_encoding_do_not_spoil_those_in_utf_8() -> None:
    text = "# проверка\n# количество записей\nx = 1\n# временное решение\n"
    lines = text.splitlines(keepends=True)
    for encoding in ("cp1251", "koi8-r", "cp866"):
        assert decode("".join(lines[:3]).encode() + lines[3].encode(encoding)) == text


def test_code_keeps_its_ascii_whatever_its_comments_are() -> None:
    odd = bytes(random.Random(3).choices(range(0x80, 0xA0), k=40))
    text = decode(b"def total(items):\n    return sum(items)  # " + odd + b"\n" + b"x = 1\n" * 20)
    assert text.startswith("def total(items):\n    return sum(items)  # \ufffd")
    assert text.endswith("\n" + "x = 1\n" * 20)


def test_utf_8_never_asks_for_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "magray_memory.text.encoding_guess", None)
    assert decode("Проверка\n".encode()) == "Проверка\n"
    assert decode(codecs.BOM_UTF16_LE + "Проверка\n".encode("utf-16-le")) == "Проверка\n"
