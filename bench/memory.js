// memory.js PROBLEM — bytes of linear memory after a certified fit and map in a process that does nothing else. Memory
// never shrinks, so this is its peak.
import { readFileSync } from 'node:fs';

let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = function (module, imports) {
  const instance = new Instance(module, imports);
  memory = instance.exports.memory;
  return instance;
};
const { Laplace, MLP } = await import('../wasm/index.js');
const { spec, parameters, X, y, priorPrecision, grid } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tolerance = 1e-2;
const net = new MLP({ ...spec, parameters });
const la = new Laplace(net, { space: 'function', tolerance, priorPrecision }).fit(Float64Array.from(X), y);
la.predictGrid({ ...grid, nx: 100, ny: 100, quantities: ['fVar'], tolerance });
console.log(memory.buffer.byteLength);
