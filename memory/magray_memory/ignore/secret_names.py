"""Secret names: files under whose names keys, passwords and tokens usually lie.

Some names leave no doubt: such a file is never opened, whatever the settings say. Under a doubtful name lie
secrets as well as plain files (the `tokens.json` of a design system, the `settings.xml` of an application):
such a file is read, and its content decides (`secret_content`); no setting switches that off.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

SECRET_FOLDERS = frozenset(
    (".aws", ".azure", ".gcloud", ".gnupg", ".kube", ".password-store", ".ssh", ".putty", ".keychain", ".oci")
)
"""Folders that are never entered, whatever is in them."""


class Doubt(Enum):
    """What must be seen in a file with a doubtful name."""

    LIKELY = "likely"
    """It is a secret unless its content shows structure without one."""
    POSSIBLE = "possible"
    """It is a secret only if its content shows one."""
    UNLIKELY = "unlikely"
    """Source code: it is a secret only if what it shows can be nothing else."""


_SECRET_NAMES = """
.authinfo .boto .databrickscfg .dockercfg .dockerconfigjson .env .envrc .fetchmailrc .git-credentials
.htpasswd .mbsyncrc .msmtprc .my.cnf .mylogin.cnf .netrc .offlineimaprc .passwd-s3fs .pgpass .pypirc
.rediscli_auth .renviron .s3cfg .secret .secrets .smbcredentials .terraformrc .token .vault-token _netrc
access_tokens.db accesskeys.csv application_default_credentials.json consolehost_history.txt credentials
credentials.csv credentials.tfrc.json credentials.yml.enc creds fish_history google-services.json
googleservice-info.plist htpasswd kubeconfig login.keychain logins.json master.key new_user_credentials.csv
passwords passwords.csv pgpass.conf proftpdpasswd recentservers.xml rootkey.csv secring.gpg sitemanager.xml
terraform.rc wallet.dat
"""
_NAMES = frozenset(_SECRET_NAMES.split())
_SECRET_SUFFIXES = """
.agilekeychain .bek .bks .gpg .jceks .jks .kdb .kdbx .keychain .keystore .keytab .kubeconfig .kwallet
.mobileprovision .ovpn .p12 .p8 .pem .pfx .pgp .pkcs12 .pkcs8 .ppk .psafe3 .publishsettings .rdp .tfstate
.tfstate.backup .tfvars .tfvars.json
"""
_SUFFIXES = tuple(_SECRET_SUFFIXES.split())
_SURE = re.compile(
    r"""\.env[.\-_].+ | .+\.env | env\.(?:local|prod|production|dev|development|staging|test)
    | id_(?:rsa|dsa|ecdsa|ed25519|xmss)(?:_sk)?(?:[._-].*)?
    | ssh_host_.*key | (?:deploy|private|signing)[-_]?keys?(?:[-_][^.]*)?
    | client_secrets?.*\.json | .*firebase-adminsdk.*\.json | .*service[-_.]?account(?:[-_.].*)?\.json
    | \.?(?:ansible[-_])?vault[-_.]?pass(?:word|wd|phrase)?(?:[-_][^.]*)?(?:\.txt)?
    | \.[a-z0-9_]+[_-]history | \.(?:history|lesshst)
    | .*[-_]accesskeys\.csv | (?:mnemonic|(?:recovery|seed|backup)[-_]?(?:codes?|phrases?|key))\.txt""",
    re.VERBOSE | re.DOTALL,
)

_DATA = r"""\.(?:json5?|jsonc|ya?ml|toml|ini|cfg|conf|config|cnf|properties|props|xml|plist|csv|tsv|txt|text
    |enc|db|dat|data)"""
_CODE = r"""\.(?:py|rb|js|mjs|cjs|ts|go|php|java|kt|scala|cs|rs|swift|sh|bash|zsh|fish|ps1|pl|lua|ex|exs
    |groovy|gradle|r)"""
_LIKELY = re.compile(
    rf"""(?:secrets?|creds?|credentials?|passwords?|passwd|passphrases?)
        (?:[-_.](?:local|prod|production|dev|development|staging|test|backup|list|all|my|\d+))?{_DATA}
    | (?:api|access|private|secret|signing|encryption|master)[-_]?keys?(?:[-_.][\w.-]+)?{_DATA}
    | (?:api|access|secret|encryption)[-_]?keys? | (?:client|auth|access)[-_](?:secrets?|tokens?){_DATA}
    | token\.txt | mnemonics?{_DATA} | mnemonics? | recovery[-_](?:codes?|key){_DATA} | .+\.key""",
    re.VERBOSE | re.DOTALL,
)
_POSSIBLE = re.compile(
    rf""".*(?:secret|credential).*\.(?:ya?ml|json|toml|ini|conf|cfg|properties|xml)
    | (?:.*[-_.])?(?:passwords?|passwd|auth|oauth\w*|tokens?)\.(?:ya?ml|json|toml|ini|conf|cfg|properties|xml)
    | .+-key\.json | [a-z0-9-]+-[0-9a-f]{{12}}\.json | kaggle\.json | cookies?\.txt | .+\.asc
    | .*kubeconfig[^.]*(?:{_DATA})? | (?:admin|kubelet|scheduler|controller-manager)\.conf
    | .*vault.*\.ya?ml | vault[-_]pass.* | rclone\.conf | wg[\w-]*\.conf | \.?my\.cnf
    | wp-config\.php | (?:key|keystore|signing|release|local|gradle|db|jdbc|database)\.properties
    | (?:appsettings|local\.settings)(?:\..+)?\.json | (?:web|app|nuget|connectionstrings)(?:\..+)?\.config
    | (?:docker|dockerhub)[-_]?config\.json | sftp(?:-config)?\.json | ftpsync\.settings | winscp\.ini
    | settings(?:-security)?\.xml | hibernate\.cfg\.xml | context\.xml | tomcat-users\.xml | filezilla\.xml
    | pip\.(?:conf|ini) | (?:application|bootstrap)(?:-.+)?\.(?:properties|ya?ml)
    | (?:database|parameters|hosts)\.ya?ml | bunfig\.toml | env | .*[-_]env
    | (?:local_?settings|settings_local|localsettings|configuration|config\.inc|settings\.local)\.(?:py|php)
    | \.(?:npmrc|yarnrc|yarnrc\.yml|condarc|flaskenv|rprofile|gitconfig|hgrc|curlrc|wgetrc|ldaprc|muttrc)""",
    re.VERBOSE | re.DOTALL,
)
_UNLIKELY = re.compile(
    rf"""(?:.*[-_.])?(?:secrets?|creds|credentials?|passwords?|(?:api|access|private)[-_]?keys?|tokens?)
        (?:[-_.].*)?{_CODE}""",
    re.VERBOSE | re.DOTALL,
)
_IN_FOLDERS = {
    ".docker": frozenset(("config.json",)),
    ".cargo": frozenset(("credentials.toml",)),
    "gh": frozenset(("hosts.yml",)),
    ".m2": frozenset(("settings.xml", "settings-security.xml")),
    ".config": frozenset(("hub",)),
    "glab-cli": frozenset(("config.yml",)),
    "doctl": frozenset(("config.yaml",)),
    ".snowsql": frozenset(("config",)),
    ".vnc": frozenset(("passwd",)),
}
"""Names that are doubtful in one folder and ordinary elsewhere."""
_EXAMPLES = frozenset(
    ("example", "examples", "sample", "template", "tmpl", "tpl", "dist", "defaults", "default", "j2", "in")
)
_COPY = re.compile(r"(?:\.(?:old|bak|backup|orig|save|saved|copy|swp|tmp|\d+)|~)+$")
_PROSE = (".md", ".markdown", ".mdx", ".rst", ".adoc", ".asciidoc", ".org", ".tex", ".html", ".htm")


def is_secret(name: str) -> bool:
    """Whether a file of this name (no folder in it) is a secret without a doubt. Public halves, examples and
    prose are not; a copy (`.old`, `~`) is what it was copied from.
    """
    name = _COPY.sub("", name.lower())
    if _ordinary(name):
        return False
    return name in _NAMES or name.endswith(_SUFFIXES) or _SURE.fullmatch(name) is not None


def doubt(path: str) -> Doubt | None:
    """How doubtful the name of a file is that `is_secret` does not know; None for an ordinary one.

    `path` has `/` between folders; the last of them may decide.
    """
    folders, _, name = path.lower().rpartition("/")
    folder = folders.rpartition("/")[2]
    return _doubt(name, folder if folder in _IN_FOLDERS else "")


@lru_cache(maxsize=4096)
def _doubt(name: str, folder: str) -> Doubt | None:
    name = _COPY.sub("", name)
    if _ordinary(name):
        return None
    if _LIKELY.fullmatch(name):
        return Doubt.LIKELY
    inside = name in _IN_FOLDERS.get(folder, ())
    if inside or _POSSIBLE.fullmatch(name):
        return Doubt.POSSIBLE
    return Doubt.UNLIKELY if _UNLIKELY.fullmatch(name) else None


def has_secret(path: str) -> bool:
    """Whether a path (relative, `/` between folders) is a secret or lies in a folder of secrets."""
    *folders, name = path.split("/")
    return is_secret(name) or any(folder.lower() in SECRET_FOLDERS for folder in folders)


def _ordinary(name: str) -> bool:
    return name.endswith((".pub", *_PROSE)) or not _EXAMPLES.isdisjoint(name.split(".")[1:])
