// Outputs in single precision: within the rounding of their sums, the same for a row alone.
import * as assert from 'uvu/assert';
import { MLP, tables } from '../wasm/index.js';
import { suite } from './helpers/suite.js';

const test = suite('single precision');
const U = 2 ** -24;
const STEEPEST = 1.13; // slope of the steepest activation (gelu)
const ROUNDED = 16; // units of rounding an activation may be off, of 1 + |a|

/** What rounding may cost each output, by |W||a| + |b| of every layer with sums of `in` terms (Higham 2002, §3.1). */
function allowed(layers, theta, inputs, activate) {
  let a = Float64Array.from(inputs);
  let error = a.map((x) => U * Math.abs(x));
  let at = 0;
  layers.slice(1).forEach((out, l) => {
    const size = layers[l];
    const z = new Float64Array(out);
    const off = new Float64Array(out);
    for (let o = 0; o < out; o++) {
      let most = 0;
      for (let i = 0; i < size; i++) {
        const w = theta[at + o * size + i];
        z[o] += w * a[i];
        most += Math.abs(w * a[i]);
        off[o] += Math.abs(w) * error[i];
      }
      const b = theta[at + out * size + o];
      z[o] += b;
      off[o] += (size + 3) * U * (most + Math.abs(b));
    }
    at += out * (size + 1);
    const last = l + 2 === layers.length;
    a = last ? z : z.map(activate);
    error = last ? off : off.map((e, o) => STEEPEST * e + ROUNDED * U * (1 + Math.abs(a[o])));
  });
  return error;
}

for (const { name } of tables.activations)
  test(name, () => {
    const layers = [3, 21, 18, 2];
    const net = new MLP({ layers, activation: name, likelihood: 'categorical', seed: 5 });
    const one = new MLP({ layers: [1, 1, 1], activation: name, likelihood: 'gaussian', parameters: [1, 0, 1, 0] });
    const n = 131;
    const X = Float64Array.from({ length: 3 * n }, (_, i) => 8 * Math.sin(12.9898 * i) ** 3);
    const f = net.forward(X);
    const out = new Float32Array(2 * n);
    assert.is(net.forward(X, { out }), out);
    const theta = net.parameters;
    for (let i = 0; i < n; i++) {
      const row = X.subarray(3 * i, 3 * i + 3);
      const most = allowed(layers, theta, row, (z) => one.forward([z])[0]);
      for (let c = 0; c < 2; c++) {
        const off = Math.abs(out[2 * i + c] - f[2 * i + c]);
        assert.ok(off <= most[c], `row ${i}: off by ${off}, ${most[c]} allowed`);
        assert.ok(most[c] < 1e-3, 'the bound says something');
      }
      assert.equal(net.forward(row, { out: new Float32Array(2) }), out.slice(2 * i, 2 * i + 2), `row ${i} alone`);
    }
    assert.throws(() => net.forward(X, { out: new Float32Array(2) }), /out/);
    net.dispose();
    one.dispose();
  });

test.run();
