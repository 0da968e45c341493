#!/usr/bin/env bash
# Proves that `npm start` and `npm test` do all their own set-up: a minimal Debian 12 root with git, Node and npm and
# nothing else, a clone of this tree in it, and the two commands. Needs root and debootstrap:
#     npm run test:fresh -- [start|test]
# apt's sources, the npm user configuration and the certificates of this machine are copied in, so the same mirrors are
# used.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}
base=$(realpath "$(mktemp -d)")
root=$base/root

[ "$(id -u)" = 0 ] || { echo 'fresh-root.sh: needs root (debootstrap and chroot)'; exit 1; }
command -v debootstrap >/dev/null || apt-get -qq install -y debootstrap

# the first source apt is configured with; files that are switched off have other endings
mirror=$(find /etc/apt -name '*.list' -o -name '*.sources' | sort | xargs sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' \
  -e 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' | sed -n 1p)

# the processes that run in the root, whoever their parents are
inhabitants() {
  local process
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/root" 2>/dev/null)" != "$root" ] || echo "${process#/proc/}"
  done
}

cleanup() {
  local code=$? at
  inhabitants | xargs -r kill -KILL 2>/dev/null || true
  for at in dev/shm proc dev/null dev/zero dev/full dev/random dev/urandom dev/tty; do
    umount -l "$root/$at" 2>/dev/null || true
  done
  [ -n "${KEEP_ROOT:-}" ] || rm -rf --one-file-system "$root"
  [ $code != 0 ] || [ -e "$root" ] || rm -rf "$base"
}
trap cleanup EXIT

echo "fresh-root.sh: making a minimal root"
mkdir -p "$root"
debootstrap --variant=minbase --include=git,ca-certificates,procps bookworm "$root" "$mirror" \
  >"$base/debootstrap.log" 2>&1 || { tail -n 20 "$base/debootstrap.log"; exit 1; }

# configuration of apt, npm, certificates and names: copied, never spelt out
rm -rf "$root/etc/apt"
cp -a /etc/apt "$root/etc/apt"
cp -a /etc/ssl/certs/. "$root/etc/ssl/certs/"
for path in /usr/local/share/ca-certificates /etc/resolv.conf /etc/hosts /etc/npmrc "${HOME:-/root}/.npmrc" \
  "${NODE_EXTRA_CA_CERTS:-}" "${SSL_CERT_FILE:-}" "$(npm config get cafile 2>/dev/null || true)"; do
  [ -n "$path" ] && [ "$path" != null ] && [ -e "$path" ] || continue
  mkdir -p "$root$(dirname "$path")"
  cp -aL "$path" "$root$(dirname "$path")/"
done

# Node and npm from this machine
node=$(readlink -f "$(command -v node)")
prefix=$(dirname "$(dirname "$node")")
mkdir -p "$root/opt/node/bin" "$root/opt/node/lib/node_modules"
cp -a "$node" "$root/opt/node/bin/node"
cp -a "$(npm root -g)/npm" "$root/opt/node/lib/node_modules/"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/opt/node/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/opt/node/bin/npx"
ln -s /opt/node/bin/node "$root/opt/node/bin/npm" "$root/usr/local/bin/" 2>/dev/null || true

mkdir -p "$root/dev/shm" "$root/proc"
mount -t proc proc "$root/proc"
mount -t tmpfs shm "$root/dev/shm"
for at in null zero full random urandom tty; do
  touch "$root/dev/$at" 2>/dev/null || true
  mount --bind "/dev/$at" "$root/dev/$at"
done

git clone -q . "$root/project"

passed=()
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS SSL_CERT_FILE; do
  [ -z "${!name:-}" ] || passed+=("$name=${!name}")
done

# runs a command in the root, in place of the shell that asks for it: its number is the command's
inside() {
  exec env -i HOME="${HOME:-/root}" PATH=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "${passed[@]}" \
    chroot "$root" /bin/bash -c "cd /project && $1"
}

if [ "$what" != test ]; then
  echo 'fresh-root.sh: npm start'
  inside 'exec npm start -- --port 8765' >"$base/start.log" 2>&1 &
  npm=$!
  for _ in $(seq 600); do
    grep -q 'http://127.0.0.1:8765' "$base/start.log" && break
    kill -0 $npm 2>/dev/null || break
    sleep 1
  done
  ask="fetch('http://127.0.0.1:8765/').then((r) => r.text()).then((t) => console.log(t.includes('data-state')))"
  page=$(inside "node -e \"$ask\"" 2>&1) || true
  kill -TERM $npm 2>/dev/null || true
  for _ in $(seq 50); do
    [ -n "$(inhabitants)" ] || break
    sleep 0.2
  done
  left=$(inhabitants | xargs -r ps -o args= -p)
  if [ "$page" != true ] || [ -n "$left" ]; then
    cat "$base/start.log"
    echo "FAIL npm start: page: $page; left behind: ${left:-nothing}"
    exit 1
  fi
  echo 'PASS npm start: set itself up, served the page; told to end, it left no process behind'
fi
if [ "$what" != start ]; then
  echo 'fresh-root.sh: npm test'
  SECONDS=0
  inside 'npm test' 2>&1 | tee "$base/test.log" | grep -v '^    ' || true
  if ! tail -n 1 "$base/test.log" | grep -Eq '^[1-9][0-9]* passed, 0 failed$'; then
    echo "FAIL npm test: all it said is in $base/test.log"
    exit 1
  fi
  echo "PASS npm test: set itself up, all passed, nothing skipped ($SECONDS s)"
fi
