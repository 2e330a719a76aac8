"""Secret names: files that are secrets by name, never opened, whatever the settings say.

The names are those under which keys, passwords and tokens usually lie. A name is enough: whether a file
really holds a secret cannot be told without reading it, and a search index is the wrong place to find out.
"""

from __future__ import annotations

import re

SECRET_FOLDERS = frozenset(
    (".aws", ".azure", ".gcloud", ".gnupg", ".kube", ".password-store", ".ssh", ".putty", ".keychain")
)
"""Folders that are never entered, whatever is in them."""

_SECRET_NAMES = """
.boto .dockercfg .dockerconfigjson .env .envrc .git-credentials .htpasswd .my.cnf .mylogin.cnf .netrc _netrc
.npmrc .pgpass pgpass.conf .pypirc .s3cfg .terraformrc terraform.rc .vault-token .yarnrc.yml auth.json
.rediscli_auth credentials credentials.json credentials.yml credentials.yaml credentials.toml
credentials.ini credentials.xml credentials.csv credentials.yml.enc application_default_credentials.json
client_secret.json client_secrets.json google-services.json googleservice-info.plist id_dsa id_ecdsa
id_ecdsa_sk id_ed25519 id_ed25519_sk id_rsa kubeconfig login.keychain master.key secret.json secret.yaml
secret.yml secrets.json secrets.yaml secrets.yml secrets.toml secrets.ini secring.gpg service-account.json
service_account.json serviceaccount.json token.json tokens.json access_tokens.db .token .secrets .secret
"""
_NAMES = frozenset(_SECRET_NAMES.split())
_SECRET_SUFFIXES = """
.agilekeychain .asc .bek .gpg .jks .kdb .kdbx .key .keychain .keystore .kwallet .mobileprovision .ovpn .p12
.p8 .pem .pfx .pgp .pkcs12 .ppk .psafe3 .rdp .tfstate .tfstate.backup .tfvars .tfvars.json
"""
_SUFFIXES = tuple(_SECRET_SUFFIXES.split())
_EXAMPLES = frozenset(("example", "sample", "template", "dist", "defaults"))
_PATTERNS = re.compile(
    r"""\.env[.\-_].+ | .+\.env | env\.(?:local|prod|production|dev|development|staging)
    | id_(?:rsa|dsa|ecdsa|ed25519)(?:[._-].*)?
    | client_secret.*\.json
    | .*service[-_.]?account.*\.json | .*-firebase-adminsdk-.*\.json | [a-z0-9-]+-[0-9a-f]{12}\.json
    | .*\.(?:secret|secrets)\.(?:json|ya?ml|toml|env) | secrets?\.(?:prod|production|local|dev)\..+
    """,
    re.VERBOSE | re.DOTALL,
)


def is_secret(name: str) -> bool:
    """Whether a file of this name (no folder in it) is taken for a secret. Public halves and examples are
    not.
    """
    name = name.lower()
    if name.endswith(".pub"):
        return False
    if name.rpartition(".")[2] in _EXAMPLES:
        return False
    return name in _NAMES or name.endswith(_SUFFIXES) or _PATTERNS.fullmatch(name) is not None


def has_secret(path: str) -> bool:
    """Whether a path (relative, `/` between folders) is a secret or lies in a folder of secrets."""
    *folders, name = path.split("/")
    return is_secret(name) or any(folder.lower() in SECRET_FOLDERS for folder in folders)
