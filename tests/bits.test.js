// The same seed gives the same bits: training, fit, evidence, draws and maps in WebAssembly hash to the number of the
// native builds.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { hashOf } from './helpers/hash.js';

const test = suite('bits');

test('wasm and native builds agree', () => {
  const programs = ['gcc-O0', 'gcc-O3', 'clang-O0', 'clang-O3']
    .map((variant) => `build/native/${variant}/hash`)
    .filter((path) => existsSync(path));
  assert.ok(programs.length > 0, 'the native builds are there: node tests/native/build.js');
  const hash = hashOf(readFileSync('build/bayeslaplace.wasm'));
  for (const program of programs) assert.is(hash, execFileSync(program, { encoding: 'utf8' }).trim(), program);
});

test.run();
