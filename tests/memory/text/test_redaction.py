"""Redaction: every well-formed fake is taken out, and what only looks like a secret stays."""

from __future__ import annotations

import base64
import random

import pytest
from fake_secrets import issued, named, private_keys
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory.config import RedactionSettings
from magray_memory.text.redaction import counts_of, redact, rules_version
from magray_memory.text.secret_candidates import may_hold_secret

SEEDS = (1, 2, 3)
AROUND = {
    "": "{}",
    "python": 'client = connect("{}")\n',
    "yaml": "value: {}\n",
    "markdown": "It was `{}` until March.",
    "text": "Now it is {}.",
    "go": "// {}\n",
    "json": '{{"a": ["{}"]}}',
    "javascript": "f('{}');",
}
QUOTED = ("python", "javascript", "go", "call", "json", "json key", "json in json", "toml", "url", "comment")
HARMLESS = {
    "python": """
password = os.environ["DB_PASSWORD"]
password: str = ""
password = forms.CharField(widget=forms.PasswordInput)
self.password = password
user.set_password("password")
create_user("joe", password="secret")
PASSWORD_RESET_TIMEOUT = 259200
password_validators = ["a.b.CommonPasswordValidator9"]
token = tokens[0]
token = "abstract_token_2"
secret = get_random_string(32)
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY = "%(secret)s"
key = f"cache:{user.pk}:password={password}"
raise ValueError("password must be longer than 8 characters")
def login(request, password=None, token=None): ...
cache_key = "views.decorators.cache.cache_page.settingsprefix.GET.18a03f9c9649f7d684af5db3524f5c99"
entry = redis.get("cache_key_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
pod = "rest-api-550e8400-e29b-41d4-a716-446655440000"
styles = ["fc-9dd4e461268c8034f5c8564e155c67a6.css", "flat-ico-9dd4e461268c8034f5c8564e155c67a6"]
index = "idx_pk_3f786850e387550fdab836ed7e6dc881de", "is_live_3f786850e387550fdab836ed7e6dc881de2"
url = "https://user:password@example.com/x"
path = "https://localhost:8000/@vite/client1234567890abcdefghij"
""",
    "yaml": """
password: ${DB_PASSWORD}
password: "{{ vault.password }}"
password: <your password>
password: changeme
password: null
password: ""
secretName: my-secret-name-2
api_key: YOUR_API_KEY
api_key: xxxxxxxxxxxxxxxxxxxxxxxxxxxx
token: $TOKEN
passwordPolicy: strict
image: registry.example.org/app@sha256:3b1f0d2a9c8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a
""",
    "json": """
{"integrity": "sha512-3b1f0d2a9c8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2aQ==",
 "commit": "7c21ad8f0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b", "id": "550e8400-e29b-41d4-a716-446655440000",
 "password": "Password", "passwordLabel": "Enter your password", "token_type": "Bearer"}
""",
    "typescript": """
interface Login { password: string; token?: string; secret: Uint8Array }
const { password, token } = req.body;
const apiKey = process.env.API_KEY;
const url = `https://${user}:${password}@host/x`;
localStorage.setItem("token", token);
import { re_exported_everythingThatMatchesThis, fw_internalAnimationFrameBus } from "./API-REFERENCES";
const icon = "ico-arrowsPointingInwardsSimultaneous", row = "pa-column-with-a-very-long-name-of-this-module";
live_00112233445566778899aabbccddeeff(key_of_the_table_that_is_sorted_last, pn_url_of_the_page_that_is_open);
type Props = { passwordRef: RefObject<HTMLInputElement1> };
""",
    "markdown": """
The password is stored as a hash. Your password must be kept secret: never write it down.
Set `password` to your own. Password: required. Token: a string of 40 characters.
Run `mysql --password=PASSWORD` or `curl -u user:pass https://example.com`.
See [the token endpoint](https://example.com/oauth2/token?grant_type=password).
Пароль: не менее 8 символов. Пароль хранится в виде хеша.
""",
    "html": """
<input type="password" name="password" value="" autocomplete="current-password">
<label for="id_password1">Password:</label><img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA">
""",
    "bash": """
PASSWORD=$1
export TOKEN="$(cat token)"
read -s PASSWORD
password=""
if [ -z "$PASSWORD" ]; then echo "no password given"; fi
""",
}


@pytest.mark.parametrize("language", AROUND)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_token_of_a_known_issuer_is_taken_out(language: str, seed: int) -> None:
    missed: list[str] = []
    for name, token in issued(seed).items():
        text = AROUND[language].format(token)
        found = redact(text, language=language)
        before, after = AROUND[language].format("\0").split("\0")
        whole = found.text.startswith(before) and found.text.endswith(after)
        if token[-12:] in found.text or sum(found.counts.values()) != 1 or not whole:
            missed.append(f"{name}: {found.text}")
    assert missed == []


