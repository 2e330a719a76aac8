"""Well-formed fakes of secrets, made while a test runs: no scanner takes this repository for a leak."""

from __future__ import annotations

import base64
import random
import string

ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
URL64 = ALNUM + "-_"
BASE64 = ALNUM + "+/"
BASE32 = string.ascii_uppercase + "234567"


def issued(seed: int = 1) -> dict[str, str]:
    """Keys and tokens in the form of their issuers, by a name."""
    make = random.Random(seed)

    def run(letters: str, count: int) -> str:
        return "".join(make.choices(letters, k=count))

    def uuid() -> str:
        return "-".join(run(HEX, count) for count in (8, 4, 4, 4, 12))

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    head, body = (
        part(b'{"alg":"HS256","typ":"JWT"}'),
        part(b'{"sub":"1234567890","name":"J","iat":1516239022}'),
    )
    return {
        "aws access key": "AK" + "IA" + run(BASE32, 16),
        "aws session key": "AS" + "IA" + run(BASE32, 16),
        "gcp api key": "AI" + "za" + run(URL64, 34) + "x",
        "gcp oauth token": "ya" + "29." + run(URL64, 60),
        "gcp client secret": "GOC" + "SPX-" + run(URL64, 28),
        "azure client secret": run(ALNUM, 3) + "8" + "Q~" + run(ALNUM, 34),
        "azure sas": "https://a.blob.core.windows.net/c?sv=2022&si" + "g=" + run(ALNUM, 42) + "%3D",
        "github personal": "gh" + "p_" + run(ALNUM, 36),
        "github oauth": "gh" + "o_" + run(ALNUM, 36),
        "github server": "gh" + "s_" + run(ALNUM, 36),
        "github fine-grained": "github" + "_pat_" + run(ALNUM, 22) + "_" + run(ALNUM, 59),
        "gitlab personal": "gl" + "pat-" + run(URL64, 20),
        "gitlab runner": "gl" + "rt-" + run(URL64, 20),
        "slack bot": "xo" + "xb-" + run("123456789", 12) + "-" + run("123456789", 12) + "-" + run(ALNUM, 24),
        "slack user": "xo" + "xp-" + run("123456789", 12) + "-" + run("123456789", 12) + "-" + run(HEX, 32),
        "slack app": "xa" + "pp-1-A" + run(UPPER, 10) + "-" + run("123456789", 13) + "-" + run(HEX, 64),
        "slack webhook": "https://hooks.slack"
        ".com/services/T" + run(UPPER, 8) + "/B" + run(UPPER, 8) + "/" + run(ALNUM, 24),
        "stripe live": "sk" + "_live_" + run(ALNUM, 24),
        "stripe restricted": "rk" + "_live_" + run(ALNUM, 24),
        "stripe webhook": "wh" + "sec_" + run(ALNUM, 32),
        "openai legacy": "s" + "k-" + run(ALNUM, 20) + "T3Blbk" + "FJ" + run(ALNUM, 20),
        "openai project": "s" + "k-proj-" + run(URL64, 74) + "T3Blbk" + "FJ" + run(URL64, 74),
        "anthropic": "s" + "k-ant-api03-" + run(URL64, 93) + "AA",
        "hugging face": "h" + "f_" + run(string.ascii_letters, 34),
        "npm": "np" + "m_" + run(ALNUM, 36),
        "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + run(URL64, 70),
        "twilio api key": "S" + "K" + run(HEX, 32),
        "sendgrid": "S" + "G." + run(URL64, 22) + "." + run(URL64, 43),
        "telegram": run("123456789", 10) + ":AA" + run(URL64, 32) + "x",
        "discord bot": "MT" + run(ALNUM, 22) + "." + run(URL64, 6) + "." + run(URL64, 38),
        "discord webhook": "https://discord.com/api/webhooks/" + run("123456789", 18) + "/" + run(URL64, 68),
        "mailgun": "ke" + "y-" + run(LOWER, 31) + "7",
        "mailchimp": run(HEX, 32) + "-u" + "s12",
        "digitalocean": "do" + "p_v1_" + run(HEX, 64),
        "shopify": "shp" + "at_" + run(HEX, 32),
        "square": "sq0" + "atp-" + run(URL64, 22),
        "atlassian": "ATA" + "TT3xFfGF0" + run(URL64, 180) + "=" + run(HEX.upper(), 8),
        "new relic": "NR" + "AK-" + run(UPPER, 27),
        "heroku": "HR" + "KU-AA" + run(URL64, 58),
        "yandex cloud": "AQ" + "VN" + run(URL64, 35) + "x",
        "yandex iam": "t" + "1." + run(URL64, 120) + "." + run(URL64, 86),
        "yandex oauth": "y" + "0_" + "Ag" + run(URL64, 53),
        "vk": "vk" + "1.a." + run(URL64, 200),
        "databricks": "da" + "pi" + run(HEX, 32),
        "vault": "hv" + "s." + run(URL64, 90),
        "terraform": run(ALNUM, 14) + ".atlas" + "v1." + run(URL64, 67),
        "docker hub": "dck" + "r_pat_" + run(URL64, 27),
        "linear": "li" + "n_api_" + run(ALNUM, 40),
        "grafana": "gl" + "sa_" + run(ALNUM, 32) + "_" + run(HEX, 8),
        "postman": "PM" + "AK-" + run(HEX, 24) + "-" + run(HEX, 34),
        "hubspot": "pa" + "t-na1-" + uuid(),
        "groq": "gs" + "k_" + run(ALNUM, 52),
        "tailscale": "ts" + "key-auth-" + run(ALNUM, 12) + "-" + run(ALNUM, 32),
        "facebook": "EA" + "AC" + run(ALNUM, 120),
        "jwt": f"{head}.{body}.{run(URL64, 43)}",
        "azure openai": run(ALNUM, 52) + "JQ" + "QJ99" + run(ALNUM, 26),
        "azure devops": run(ALNUM, 76) + "AZ" + "DO" + run(ALNUM, 4),
        "azure search": run(ALNUM, 42) + "Az" + "Se" + run(ALNUM, 6),
        "gcp hmac": "GO" + "OG1E" + run(UPPER, 55),
        "cloudflare user": "cf" + "ut_" + run(ALNUM, 40) + run(HEX, 8),
        "cloudflare origin": "v1" + ".0-" + run(HEX, 24) + "-" + run(HEX, 146),
        "artifactory reference": "cmVm" + "dGtu" + run(ALNUM, 56),
        "launchdarkly": "sd" + "k-" + uuid(),
        "vercel": "vc" + "p_" + run(ALNUM, 56),
        "neon": "na" + "pi_" + run(LOWER, 58) + "7k",
        "langfuse": "s" + "k-lf-" + uuid(),
        "fireworks": "f" + "w_" + run(ALNUM, 23) + "7",
        "cerebras": "cs" + "k-" + run(LOWER, 48),
        "together": "tgp" + "_v1_" + run(URL64, 43),
        "voyage": "p" + "a-" + run(URL64, 41) + "7Q",
        "cursor": "ke" + "y_" + run(HEX, 64),
        "e2b": "e2" + "b_" + run(HEX, 40),
        "firecrawl": "f" + "c-" + run(HEX, 32),
        "resend": "r" + "e_7" + run(ALNUM, 7) + "_" + run(ALNUM, 24),
        "klaviyo": "p" + "k_" + run(HEX, 34),
        "deno": "dd" + "p_" + run(ALNUM, 36),
        "prefect": "pn" + "u_" + run(ALNUM, 36),
        "readme": "rd" + "me_" + run(LOWER, 70),
        "scaleway": "SC" + "W7" + run(UPPER, 16),
        "mongodb atlas": "mdb" + "_sa_sk_" + run(URL64, 40),
        "aiven": "AV" + "NS_" + run(URL64, 18) + "x",
        "openshift": "sha" + "256~" + run(URL64, 42) + "x",
        "trello": "AT" + "TA" + run(HEX, 72),
        "sourcegraph": "sg" + "p_" + run(HEX, 16) + "_" + run(HEX, 40),
        "octopus": "AP" + "I-7" + run(UPPER, 25),
        "infracost": "ic" + "o-7" + run(ALNUM, 31),
        "frame.io": "fi" + "o-u-" + run(URL64, 63) + "x",
        "adobe": "p8" + "e-" + run(LOWER, 32),
        "duffel": "duffel" + "_live_" + run(URL64, 43),
        "shippo": "shippo" + "_live_" + run(HEX, 40),
        "paddle": "pdl" + "_live_apikey_01" + run(LOWER, 24) + "_" + run(ALNUM, 22) + "_" + run(ALNUM, 3),
        "lob": "li" + "ve_" + run(HEX, 35),
        "1password": "A" + "3-" + run(UPPER, 6) + "-" + "-".join(run(UPPER, n) for n in (6, 5, 5, 5, 5)),
    }


