#!/usr/bin/env bash
# Builds everything; installs what is missing first. Nothing else sets anything up.
#   ./build.sh                       the wasm module, the package and the page, into dist/
#   ./build.sh wasm                  the module alone, into build/
#   ./build.sh native                the C library and its tests, built and run, into build/native/
#   ./build.sh test                  all of it, and what `npm test` needs besides: browsers and sanitizers
#   ./build.sh bench                 all of it, and what `npm run bench` needs besides
#   ./build.sh setup [build|test|bench]   only installs what is missing
# NO_SETUP=1 installs nothing and says what is missing.
set -euo pipefail
cd "$(dirname "$0")"

CFLAGS='-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -ffp-contract=off -Ibuild/gen -Isrc'
# Kernels say by hand what is a vector, what is inlined and what is unrolled: left to the compiler, code that runs once
# grows by a third and nothing gets faster (the bench compares; tests/serial/cliffs.test.js watches). The same holds of
# the passes that -mllvm leaves out: they rewrite the tests of loops, copy tests into the blocks before them, and move
# code to where it is used. What is asked for besides SIMD is older than SIMD in every engine. Nothing lives in the
# first 1024 bytes, the far end of the stack, so additions may move into the addresses of loads. Memory is cleared by an
# instruction: calloc, which the compiler would make of malloc and memset, clears it by a long memset of its own.
# A long function with one caller stays a function: in one of both, each variable takes more to tell.
CALLS=--one-caller-inline-max-function-size=300
WASM="-Os -msimd128 -mbulk-memory -msign-ext -mnontrapping-fptoint -mllvm -enable-pre=false -mllvm -disable-lftr
  -mllvm -jump-threading-threshold=1 -mllvm -disable-machine-sink -mllvm -disable-phi-elim-edge-splitting
  -finline-hint-functions -fno-strict-aliasing -fno-unroll-loops -fno-vectorize -fno-slp-vectorize -fno-builtin-calloc
  -sBINARYEN_EXTRA_PASSES=$CALLS --no-entry -sSTANDALONE_WASM -sALLOW_MEMORY_GROWTH -sSUPPORT_ERRNO=0
  -sMALLOC=emmalloc -Wl,--stack-first"

FEATURES='--enable-simd --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int'

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- set-up

sudo_word() {
  if [ "$(id -u)" = 0 ]; then echo ''
  elif [ -n "${CI:-}" ] && have sudo; then echo sudo
  else return 1
  fi
}
may_install() { [ -z "${NO_SETUP:-}" ] && have apt-get && sudo_word >/dev/null; }

# apt waits for dpkg's lock only: the locks of the lists and of the archives make it fail at once, so it is asked again
apt_get() {
  local sudo try
  sudo=$(sudo_word)
  for try in 1 2 3 4 5 6; do
    if $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 \
      -o APT::Update::Error-Mode=any "$@" >build/apt.log 2>&1 </dev/null; then return 0; fi
    grep -qi 'lock' build/apt.log || break
    sleep $((try * 5))
  done
  tail -n 5 build/apt.log >&2
  return 1
}

install_packages() {
  say "build.sh: installing $*"
  # a source that is down need not be the one that is wanted: what counts is whether the install succeeds
  apt_get update || say 'build.sh: the package lists could not be brought up to date'
  apt_get install -y --no-install-recommends "$@"
}

# need PROGRAM APT-PACKAGES BREW-PACKAGE: a compiler without which nothing can be built
need() {
  have "$1" && return
  if may_install && install_packages $2; then
    hash -r
    have "$1" && return
  fi
  say "build.sh: '$1' is missing. Install it: apt-get install $2   (macOS: brew install $3)"
  exit 1
}

# the installed tree matches the lock file, package by package; a half-finished install does not
modules_current() {
  [ -f node_modules/.package-lock.json ] && node -e '
    const { readFileSync } = require("node:fs");
    const read = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
    const want = read("package-lock.json"), got = read("node_modules/.package-lock.json");
    const ok = Object.entries(want).every(([at, p]) => !at || p.optional || got[at]?.version === p.version);
    process.exit(ok ? 0 : 1);' 2>/dev/null
}

