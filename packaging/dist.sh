#!/bin/bash
# The source tarball out of git: packaging/dist.sh [FOLDER] writes FOLDER/templrender-VERSION.tar.gz, by default into out/.
# The same commit gives the same bytes: git archive takes names, modes and the time of the commit, and gzip keeps no time.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-out}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
name=templrender-$version
[ -z "$(git status --porcelain)" ] || printf 'note: what is not committed is not in the tarball\n' >&2
mkdir -p "$folder"
git -c tar.umask=0022 -c core.autocrlf=false archive --format=tar --prefix="$name/" HEAD | gzip -9 -n > "$folder/.$name.tar.gz"
mv "$folder/.$name.tar.gz" "$folder/$name.tar.gz"
printf '%s: %s bytes, sha256 %s\n' "$folder/$name.tar.gz" "$(stat -c %s "$folder/$name.tar.gz")" "$(sha256sum "$folder/$name.tar.gz" | cut -d' ' -f1)"
