// What the house promises about its own shape: the order of the modules, the core's independence, the module's border,
// sizes of files and of what is shipped.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { limits, measure, recorded } from './helpers/sizes.js';

const test = suite('house');
const read = (path) => readFileSync(path, 'utf8');
const lines = (text) => text.split('\n');
const tracked = () =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((path) => existsSync(path));
const sources = (folder, pattern) => tracked().filter((path) => path.startsWith(`${folder}/`) && pattern.test(path));
const included = (path) => [...read(path).matchAll(/^#include "([^"]+)"/gm)].map((match) => match[1]);

const map = included('src/bayeslaplace.h');

test('the umbrella header names every module once', () => {
  // a header that only files of its own module include is not a module: kernels_body.h of kernels.c, laplace_own.h of
  // laplace*.c
  const privates = [
    'kernels_body.h',
    'panels_body.h',
    'vmath_inline.h',
    'laplace_own.h',
    'grid_own.h',
    'painter_own.h',
    'woodbury_own.h',
  ];
  const headers = readdirSync('src').filter(
    (name) => name.endsWith('.h') && name !== 'bayeslaplace.h' && !privates.includes(name),
  );
  assert.equal([...map].sort(), headers.sort());
  assert.is(new Set(map).size, map.length);
  for (const name of privates) {
    const module = name.split('_')[0];
    for (const path of sources('src', /\.[ch]$/)) {
      if (included(path).includes(name)) assert.ok(path.startsWith(`src/${module}`), `${path} includes ${name}`);
    }
  }
});

/**
 * How far down the map a file may reach: a header of the map to what stands above it; any other file to the last header
 * of its family (optimizer_adam.c to optim_lbfgs.h, structure_gp.c to woodbury.h), or else to the header that declares
 * what it defines.
 */
function reach(path) {
  const name = path
    .slice('src/'.length)
    .replace(/\.c$/, '.h')
    .replace(/^optimizer/, 'optim')
    .replace(/^structure_/, 'woodbury_'); // rows of structures share it
  if (path.endsWith('.h') && map.includes(name)) return map.indexOf(name) - 1;
  const family = map.findLastIndex((header) => header.split(/[_.]/)[0] === name.split(/[_.]/)[0]);
  if (family >= 0) return family;
  // real name(…), or by a macro: KIND(name, …)
  const defined = [...read(path).matchAll(/^(?:[A-Z]+\(|\w[\w *]*?)(\w+)[(,]/gm)].map((match) => match[1]);
  return map.findIndex((header) => defined.some((what) => new RegExp(`\\b${what}\\(`).test(read(`src/${header}`))));
}
const tooDeep = (path, headers) => headers.filter((header) => map.indexOf(header) > reach(path));

test('a module includes only modules above it in the map', () => {
  for (const path of sources('src', /\.[ch]$/)) {
    if (path === 'src/bayeslaplace.h') continue;
    assert.ok(path.endsWith('.h') || reach(path) >= 0, `${path} belongs to no module`);
    assert.equal(tooDeep(path, included(path)), [], `${path} includes what is below it`);
  }
});

test('the order of modules can be broken: by a header, a source, a row, a source without a header of its own', () => {
  assert.equal(tooDeep('src/rng.h', ['vmath.h', 'rng.h', 'kernels.h']), ['rng.h', 'kernels.h']);
  assert.equal(tooDeep('src/rng.c', ['vmath.h', 'rng.h', 'laplace.h']), ['laplace.h']);
  assert.equal(tooDeep('src/structure_full_weight.c', ['structure.h', 'curvature.h']), ['curvature.h']);
  assert.equal(tooDeep('src/peak.c', ['kernels.h', 'linalg.h']), ['linalg.h']);
  assert.equal(tooDeep('src/eigen.c', ['kernels.h', 'linalg.h', 'rows.h']), ['rows.h']);
});

const ALLOWED = new Set([
  'sqrt',
  'sqrtf',
  'floor',
  'trunc',
  'rint',
  'memcpy',
  'memmove',
  'memset',
  'memcmp',
  'memchr',
  'bcmp',
  'malloc',
  'calloc',
  'realloc',
  'aligned_alloc',
  'free',
]);

test('the core needs nothing but exact functions, memory and strings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'symbols-'));
  try {
    for (const path of sources('src', /\.c$/)) {
      execFileSync('gcc', [
        '-std=c11',
        '-O2',
        '-ffp-contract=off',
        '-fno-pic',
        '-Ibuild/gen',
        '-Isrc',
        '-c',
        path,
        '-o',
        join(folder, `${path.slice(4, -2)}.o`),
      ]);
    }
    const objects = readdirSync(folder).map((name) => join(folder, name));
    const table = lines(execFileSync('nm', objects, { encoding: 'utf8' })).map((line) => line.trim().split(/\s+/));
    const defined = new Set(table.filter((row) => row.length === 3).map((row) => row[2]));
    const needed = table
      .filter((row) => row.length === 2 && row[0] === 'U')
      .map((row) => row[1])
      .filter((name) => !defined.has(name));
    assert.equal(
      [...new Set(needed)].filter((name) => !ALLOWED.has(name) && !name.startsWith('str')),
      [],
    );
    const mutable = table.filter((row) => row.length === 3 && /^[bBdDcC]$/.test(row[1])).map((row) => row[2]);
    assert.equal(mutable, [], 'variables that outlive a call');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the core prints nothing and never ends the process', () => {
  for (const path of sources('src', /\.[ch]$/)) {
    assert.not.match(
      read(path),
      /#include <(stdio|assert|time|signal|setjmp)\.h>|\b(printf|abort|exit|assert)\s*\(/,
      path,
    );
  }
});

test('the module imports one no-op and exports what is listed', () => {
  const module = new WebAssembly.Module(readFileSync('build/bayeslaplace.wasm'));
  assert.equal(
    WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`),
    ['env.emscripten_notify_memory_growth'],
  );
  const listed = lines(read('wasm/exports.txt'))
    .filter((line) => line.startsWith('_'))
    .map((line) => line.slice(1));
  const always = new Set(['memory', '_initialize']);
  const exported = WebAssembly.Module.exports(module)
    .map((entry) => entry.name)
    .filter((name) => !always.has(name));
  assert.equal(exported.sort(), listed.sort());
});

test('every exported function is called from JavaScript', () => {
  const code = sources('wasm', /\.js$/).map(read).join('\n');
  const nouns = [...code.matchAll(/rows\(core, '(\w+)'/g)].map((match) => match[1]);
  const asked = new Set(nouns.flatMap((noun) => ['count', 'name', 'about'].map((what) => `bl_${noun}_${what}`)));
  const unused = lines(read('wasm/exports.txt'))
    .filter((line) => line.startsWith('_bl_'))
    .map((line) => line.slice(1))
    .filter((name) => !asked.has(name) && !new RegExp(`\\b${name}\\b`).test(code));
  assert.equal(unused, []);
});

test('one file of the package touches the heap', () => {
  const touching = sources('wasm', /\.js$/).filter((path) => /\.memory\.buffer|memory\.buffer/.test(read(path)));
  assert.equal(touching, ['wasm/memory.js', 'wasm/texts.js']); // the latter when the package is built
});

test('lines have at most 120 columns; a file of more than 350 lines says why', () => {
  for (const path of tracked().filter((name) =>
    /^(src|wasm|web|bench|tests)\/.*\.(c|h|js|css|sh)$|^build\.sh$/.test(name),
  )) {
    const text = lines(read(path));
    if (path === 'web/open.js') continue;
    text.forEach((line, i) => assert.ok([...line].length <= 120, `${path}:${i + 1} has ${[...line].length} columns`));
    if (text.length > 351 && /^(src|wasm|web)\/.*\.(c|h|js)$/.test(path)) {
      assert.match(
        text.slice(0, 12).join(' '),
        /Longer than other files:/,
        `${path} has ${text.length} lines and does not say why`,
      );
    }
  }
});

test('nothing names a registry, a machine or what is left to do', () => {
  const lock = read('package-lock.json');
  assert.not.match(lock, /"resolved"/);
  for (const path of tracked().filter((name) => !/\.(png|wasm)$|^tests\/golden\/|^tests\/house/.test(name))) {
    const text = read(path);
    const place = /registry\.(npmjs|yarnpkg)|deb\.debian\.org|localhost|\/home\/[a-z]|\/root\/|\/work\/|\/Users\//;
    assert.not.match(text, place, path);
    assert.not.match(text, /\b(TODO|FIXME|XXX)\b|not implemented/, path);
  }
});

test('sizes after compression', () => {
  const now = measure();
  for (const [name, most] of Object.entries(limits))
    assert.ok(now.sizes[name] <= most, `${name}: ${now.sizes[name]} bytes, at most ${most}`);
  const before = recorded()[now.compiler];
  assert.ok(before, `no sizes recorded for ${now.compiler}: node tests/helpers/sizes.js --record`);
  for (const [name, size] of Object.entries(before)) {
    assert.ok(
      now.sizes[name] <= size * 1.1,
      `${name} grew from ${size} to ${now.sizes[name]} bytes: more than a tenth`,
    );
  }
});

test('what ships of others is listed', () => {
  const text = read('dist/THIRD_PARTY.txt');
  for (const name of ['musl', 'Emscripten', 'Permission is hereby granted']) assert.match(text, name);
});

test.run();
