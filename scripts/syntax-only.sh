#!/usr/bin/env bash
# A compiler launcher for clang: reports every warning, and writes an empty file where the object
# would be, so that ninja parses a source again only when it or a header of it has changed.
set -euo pipefail
"$@" -fsyntax-only
while [[ $# -gt 0 ]]; do
  if [[ $1 == -o ]]; then : >"$2"; fi
  shift
done
