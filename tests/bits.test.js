// The same seed gives the same bits: training, fit, evidence, draws and maps in WebAssembly hash to the number of the
// native builds.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { hashOf } from './helpers/hash.js';
import { Laplace, MLP, datasets } from '../wasm/index.js';

const test = suite('bits');

test('wasm and native builds agree', () => {
  const programs = ['gcc-O0', 'gcc-O3', 'clang-O0', 'clang-O3']
    .map((variant) => `build/native/${variant}/hash`)
    .filter((path) => existsSync(path));
  assert.ok(programs.length > 0, 'the native builds are there: node tests/native/build.js');
  const hash = hashOf(readFileSync('build/bayeslaplace.wasm'));
  for (const program of programs) assert.is(hash, execFileSync(program, { encoding: 'utf8' }).trim(), program);
});

const CASES = [
  { data: datasets.moons({ n: 300, seed: 1 }), layers: [2, 9, 7, 1], likelihood: 'bernoulli', curvature: 'ggn' },
  { data: datasets.toyDataMulti({ n: 61, seed: 2 }), layers: [2, 5, 4], likelihood: 'categorical', curvature: 'ggn' },
  { data: datasets.sinusoid({ n: 50, seed: 3 }), layers: [1, 11, 1], likelihood: 'gaussian', curvature: 'ef' },
];
for (const { data, layers, likelihood, curvature } of CASES) {
  for (const space of ['weight', 'function']) {
    test(`row i of a batch has the bits it has alone: ${likelihood} in ${space} space`, () => {
      const net = new MLP({ layers, likelihood, seed: 4 });
      net.train(data.X, data.y, { priorPrecision: 0.3, maxIterations: 30 });
      const la = new Laplace(net, { space, curvature }).fit(data.X, data.y);
      const n = 301; // past two blocks of rows, and odd
      const X = Float64Array.from({ length: n * data.d }, (_, i) => 6 * Math.sin(12.9898 * i));
      const whole = { ...la.predict(X), jacobian: net.jacobian(X), f: net.forward(X) };
      for (const i of [0, 1, 2, 63, 64, 127, 128, 129, 255, 256, 257, 300]) {
        const row = X.subarray(i * data.d, (i + 1) * data.d);
        const alone = { ...la.predict(row), jacobian: net.jacobian(row), f: net.forward(row) };
        for (const [name, values] of Object.entries(alone)) {
          if (!(values instanceof Float64Array)) continue;
          const width = values.length;
          assert.equal(whole[name].slice(i * width, (i + 1) * width), values, `${name}, row ${i}`);
        }
      }
    });
  }
}

test.run();
