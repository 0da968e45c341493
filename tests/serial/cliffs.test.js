// A tripwire for compiler cliffs: no kernel of the module, compiled with its flags, may fall below a quarter of what
// the registers of this machine reach in the same run. Tried on the same kernels compiled without optimisation.
import * as assert from 'uvu/assert';
import { fallen, rates } from '../../bench/kernels.js';
import { suite } from '../helpers/suite.js';

const test = suite('cliffs');
const told = (rows) => rows.map(({ name, fraction }) => `${name}: ${fraction.toFixed(3)} of the register peak`);
const kernels = (rows) => rows.filter(({ name }) => !name.startsWith('peak'));

test('every kernel keeps a quarter of the register peak', () => {
  const measured = rates('build/bench/kernels.wasm', { attempts: 6 });
  assert.ok(kernels(measured).length >= 15);
  assert.equal(told(fallen(measured)), []);
});

test('a cliff is seen in every kernel', () => {
  const measured = rates('build/bench/cliff.wasm', { n: 96, repeat: 30 });
  assert.equal(told(fallen(measured)), told(kernels(measured)));
});

test('a kernel without a rate counts as fallen', () => {
  assert.is(fallen([{ name: 'gemm f64', precision: 'f64', rate: NaN, fraction: NaN }]).length, 1);
});

test.run();
