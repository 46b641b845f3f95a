#!/bin/sh
# Sees that the system libraries the portal needs are there.
#
#   deploy/system-deps.sh                   what running needs
#   deploy/system-deps.sh --with chromium   and what the browser tests need
#
# Root: installs what is missing. Anybody else: one line saying what to install, exit status 2.
set -eu

python="${PYTHON:-python3}"
browser=no
while [ $# -gt 0 ]; do
    case "$1 ${2:-}" in
        "--with chromium") browser=yes; shift 2 ;;
        *) echo "usage: $0 [--with chromium]" >&2; exit 64 ;;
    esac
done

need=""
want() { need="$need $*"; }
has_command() { command -v "$1" >/dev/null 2>&1; }
has_library() { { /sbin/ldconfig -p || ldconfig -p; } 2>/dev/null | grep -q "$1"; }
has_font() { [ -n "$(fc-list ":lang=$1" 2>/dev/null)" ]; }

has_command "$python" || want python3
if has_command "$python"; then
    if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; then
        echo "This needs Python 3.11, 3.12 or 3.13; '$python' is another. Name one: make PYTHON=python3.11 …" >&2
        exit 2
    fi
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null || want python3-venv

# WeasyPrint: the letters and reports. Without harfbuzz-subset every page takes five times as long.
has_library libpango-1.0.so.0 || want libpango-1.0-0
has_library libpangoft2-1.0.so.0 || want libpangoft2-1.0-0
has_library libharfbuzz-subset.so.0 || want libharfbuzz-subset0
# A machine without any font kills the process that renders, and missing scripts print as empty boxes.
has_command fc-list || want fontconfig
has_font pl || want fonts-dejavu-core
has_font zh-cn || want fonts-wqy-microhei

# Translations are compiled on the machine that serves them.
has_command msgfmt || want gettext
[ -f /etc/ssl/certs/ca-certificates.crt ] || want ca-certificates
if [ "$browser" = yes ]; then
    has_command chromium || want chromium
fi

[ -n "$need" ] || exit 0
if ! has_command apt-get; then
    echo "Missing system packages (Debian names):$need. Please install them and try again." >&2
    exit 2
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "Missing system packages. Ask an administrator to run:" \
        "sudo apt-get install --no-install-recommends$need" >&2
    exit 2
fi
echo "Installing system packages:$need" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of package names, split on purpose
apt-get install -y -qq --no-install-recommends $need >/dev/null
