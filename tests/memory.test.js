// Memory: rounds of create, train, fit, predict and dispose leave linear memory as they found it; a generator left
// early frees what it held.
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { createRuntime } from '../wasm/runtime.js';

const test = suite('memory');
const wasm = new WebAssembly.Module(readFileSync(new URL('../dist/bayeslaplace.wasm', import.meta.url)));

/** A runtime of its own, and its linear memory. */
function measured() {
  const all = createRuntime(wasm);
  return { ...all, bytes: () => all.MLP.runtime.core().bytes };
}

test('1,000 rounds leave linear memory as after round 10', () => {
  const { MLP, Laplace, datasets, bytes } = measured();
  const { X, y } = datasets.moons({ n: 30, seed: 1 });
  let after10 = 0;
  for (let round = 1; round <= 1000; round++) {
    const net = new MLP({ layers: [2, 5, 1], seed: round });
    net.train(X, y, {
      maxIterations: 3,
      optimizer: ['lm', 'lbfgs', 'glbfgs', 'adam'][round % 4],
      ...(round % 4 === 3 && { epochs: 2 }),
    });
    const la = new Laplace(net, { space: round % 2 ? 'weight' : 'function' }).fit(X, y);
    la.update([[1, 1]], [1]);
    la.predict(X);
    la.predictGrid({ x: [-1, 1], y: [-1, 1], nx: 8, ny: 8 });
    const copy = la.clone();
    copy.dispose();
    assert.throws(() => la.downdate([[9, 9]], [1]));
    la.dispose();
    net.dispose();
    if (round === 10) after10 = bytes();
  }
  assert.is(bytes(), after10);
});

test('a generator left half-way frees its trainer', () => {
  const { MLP, datasets, bytes } = measured();
  const { X, y } = datasets.moons({ n: 30, seed: 1 });
  let after10 = 0;
  for (let round = 1; round <= 500; round++) {
    const net = new MLP({ layers: [2, 20, 1], seed: round });
    const steps = net.trainSteps(X, y);
    steps.next();
    steps.next();
    steps.return();
    net.dispose();
    if (round === 10) after10 = bytes();
  }
  assert.is(bytes(), after10);
});

test('a network may be disposed while its training waits', () => {
  const { MLP, datasets } = measured();
  const { X, y } = datasets.moons({ n: 30, seed: 1 });
  const net = new MLP({ layers: [2, 5, 1], seed: 1 });
  const steps = net.trainSteps(X, y);
  steps.next();
  net.dispose();
  assert.throws(
    () => steps.next(),
    (error) => error.code === 'ERR_DISPOSED',
  );
});

test.run();