setup_build() {
  mkdir -p build dist
  have node || { say "build.sh: 'node' is missing. Install Node.js 20 or later."; exit 1; }
  need emcc emscripten emscripten
  modules_current && return
  [ -z "${NO_SETUP:-}" ] || { say 'build.sh: npm packages are missing. Install them: npm ci'; exit 1; }
  say 'build.sh: installing npm packages'
  npm ci --loglevel=error >&2
}

setup_test() {
  mkdir -p build
  need gcc 'gcc libc6-dev' gcc
  need clang 'clang' llvm
  echo 'int main(void){return 0;}' >build/probe.c
  if ! clang -fsanitize=address,undefined build/probe.c -o build/probe 2>/dev/null && may_install; then
    install_packages "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
  fi
  local missing=()
  have chromium || missing+=(chromium)
  have firefox-esr || have firefox || missing+=(firefox-esr)
  have WebKitWebDriver || missing+=(webkit2gtk-driver)
  have Xvfb || missing+=(xvfb)
  [ -n "$(fc-list 2>/dev/null | head -n 1)" ] || missing+=(fonts-dejavu-core fontconfig)
  [ ${#missing[@]} = 0 ] && return
  if may_install && install_packages "${missing[@]}"; then
    hash -r
    return
  fi
  say "build.sh: SKIPPED browsers: not installed. Install them: apt-get install ${missing[*]}"
}

setup_bench() {
  mkdir -p build
  have clang || need gcc 'gcc libc6-dev' gcc
  have chromium && return
  if may_install && install_packages chromium; then
    hash -r
    return
  fi
  say 'build.sh: SKIPPED Chromium: not installed. Install it: apt-get install chromium'
}

# ---- tables: a row is a file

tables() {
  mkdir -p build/gen
  local table file
  for table in likelihood structure optimizer; do
    for file in src/"$table"_*.c; do
      file=${file##*/"$table"_}
      echo "BL_ROW(${file%.c})"
    done | LC_ALL=C sort >"build/gen/${table}_rows.h.new"
    cmp -s "build/gen/${table}_rows.h.new" "build/gen/${table}_rows.h" 2>/dev/null \
      || cp "build/gen/${table}_rows.h.new" "build/gen/${table}_rows.h"
    rm "build/gen/${table}_rows.h.new"
  done
}

# ---- wasm and package

# the sources in the order of the map, so that what belongs together lies together: brotli finds it
sources() {
  local module
  {
    for module in $(sed -n 's/^#include "\(.*\)\.h".*/\1/p' src/bayeslaplace.h); do
      ls src/"$module"*.c 2>/dev/null || true  # some are a header alone
    done
    ls src/*.c
  } | awk '!seen[$0]++'
}

# what link is made of, for the stamps
LINKS='build.sh wasm/exports.js wasm/locals.js wasm/instructions.js wasm/binary.js'

# link OUT EXPORTS SOURCES…: a module as it ships, with the exports that are listed. Loads tell no alignment, which no
# engine reads, and so are alike; local variables are numbered for brotli. emcc leaves a broken one behind when it fails
link() {
  local out=$1 exports=$2 new=build/new.$$.wasm
  shift 2
  emcc $CFLAGS $WASM -sEXPORTED_FUNCTIONS=@"$exports" "$@" -o "$new"
  node wasm/exports.js "$new" "$exports"
  "$(em-config BINARYEN_ROOT)/bin/wasm-opt" $FEATURES $CALLS --low-memory-unused \
    --untee --simplify-locals -Oz --dealign -Oz "$new" -o "$new"
  node wasm/locals.js "$new"
  mv "$new" "$out"
}

wasm() {
  local stamp
  tables
  stamp=$(cat src/*.c src/*.h build/gen/*.h wasm/exports.txt $LINKS <(emcc --version) | sha256sum)
  [ -f build/bayeslaplace.wasm ] && [ "$(cat build/wasm.stamp 2>/dev/null)" = "$stamp" ] && return
  say 'build.sh: compiling the wasm module'
  sed -n 's/^\(_[A-Za-z0-9_]*\)$/"\1"/p' wasm/exports.txt | paste -sd, | sed 's/.*/[&]/' >build/exports.json
  link build/bayeslaplace.wasm build/exports.json $(sources)
  echo "$stamp" >build/wasm.stamp
}

# the stamp lies in dist/, so that it goes when dist/ goes
package() {
  local stamp
  stamp=$({
    find wasm web -type f | LC_ALL=C sort
    echo build/bayeslaplace.wasm build.sh LICENSE package-lock.json tsconfig.json
  } | xargs cat | sha256sum)
  [ "$(cat dist/.stamp 2>/dev/null)" = "$stamp" ] && return
  rm -f dist/.stamp
  node wasm/build.js
  node web/build.js
  node wasm/third-party.js
  node_modules/.bin/tsc -p tsconfig.json
  node wasm/types.js
  node tests/helpers/sizes.js >&2
  echo "$stamp" >dist/.stamp
}

# ---- what times the core: its kernels, as shipped and spoiled; all of it with drivers, as wasm and natively

KERNELS='src/status.c src/arena.c src/vmath.c src/vmath_special.c src/kernels.c src/linalg.c src/eigen.c'

exports_of() {
  sed -n 's/^[a-z][a-z0-9_ ]*[ *]\(bench_[a-z_0-9]*\)(.*/"_\1"/p' "$@" \
    | paste -sd, | sed 's/.*/["_malloc","_free",&]/'
}

# kernels.wasm and, with the kernels compiled without any optimisation, cliff.wasm: tests/serial/cliffs.test.js
cliffs() {
  local stamp
  mkdir -p build/bench
  stamp=$(cat $KERNELS src/peak.c src/*.h bench/native/kernels.* $LINKS <(emcc --version) | sha256sum)
  [ "$(cat build/bench/cliffs.stamp 2>/dev/null)" = "$stamp" ] && return
  say 'build.sh: compiling the kernels, and the kernels spoiled'
  exports_of bench/native/kernels.h >build/bench/kernels.json
  link build/bench/kernels.wasm build/bench/kernels.json $KERNELS src/peak.c bench/native/kernels.c
  emcc $CFLAGS -O3 -msimd128 -c src/peak.c -o build/bench/peak.o
  emcc $CFLAGS $WASM -O0 -sEXPORTED_FUNCTIONS=@build/bench/kernels.json $KERNELS bench/native/kernels.c \
    build/bench/peak.o -o build/bench/cliff.wasm
  echo "$stamp" >build/bench/cliffs.stamp
}

# 128-bit vectors on both sides; natively without FMA and wider registers, as the module has neither
bench() {
  local stamp compiler
  mkdir -p build/bench
  stamp=$(cat src/*.c src/*.h build/gen/*.h bench/native/* $LINKS <(emcc --version) | sha256sum)
  [ "$(cat build/bench/bench.stamp 2>/dev/null)" = "$stamp" ] && return
  say 'build.sh: compiling the core with drivers, as wasm and natively'
  exports_of bench/native/*.h >build/bench/bench.json
  link build/bench/bench.wasm build/bench/bench.json $(sources) bench/native/kernels.c bench/native/model.c
  compiler=$(have clang && echo clang || echo gcc)
  "$compiler" $CFLAGS -O3 $([ "$(uname -m)" = x86_64 ] && echo -msse4.1) src/*.c bench/native/*.c -lm \
    -o build/bench/native
  echo "$stamp" >build/bench/bench.stamp
}

case "${1:-all}" in
  all) setup_build; wasm; package ;;
  wasm) setup_build; wasm ;;
  native) mkdir -p build; need gcc 'gcc libc6-dev' gcc; tables; node tests/native/build.js gcc-O3 ;;
  test) setup_build; setup_test; wasm; package; cliffs ;;
  cliffs) setup_build; cliffs ;;
  bench) setup_build; setup_bench; wasm; package; cliffs; bench ;;
  setup)
    case "${2:-all}" in
      build) setup_build ;;
      test) setup_test ;;
      bench) setup_bench ;;
      all) setup_build; setup_test ;;
      *) say "build.sh: unknown group '$2'; expected build, test or bench"; exit 1 ;;
    esac ;;
  *) say "build.sh: unknown step '$1'; expected all, wasm, native, test, cliffs, bench or setup"; exit 1 ;;
esac
