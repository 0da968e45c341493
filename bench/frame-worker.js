// frame-worker.js — in Chromium's worker: `cold` is the time from the worker's beginning to its first map, then the
// frames it is asked for.
import { Laplace, MLP, datasets } from '../wasm/index.js';
import { frames } from './frames.js';

addEventListener('message', ({ data: { problem, count } }) => {
  const net = new MLP({ ...problem.spec, parameters: problem.parameters });
  const la = new Laplace(net, { priorPrecision: problem.priorPrecision }).fit(problem.X, problem.y);
  la.predictGrid({ ...problem.grid, nx: 100, ny: 100 });
  const cold = performance.now();
  postMessage({ cold, times: count > 0 ? frames({ MLP, Laplace, datasets }, problem, count) : null });
});