def named(seed: int = 1) -> dict[str, tuple[str, str]]:
    """Lines that give a secret to a name, and the secret in each, by a name."""
    make = random.Random(seed)

    def run(letters: str, count: int) -> str:
        return "".join(make.choices(letters, k=count))

    aws, opaque, hexed = run(BASE64, 39) + "8", run(ALNUM, 31) + "4", run(HEX, 32)
    word, plain = "Tr0ub" + "4dor&3", "hun" + "ter2"
    uuid = "-".join(run(HEX, count) for count in (8, 4, 4, 4, 12))
    user = base64.b64encode(f"deploy:{opaque}".encode()).decode()
    azure = base64.b64encode(make.randbytes(64)).decode()
    return {
        "aws secret": (f"aws_secret_access_key = {aws}", aws),
        "datadog": (f"DD_API_KEY={hexed}", hexed),
        "heroku": (f"HEROKU_API_KEY={uuid}", uuid),
        "twilio": (f'TWILIO_AUTH_TOKEN: "{hexed}"', hexed),
        "azure storage": (f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={azure};", azure),
        "env": (f"DB_PASSWORD={word}", word),
        "env export": (f"export PGPASSWORD={word}", word),
        "env quoted": (f'SMTP_PASS="{word}"', word),
        "yaml": (f"  password: {word}", word),
        "yaml plain word": ("  password: sun" + "shine", "sunshine"),
        "ini": (f"password = {plain}", plain),
        "json": (f'{{"user": "a", "password": "{word}"}}', word),
        "json key": (f'{{"api_key": "{opaque}", "n": 1}}', opaque),
        "json in json": (f'"{{\\"password\\": \\"{word}\\"}}"', word),
        "xml": (f"<password>{word.replace('&', '-')}</password>", word.replace("&", "-")),
        "xml attributes": (f'<add key="DbPassword" value="{plain}-x" />', f"{plain}-x"),
        "properties": (f"spring.datasource.password={word}", word),
        "toml": (f'client_secret = "{opaque}"', opaque),
        "python": (f'PASSWORD = "{word}"', word),
        "javascript": (f"const apiKey = '{opaque}';", opaque),
        "go": (f'token := "{opaque}"', opaque),
        "call": (f'connect(host="x", password="{word}")', word),
        "ruby": (f":secret_key_base => '{hexed * 4}'", hexed * 4),
        "netrc": (f"machine example.org login me password {word}", word),
        "pgpass": (f"db.example.org:5432:shop:me:{plain}", plain),
        "docker auth": (f'"auths": {{"r.io": {{"auth": "{user}"}}}}', user),
        "npmrc": (f"//registry.npmjs.org/:_authToken={uuid}", uuid),
        "url": (f"postgres://me:{plain}@db.example.org/shop", plain),
        "redis url": (f"redis://:{plain}@cache:6379/0", plain),
        "bearer": (f"Authorization: Bearer {opaque}", opaque),
        "basic": (f'curl -H "Authorization: Basic {user}" x', user),
        "connection string": (
            f"Server=db;User Id=sa;Password={word.replace('&', '!')};Encrypt=yes",
            word.replace("&", "!"),
        ),
        "option": (f"mysql --user=me --password={plain} shop", plain),
        "compose": (f"- name: DB_PASSWORD\n  value: {plain}", plain),
        "russian": (f"пароль: {plain}", plain),
        "russian of": (f"Пароль от базы — {plain}", plain),
        "three quotes": (f'password = """{word}"""', word),
        "german": (f"Passwort: {plain}", plain),
        "french": (f"Mot de passe : {plain}", plain),
        "spanish": (f"Contraseña: {plain}", plain),
        "chinese": (f"密码：{plain}", plain),
        "number": ("password: 86" + "7530", "867530"),
        "next line": (f"password:\n  {plain}", plain),
        "sql": (f"ALTER USER me WITH PASSWORD '{word}'", word),
        "slashes": (f"https:\\/\\/me:{plain}@host\\/x", plain),
        "said": (f"the wifi password is {plain}-Blue", f"{plain}-Blue"),
        "comment": (f"# password: {plain}", plain),
    }


def private_keys(seed: int = 1) -> dict[str, str]:
    """Blocks of private keys, by a name."""
    make = random.Random(seed)

    def lines(count: int, width: int = 64) -> str:
        return "\n".join("".join(make.choices(BASE64, k=width)) for _ in range(count))

    def block(name: str, body: str) -> str:
        return f"-----BEGIN {name}-----\n{body}\n-----END {name}-----"

    key = "PRIVATE " + "KEY"
    return {
        "rsa": block(f"RSA {key}", lines(25)),
        "pkcs8": block(key, lines(1)),
        "encrypted": block(
            f"RSA {key}", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n" + lines(25)
        ),
        "openssh": block(f"OPENSSH {key}", lines(6, 70)),
        "ec": block(f"EC {key}", lines(3)),
        "pgp": block(f"PGP {key} BLOCK", "Version: GnuPG v2\n\n" + lines(30) + "\n=aB3d"),
        "putty": f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 4\n{lines(4)}\nPrivate-MAC: 00",
    }