_BY_THEIR_MIDDLE = ("azure client secret", "azure devops", "azure openai", "azure search", "mailchimp")
_WITH_A_HEAD = ("discord bot", "telegram", "terraform")


@pytest.mark.parametrize("escape", ["\\n", "\\t", "\\r\\n"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_token_that_begins_an_escaped_line_is_taken_out(escape: str, seed: int) -> None:
    tokens = {
        name: token for name, token in issued(seed).items() if name not in _BY_THEIR_MIDDLE + _WITH_A_HEAD
    }
    texts = {
        name: redact(f'{{"file": "first{escape}{token}{escape}"}}').text for name, token in tokens.items()
    }
    assert {name: text for name, text in texts.items() if tokens[name][-12:] in text} == {}


@pytest.mark.parametrize("language", ["", "yaml", "markdown", "python"])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_name_calls_a_secret_is_taken_out(language: str, seed: int) -> None:
    missed: list[str] = []
    for name, (line, secret) in named(seed).items():
        if (language == "python" and name not in QUOTED) or (language, name) == ("markdown", "next line"):
            continue
        found = redact(f"first\n{line}\nlast\n", language=language)
        if secret in found.text or not found.counts:
            missed.append(f"{name}: {found.text}")
    assert missed == []


@pytest.mark.parametrize("name", private_keys())
@pytest.mark.parametrize("indent", ["", "    ", "# ", "> "])
def test_a_block_of_a_private_key_is_taken_out_and_its_lines_are_counted(name: str, indent: str) -> None:
    block = private_keys()[name]
    text = "\n".join(["before", *(indent + line for line in block.split("\n")), "after", ""])
    found = redact(text)
    assert found.counts == {"private key": 1}
    assert found.text.count("\n") == text.count("\n")
    assert found.text.startswith("before\n")
    assert found.text.endswith("\nafter\n")
    assert not any(line in found.text for line in block.split("\n") if len(line) > 40)


@pytest.mark.parametrize("cut", ["head", "tail"])
def test_a_part_of_a_private_key_is_taken_out(cut: str) -> None:
    lines = private_keys()["rsa"].split("\n")
    part = lines[:8] if cut == "head" else lines[-8:]
    found = redact("\n".join(["text", *part, "text"]))
    assert found.counts == {"private key": 1}
    assert not any(line in found.text for line in part if len(line) == 64)
    assert found.text.count("\n") == 9


@pytest.mark.parametrize("written", ["KEY = (\n{}\n)\n", "[\n{}\n]\n"])
def test_a_private_key_in_the_strings_of_a_program_leaves_a_program(written: str) -> None:
    lines = ",\n".join(f'  "{line}\\n"' for line in private_keys()["rsa"].split("\n"))
    found = redact(written.format(lines), language="python")
    assert found.counts == {"private key": 1}
    compile(found.text, "x", "exec")


@pytest.mark.parametrize("language", HARMLESS)
def test_what_only_looks_like_a_secret_stays(language: str) -> None:
    text = HARMLESS[language]
    found = redact(text, language=language)
    changed = [
        pair for pair in zip(text.split("\n"), found.text.split("\n"), strict=True) if pair[0] != pair[1]
    ]
    assert changed == []
    assert found.text is text


def test_what_is_redacted_is_not_redacted_again() -> None:
    texts = [*issued().values(), *(line for line, _ in named().values()), *private_keys().values()]
    whole = "\n".join(texts)
    once = redact(whole)
    assert redact(once.text).counts == {}
    assert counts_of(once.text) == once.counts
    assert once.text.count("\n") == whole.count("\n")


def test_a_secret_is_named_in_its_place() -> None:
    line, secret = named()["aws secret"]
    assert redact(line).text == line.replace(secret, "‹redacted: aws key›")
    token = issued()["github personal"]
    remote = f"git remote add o https://x-access-token:{token}@github.com/a/b"
    assert redact(remote).text == remote.replace(token, "‹redacted: github token›")
    line, secret = named()["url"]
    assert redact(line).text == line.replace(secret, "‹redacted: password›")


def test_patterns_of_a_person_are_taken_out_and_what_they_allow_stays() -> None:
    line, _ = named()["env"]
    own = RedactionSettings(patterns=("ITK-[0-9]{6}",), allow=(".*4dor.*",))
    found = redact(f"{line}\nticket ITK-123456", own)
    assert found.text == f"{line}\nticket ‹redacted: own pattern›"
    assert redact(line, RedactionSettings(enabled=False)).text == line
    off = RedactionSettings(enabled=False)
    assert len({rules_version(rules) for rules in (RedactionSettings(), own, off)}) == 3


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([*issued().values(), *(line for line, _ in named().values())]),
            st.sampled_from(["pass", "word", "=", ":", '"', "'", "\\", "<", ">", "@", "://", "пароль", "İ"]),
            st.sampled_from([" ", "\n"]),
            st.text(max_size=8),
        ),
        max_size=30,
    ),
    st.sampled_from(["", "python", "markdown"]),
)
def test_any_text_keeps_its_lines(parts: list[str], language: str) -> None:
    text = "".join(parts)
    found = redact(text, language=language)
    assert found.text.count("\n") == text.count("\n")
    assert (found.text is text) == (not found.counts)


