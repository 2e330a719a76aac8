"""Secrets are known by their names, and where a name is doubtful by their content."""

from __future__ import annotations

import pytest

from magray_memory.ignore.secret_content import secret_in
from magray_memory.ignore.secret_names import Doubt, doubt, has_secret, is_secret

SURE = """
.env .env.production .ENV prod.env env.local .env~ .envrc id_rsa id_ed25519.bak x.pem x.pem.old a.P12
db.kdbx .netrc _netrc .pgpass .pypirc .git-credentials credentials kubeconfig .htpasswd htpasswd
ssh_host_rsa_key ssh_host_ed25519_key deploy_key private_key a.keytab a.jceks a.bks a.jks
a.publishsettings .vault_pass vault_pass vault_pass.txt vault-password accessKeys.csv bob_accessKeys.csv
rootkey.csv wallet.dat mnemonic.txt recovery-codes.txt my-service-account.json
x-firebase-adminsdk-ab1c.json firebase-adminsdk.json client_secret_12.json .bash_history .zsh_history
.python_history .psql_history .mysql_history ConsoleHost_history.txt .databrickscfg terraform.tfvars
terraform.tfstate.backup sitemanager.xml .my.cnf .dockercfg master.key.bak google-services.json
"""
DOUBTFUL = """
wp-config.php appsettings.json appsettings.Production.json local.settings.json web.config
Web.Release.config secrets.json secrets.yaml secrets.toml secrets.txt my-secret.yaml app-secrets.yml
passwords.txt creds.json creds.txt credentials.json credentials.ini api_key.txt apikey.json api_keys.json
token.txt tokens.json auth.json oauth.json my-key.json kubeconfig.yaml kubeconfig-prod admin.conf
docker-config.json private_key.txt tls.key server.key.old wg0.conf wg-home.conf rclone.conf my.cnf
pip.conf settings.xml nuget.config NuGet.Config keystore.properties signing.properties vault.yml
vault-prod.yml kaggle.json cookies.txt mnemonic .flaskenv hosts.yml .npmrc .yarnrc.yml
project-0a1b2c3d4e5f.json feature-0123456789ab.json database.yml local_settings.py secrets.py KEYS.asc
.docker/config.json gh/hosts.yml .m2/settings.xml
"""
ORDINARY = """
.env.example .env.sample .env.template id_rsa.pub secrets.example.json environment.py key.py tokens.md
passwords.md monkey keys.json package.json env.ts author.py config.json seed.txt backup.txt secret.rst
config.xml author.txt password_reset_email.txt
"""


