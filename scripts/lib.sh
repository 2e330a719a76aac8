# Shared by the scripts beside it: a Python that will do, and virtual environments that are made once.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONUTF8=1

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Prints the first Python of at least 3.11 that can make virtual environments.
find_python() {
  local name
  for name in "${PYTHON:-}" python3.11 python3.12 python3.13 python3.14 python3 python; do
    if [ -n "$name" ] && "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  die "no Python 3.11 or later with venv was found (try: apt-get install python3 python3-venv, or set PYTHON)"
}

# make_venv DIR: a virtual environment at DIR; one that does not run any more is made again.
make_venv() {
  if ! "$1/bin/python" -c 'import pip' 2>/dev/null; then
    rm -rf "$1"
    "$(find_python)" -m venv "$1"
  fi
}

# unchanged STAMP PATH...: whether STAMP is younger than everything in the paths.
unchanged() {
  local stamp=$1
  shift
  [ -f "$stamp" ] && [ -z "$(find "$@" -newer "$stamp" -type f ! -name '*.pyc' -print -quit)" ]
}

# Sets `dev` to the environment that tests and checks run in, with the project editable in it.
dev_environment() {
  dev=$root/.venv/dev
  make_venv "$dev"
  if ! unchanged "$dev/.installed" "$root/pyproject.toml"; then
    say "installing into .venv/dev"
    "$dev/bin/python" -m pip install --quiet --editable "$root[cpu,native,dev]"
    touch "$dev/.installed"
  fi
}

megabytes() { du -sm "$1" | cut -f1; }
