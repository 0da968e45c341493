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
  const privates = ['kernels_body.h', 'vmath_inline.h', 'laplace_own.h'];
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

test('a module includes only modules above it in the map', () => {
  // the file structure_kron.c belongs to structure.h: the longest header name that begins it. What it includes may not
  // be below that, unless it is a helper that no header of the map includes but its own.
  const place = (header) => map.indexOf(header);
  const owner = (path) =>
    map
      .map((header) => header.slice(0, -2))
      .filter(
        (name) =>
          path
            .slice(4)
            .replace(/\.[ch]$/, '')
            .replace(/^optimizer/, 'optim') === name ||
          path
            .slice(4)
            .replace(/^optimizer/, 'optim')
            .startsWith(`${name}_`),
      )
      .sort((a, b) => b.length - a.length)[0];
  for (const path of sources('src', /\.[ch]$/)) {
    if (path === 'src/bayeslaplace.h') continue;
    const mine = owner(path);
    for (const header of included(path)) {
      if (place(header) < 0 || header === `${mine}.h`) continue;
      if (path.endsWith('.h'))
        assert.ok(
          mine === undefined || place(header) < place(`${mine}.h`),
          `${path} includes ${header}, which is below it`,
        );
    }
    // headers decide the order; a source may not reach past the header it implements except to its own helpers
    if (path.endsWith('.c') && mine) {
      for (const header of included(path)) {
        if (place(header) > place(`${mine}.h`)) {
          assert.ok(
            included(`src/${header}`).includes(`${mine}.h`) ||
              included(`src/${header}`).some((h) => place(h) >= place(`${mine}.h`)),
            `${path} includes ${header}, which is below ${mine}.h in the map`,
          );
        }
      }
    }
  }
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
  const always = new Set([
    'memory',
    '_initialize',
    '__indirect_function_table',
    'stackSave',
    'stackRestore',
    'stackAlloc',
    '__errno_location',
    'emscripten_stack_init',
    'emscripten_stack_get_free',
    'emscripten_stack_get_base',
    'emscripten_stack_get_end',
    'emscripten_stack_get_current',
  ]);
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
  assert.equal(touching, ['wasm/memory.js']);
});

test('lines have at most 120 columns; a file of more than 350 lines says why', () => {
  for (const path of tracked().filter((name) =>
    /^(src|wasm|web|tests)\/.*\.(c|h|js|css|sh)$|^build\.sh$/.test(name),
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
  for (const path of tracked().filter((name) => !/\.(png|json|wasm)$|^tests\/golden\//.test(name))) {
    const text = read(path);
    assert.not.match(text, /registry\.(npmjs|yarnpkg)|deb\.debian\.org|\/home\/[a-z]|\/root\/|\/work\//, path);
    if (path !== 'tests/house.test.js') assert.not.match(text, /\b(TODO|FIXME|XXX)\b|not implemented/, path);
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
