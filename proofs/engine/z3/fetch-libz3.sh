#!/bin/sh
# Brings Debian's libz3-4: root installs it, anyone else downloads it and leaves FOLDER/libz3.so.4.
# usage: fetch-libz3.sh FOLDER
set -eu
work=${1%/}

command -v apt-get > /dev/null || exit 2
if [ "$(id -u)" = 0 ]; then
    # One list that cannot be fetched does not matter if another one has the package.
    apt-get update || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libz3-4
    exit
fi

# Package lists of our own: the system's are root's, and may be empty.
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/package"
cd "$work"
private="-o Dir::State::Lists=$work/lists -o Dir::Cache=$work/cache -o Debug::NoLocking=1"
# shellcheck disable=SC2086 # they are several options
apt-get $private update || true
# shellcheck disable=SC2086
apt-get $private download libz3-4
for package in libz3-4_*.deb; do dpkg-deb -x "$package" package; done
# libz3.so.4 may be a link to a file with a longer name. What it needs (libc, libgcc, libstdc++) .NET needs too.
library=$(find package -name libz3.so.4 | head -n 1)
[ -n "$library" ]
cp -L "$library" libz3.so.4
