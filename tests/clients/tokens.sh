#!/usr/bin/env bash
# Holds the verification of tokens against tokens that an independent library, PyJWT, has made.
#
# Needs python3 with venv and a Rust toolchain; installs the pinned library into a temporary folder.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/token_requirements.txt"
mkdir -p "$root/target/tmp"
"$work/venv/bin/python" "$here/make_tokens.py" "$root/target/tmp/independent-tokens.json"
cd "$root"
cargo test --test suite -- --ignored --exact tokens::tokens_of_an_independent_library_get_the_same_verdicts