@pytest.mark.parametrize("name", SURE.split())
def test_some_names_leave_no_doubt(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("path", DOUBTFUL.split())
def test_some_names_are_doubtful(path: str) -> None:
    assert not has_secret(path)
    assert doubt(path) is not None


@pytest.mark.parametrize("name", ORDINARY.split())
def test_ordinary_files_are_no_secrets(name: str) -> None:
    assert not is_secret(name)
    assert doubt(name) is None


def test_what_lies_in_a_folder_of_secrets_is_one() -> None:
    assert has_secret("x/.ssh/known_hosts")
    assert not has_secret("ssh/config.py")


SECRETS = [
    "define( 'DB_PASSWORD', 'hunter2' );",
    '{"ConnectionStrings":{"Default":"Server=x;Password=hunter2;"}}',
    '<add name="Db" connectionString="Data Source=x;User ID=sa;Password=hunter2" />',
    "<servers><server><password>hunter2</password></server></servers>",
    '<add key="ClearTextPassword" value="hunter2" />',
    '<user username="tomcat" password="s3cret" roles="manager"/>',
    "<dict>\n<key>API_KEY</key>\n<string>abc123def456</string>\n</dict>",
    "PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=",
    "//registry.npmjs.org/:_authToken=npm_abc1234\n",
    "[global]\nindex-url = https://bob:hunter2@pypi.example.org/simple\n",
    '{"username":"x","key":"0123456789abcdef0123456789abcdef"}',
    '{"auths":{"r.io":{"auth":"dXNlcjpwYXNzd29yZDEyMw=="}}}',
    "github.com:\n  oauth_token: gho_16C7e42F292c6912E7710c838347Ae178B4a\n",
    "apiVersion: v1\nkind: Secret\ndata:\n  password: aHVudGVyMg==\n",
    "users:\n- name: a\n  user:\n    client-key-data: LS0tLS1CRUdJTi\n",
    "storePassword=hunter2\n",
    "[client]\npassword=hunter2\nuser=x",
    "production:\n  password: hunter2 # real\n",
    "vault_db_password: hunter2",
    "machine x login y password hunter2",
    '{"access_token":"abc123def456ghi","token_type":"Bearer"}',
    '{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\\nMII"}',
    '{"http-basic":{"example.com":{"username":"u","password":"p4ss"}}}',
    'url = "jdbc:mysql://x?user=a&password=hunter2"',
    "AccountKey=abc123DEF456==;x",
    ".example.com\tTRUE\t/\tFALSE\t1700000000\tsid\tabc",
    "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
    "dXNlcjpwYXNzd29yZDEyMw\nAAAAdXNlcjpwYXNzd29yZDEyMw==\n",
    "f81d4fae7dec11d0a76500a0c91e6bf6\n",
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n",
]
HARMLESS = [
    '{"color":{"primary":{"value":"#ff0000","type":"color"}},"token":{"value":"{color.primary}"}}',
    '{"Logging":{"LogLevel":{"Default":"Information"}},"AllowedHosts":"*"}',
    "<settings><localRepository>/x</localRepository><password>${env.PW}</password></settings>",
    "[Interface]\nAddress = 10.0.0.1/24\n",
    "save-exact=true\nregistry=https://registry.npmjs.org/\n",
    "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n",
    '{"password":"Password","forgot":"Forgot your password?","bad":"This token is wrong","in":"Sign in now"}',
    "password: Пароль\nwrong: Неверный пароль для входа\ntoken: Ваш токен истёк\nok: Вход выполнен успешно\n",
    "kind: Secret\nmetadata:\n  name: {{ .Name }}\ndata:\n  password: {{ .Values.password | b64enc }}\n",
    "FLASK_APP=app.py\n",
    "= Title\n\nSome AsciiDoc text about keys and passwords.\n",
    "password:\n  type: string\n",
    '{"feature":"login","steps":["a","b"]}',
    "DB_PASSWORD=\nDB_HOST=localhost",
    "development:\n  adapter: sqlite3\n  password: <%= ENV['PW'] %>\n",
    "PASSWORD = os.environ['PASSWORD']\n",
    "db_password: changeme\napi_key: your-api-key-here\n",
    "- hosts: all\n  vars:\n    password: !vault |\n      $ANSIBLE_VAULT;1.1\n",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_seen_in_its_text(text: str) -> None:
    assert secret_in(text, Doubt.POSSIBLE) is not None
    assert secret_in(text, Doubt.LIKELY) is not None


@pytest.mark.parametrize("text", HARMLESS)
def test_settings_texts_and_templates_are_no_secrets(text: str) -> None:
    assert secret_in(text, Doubt.POSSIBLE) is None


CATALOGUES = [
    "login: Anmelden\nlogout: Abmelden\npassword: Passwort\nemail: E-Mail\nforgot: Passwort vergessen?\n",
    "login: Zaloguj\nlogout: Wyloguj\npassword: Hasło\nregister: Rejestracja\nsend: Wyślij\n",
    '{"login": "Вход", "password": "Пароль", "logout": "Выход"}',
    '{"login": "ログイン", "password": "パスワード", "logout": "ログアウト"}',
    '{"login": "로그인", "password": "비밀번호", "logout": "로그아웃"}',
]
ACCOUNTS = [
    "user: Admin\nhost: Backup\nzone: Frankfurt\nrole: Owner\npassword: Sommer\n",
    "login: Anmelden\nlogout: Abmelden\npassword: hunter22x\nemail: E-Mail\nforgot: Weg\nsend: Senden\n",
    '{"login": "Вход", "password": "Qx7!pw93kd", "logout": "Выход", "mail": "Почта"}',
    '{"user": "Иван", "password": "Солнышко"}',
]


@pytest.mark.parametrize("text", CATALOGUES)
def test_labels_of_a_form_in_any_language_are_no_secrets(text: str) -> None:
    assert secret_in(text, Doubt.POSSIBLE) is None


@pytest.mark.parametrize("text", ACCOUNTS)
def test_a_password_among_words_is_one(text: str) -> None:
    assert secret_in(text, Doubt.POSSIBLE) is not None


def test_under_a_likely_name_only_what_is_plainly_harmless_is_kept() -> None:
    for text in ("bank: hunter2\n", "my bank hunter2", "hunter2 swordfish\nmore\n", '{"db": "zebra"}'):
        assert secret_in(text, Doubt.LIKELY) is not None
    template = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  a: {{ .Values.a }}\n"
    prose = "How passwords are stored. Every password has a salt, and nobody can read it back. " * 20
    for text in (template, prose, "", "password: ${PASSWORD}\n"):
        assert secret_in(text, Doubt.LIKELY) is None


def test_source_code_about_secrets_is_kept_and_a_key_in_it_is_not() -> None:
    assert doubt("token.py") is Doubt.UNLIKELY
    assert secret_in('password = "hunter2"\ntoken = make_token(3)\n', Doubt.UNLIKELY) is None
    assert secret_in('KEY = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"\n', Doubt.UNLIKELY) is not None
    assert secret_in('api_key = "a8F3kd92mXq71LpZ0b"\n', Doubt.UNLIKELY) is not None


def test_a_finding_names_its_line_and_never_the_secret() -> None:
    found = secret_in("user: x\npassword: hunter2\n", Doubt.POSSIBLE)
    assert found == "a value of 'password' in line 2"
