// first-map.js — milliseconds from the start of a process, and from the import of the package, to the first map of (a):
// the built package, cold.
const started = performance.now();
const { readFileSync } = await import('node:fs');
const { Laplace, MLP } = await import('../dist/index.js');
const imported = performance.now();
const {
  network,
  likelihood,
  prior_precision: priorPrecision,
  data,
} = JSON.parse(readFileSync(new URL('data/moons_2_32_32_1.json', import.meta.url), 'utf8'));
const parameters = network.W.flatMap((w, l) => [...w, ...network.b[l]]);
const read = performance.now();
const net = new MLP({ layers: network.layers, activation: network.activation, likelihood, parameters });
const la = new Laplace(net, { priorPrecision }).fit(Float64Array.from(data.X), data.y);
la.predictGrid({ x: [-3, 4], y: [-3.5, 3.5], nx: 100, ny: 100 });
const end = performance.now();
console.log(JSON.stringify({ process: end, library: end - read + imported - started, imported: imported - started }));
