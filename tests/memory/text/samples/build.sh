#!/usr/bin/env bash
# Builds it.
set -euo pipefail

readonly ROOT="$(pwd)"
VERSION=1.0

# Says it.
log() {
  echo "$@" >&2
}

function build {
  log building
  make -j4
}

if [[ $# -gt 0 ]]; then
  build
fi

build "$@"