@pytest.mark.parametrize(
    "part",
    [
        *('password="', "secret=", "//@", "a:b@", "eyJ", "-----BEGIN PRIVATE KEY-----\n"),
        *("x1", "pass ", "пароль: ", "\\"),
        "AIzaaaaaaaaaaaaaaaaaaaaaaa1/",
        "aaaaaaaaaaaaaaaaaaaaaaaaaa1.",
    ],
)
def test_a_long_line_of_anything_is_read_to_its_end(part: str) -> None:
    secret = issued()["github personal"]
    text = part * (200_000 // len(part)) + f"\n{secret}\n"
    assert secret not in redact(text).text


def test_a_secret_in_a_minified_line_is_found_wherever_it_stands() -> None:
    make = random.Random(7)
    noise = "".join(make.choices("abcdefghij(){};=,.:\"'", k=300_000))
    secret = issued()["stripe live"]
    for at in (0, 150_000, 300_000):
        found = redact(f'{noise[:at]};k="{secret}";{noise[at:]}', language="javascript")
        assert secret not in found.text


WORD = "Tr0ub4" + "dor3"
COMMANDS = (
    "mysql -u root -p{} -h db shop",
    "mysql -p'{}' shop",
    "mysqldump -uroot -p{} shop > x.sql",
    "sudo mariadb -h db -p{}",
    "sshpass -p {} ssh deploy@host",
    "sshpass -p '{}' ssh deploy@host",
    "wget --http-password {} https://host.tld/x",
    "tool login --user bob --password {} --force",
    "docker login -u bob -p {} registry.host.tld",
    "az login -u bob -p {}",
    "mongo -u root -p {}",
    "PGPASSWORD={} psql -h db",
    "PGPASSWORD='{}' psql -h db",
    "REDISCLI_AUTH={} redis-cli ping",
    "redis-cli -a {} ping",
    "curl -u admin:{} https://host.tld",
    "curl -s --user 'admin:{}' https://host.tld",
    "http -a bob:{} host.tld",
    "zip -P {} a.zip b",
    "7z x -p{} a.7z",
    "sqlcmd -U sa -P {}",
    "ldapsearch -D cn=admin -w {}",
    "smbclient //srv/share -U bob%{}",
    "openssl enc -aes-256-cbc -k {} -in x",
    "net use \\\\server\\share {} /user:bob",
    "net use X: \\\\fs01\\data /user:CORP\\bob {}",
    "net user bob {} /add",
    "htpasswd -b /etc/nginx/.htpasswd bob {}",
    "htpasswd -nbB bob {}",
    "echo {} | sudo -S apt update",
    "printf '%s\\n' '{}' | sudo -S id",
    "sudo -S id <<< {}",
    "echo '{}' | passwd --stdin bob",
    'echo "bob:{}" | sudo chpasswd',
    "echo {} | docker login -u bob --password-stdin",
    "curl -x proxy:80 --proxy-user bob:{} https://host.tld",
    "az keyvault secret set --vault-name v --name n --value {}",
    "aws secretsmanager create-secret --name x --secret-string '{}'",
    "kubectl create secret generic db --from-literal=pw={}",
    "ConvertTo-SecureString '{}' -AsPlainText -Force",
    "ConvertTo-SecureString -AsPlainText -Force -String {}",
    'New-Object System.Net.NetworkCredential("bob", "{}")',
    "cmdkey /add:srv /user:bob /pass:{}",
    "schtasks /create /tn x /ru bob /rp {}",
    "xfreerdp /u:bob /p:{} /v:host",
    "psexec \\\\srv -u bob -p {} cmd",
    "plink -ssh bob@host -pw {}",
    "setx DB_PASSWORD {}",
    "nmcli dev wifi connect home password {}",
    "wpa_passphrase HomeNet {}",
    "lftp -u bob,{} ftp.host.tld",
    "snmpwalk -v2c -c {} host",
    "sqlplus bob/{}@db",
)


@pytest.mark.parametrize("language", ["", "bash", "markdown"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_password_that_a_command_is_given_is_taken_out(command: str, language: str) -> None:
    given = command.format(WORD)
    around = f"Run this:\n\n    {given}\n\nand wait.\n"
    for text in (given, around):
        redacted = redact(text, language=language)
        assert sum(redacted.counts.values()) == 1, redacted
        assert redacted.text == text.replace(WORD, f"‹redacted: {next(iter(redacted.counts))}›")


KEY32 = "JBSW" + "Y3DP" + "EHPK" + "3PXP"
PHRASE = "legal winner thank year wave sausage worth " + "useful legal winner thank yellow"
HELD = base64.b64encode(b"S3cr3t" + b"Pa55word!").decode()
NOTES = (
    ("PIN: {}", "4711", "pin"),
    ("the PIN of the door is {}", "4711", "pin"),
    ("alarm pin code {}.", "471199", "pin"),
    ("Пин-код от карты: {}", "4711", "pin"),
    ("пинкод {}", "4711", "pin"),
    ("PUK: {}", "12345678", "pin"),
    ("CVV {}", "471", "card code"),
    ("пароль от роутера {}", WORD, "password"),
    ("логин bob, пароль {}", WORD, "password"),
    ("логин/пароль: {}", f"bob/{WORD}", "password"),
    ("creds: bob / {}", WORD, "password"),
    ("wifi: HomeNet / {}", WORD, "password"),
    ("psk={}", WORD, "password"),
    ("PrivateKey = {}", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIg" + "JBgB3fBmk=", "wireguard key"),
    ("client-key-data: {}", base64.b64encode(bytes(range(60, 160))).decode(), "private key"),
    ("Cookie: sessionid={}; theme=dark", "k3j4h5k3j4h5kj34" + "h5kj3h45", "session cookie"),
    ("Set-Cookie: PHPSESSID={}; path=/", "8f7d6e5c4b3a2918" + "0f7e6d5c4b", "session cookie"),
    ("TOTP seed: {}", KEY32, "totp secret"),
    ("2FA: {}", " ".join(KEY32[at : at + 4] for at in range(0, 16, 4)), "totp secret"),
    ("seed phrase: {}", PHRASE, "seed phrase"),
    ('mnemonic: "{}"', PHRASE, "seed phrase"),
    ("сид-фраза: {}", PHRASE, "seed phrase"),
    ("recovery codes: {}", "8f3a-91bc, 77de-a0f1", "recovery code"),
    ("apiVersion: v1\nkind: Secret\ndata:\n  db: {}\n", HELD, "kubernetes secret"),
    ("kind: Secret\nstringData:\n  conf: {}\n---\nkind: ConfigMap\n", WORD, "kubernetes secret"),
    ("url=jdbc:oracle:thin:bob/{}@db:1521:x", WORD, "password"),
    ("ALTER LOGIN sa WITH PASSWORD = N'{}'", WORD, "password"),
    ("requirepass {}", WORD, "password"),
    ("enable secret {}", WORD, "password"),
    ("username bob password 0 {}", WORD, "password"),
)


@pytest.mark.parametrize("language", ["", "yaml", "markdown"])
@pytest.mark.parametrize(("written", "secret", "kind"), NOTES)
def test_what_people_write_down_is_taken_out(written: str, secret: str, kind: str, language: str) -> None:
    text = written.format(secret)
    for note in (text, f"# Notes\n\n{text}\n\nMore.\n"):
        redacted = redact(note, language=language)
        assert redacted.text == note.replace(secret, f"‹redacted: {kind}›"), redacted


@pytest.mark.parametrize(
    "written",
    [
        "CONTRASEÑA: {}",
        "Contraseñas: {}",
        "HASŁO: {}",
        "Hasło to: {}",
        "ПАРОЛЬ — {}",
        "ТОКЕН: {}",
        "КЛЮЧ: {}",
        "СЕКРЕТ = {}",
        "ПАРОЛЬ ОТ БАЗЫ: {}",
    ],
)
def test_capitals_hide_no_word_for_a_secret(written: str) -> None:
    text = written.format("G7k2Pq9Zt4" + "Lm8Rw1Yx5Vb3Nc6")
    assert may_hold_secret(text)
    assert "Lm8Rw1Yx5" not in redact(text).text
    assert "4829" not in redact("ПИН-КОД: 4829").text


def test_a_phrase_in_source_code_is_taken_out() -> None:
    for language in ("javascript", "python", "rust"):
        assert PHRASE not in redact(f'mnemonic = "{PHRASE}"', language=language).text


@pytest.mark.parametrize(
    "written",
    [
        'password = "{}"',
        "password: '{}'",
        "password: {}",
        "passphrase: {}",
        "db:\n  password: {}\n  port: 1",
        "пароль: {}",
        'Пароль от базы: "{}"',
        "Пароль администратора: «{}»",
        "Кодовая фраза: {}",
    ],
)
@pytest.mark.parametrize("words", ["correct horse battery staple", "синий кит ловит рыбу"])
def test_a_password_of_words_is_taken_out(written: str, words: str) -> None:
    assert words not in redact(written.format(words), language="yaml").text
    assert words not in redact(written.format(words)).text


@pytest.mark.parametrize(
    "text",
    [
        "mkdir -p src/main/java && cp -p a1b2c3 d",
        "ssh -p 2222 deploy@host1",
        "docker run -p 8080:80 -u 1000 nginx1",
        "ps -p 12345 -o pid2",
        "mysql -p shop",
        "mysql -P 3307 -p -h db1",
        "nmap -p1-65535 10.0.0.1",
        'useradd -p "$HASH" bob2',
        'sshpass -p "$PASSWORD" ssh host',
        "sshpass -p <password> ssh host",
        "redis-cli -a $REDIS_PASSWORD ping",
        "curl -u user:password https://host.tld",
        "docker login -u $USER -p ${TOKEN1} host",
        'password: "Please enter your password again"',
        "password: The password must have at least 8 characters",
        "password: ask the person who runs it",
        'password_help: "Use at least 8 characters"',
        'passwords_differ = "the two passwords are not equal"',
        "Пароль: введите новый пароль ещё раз",
        "пароль: его знает только дежурный администратор из смены",
        "Authorization: Basic authentication1",
        "net use X: \\\\server\\share /persistent:yes",
        "echo $PASSWORD | sudo -S id",
        "echo 'deb https://host1/ stable' | sudo tee /etc/apt/sources.list.d/x2.list",
        "cat file1 | sudo -S tee x",
        "htpasswd -c .htpasswd bob2",
        "ConvertTo-SecureString $plain1 -AsPlainText -Force",
        "GPIO pin: 17, PIN 13, the pin code is asked for",
        "PIN_COUNT = 1024 and PIN 3.14159",
        "the PINs of 2024-01-31 and version PIN 1.2345",
        "пин-код не менее 4 цифр, пароль в base64 и пароль sha256",
        "пароль хранится в файле secrets2.txt",
        "The MFA devices that have been configured for the current account",
        "Enter your OTP: SOMETHING",
        "seed phrase: choose twelve words and write them down on a sheet of paper for later use by you",
        "Cookie: theme=dark; lang=en-US-x-twain2; width=1024",
        "kind: SecretStore\ndata:\n  a: b1c2d3e4\n",
        "kind: Secret\ndata:\n  password: {{ .Values.password }}\n",
        "login: bob / see the wiki page",
        "wifi: 2.4GHz / 5GHz-band",
        "passphrase= password= scmVersion= other1=",
    ],
)
def test_an_option_or_a_sentence_is_no_password(text: str) -> None:
    for language in ("", "bash", "yaml", "markdown"):
        assert redact(text, language=language).text == text


@pytest.mark.parametrize("language", ["", "markdown", "yaml"])
@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("and password=Tr0ub4dor&3xK and more", "and password={} and more"),
        ("the password is Tr0ub4dor&3xK, and more", "the password is {} and more"),
        ("use pwd=Tr0ub4dor;3xK;9! now", "use pwd={} now"),
        ("теперь пароль: Tr0ub4dor&3xK, не менять", "теперь пароль: {} не менять"),
        ("(password=Tr0ub4dor&3xK)", "(password={})"),
        ("see ?password=Tr0ub4dor7&page=2&x=3 there", "see ?password={}&page=2&x=3 there"),
        ("a password=Tr0ub4dor7&nbsp;text", "a password={}&nbsp;text"),
        ("run password=Tr0ub4dor9&&echo x1", "run password={}&&echo x1"),
        ("run password=Tr0ub4dor9;export A=1", "run password={};export A=1"),
    ],
)
def test_a_password_goes_as_a_whole_and_what_is_behind_it_stays(text: str, left: str, language: str) -> None:
    mark = "\u2039redacted: password\u203a"
    assert redact(text, language=language).text.replace(",", "") == left.format(mark).replace(",", "")
