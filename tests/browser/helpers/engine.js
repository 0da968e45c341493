// The hash of tests/native/hash.c in a browser: the code as one script, the module as text.
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { hashOf } from '../../helpers/hash.js';

/** What the module gives in Node. */
export const expectedHash = () => hashOf(readFileSync('dist/bayeslaplace.wasm'));

/** An expression that evaluates to the hash in a page. */
export async function hashExpression() {
  const { outputFiles } = await build({
    stdin: { contents: "export { hashOf } from './tests/helpers/hash.js';", resolveDir: '.' },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'engine',
    target: 'es2022',
  });
  const wasm = readFileSync('dist/bayeslaplace.wasm').toString('base64');
  const bytes = `Uint8Array.from(atob(${JSON.stringify(wasm)}), (c) => c.charCodeAt(0))`;
  return `(() => { ${outputFiles[0].text}; return engine.hashOf(${bytes}); })()`;
}

/**
 * Threads in a page of `dist/`: whether a map is the same from three workers and from none, and what the classes behind
 * a Worker say; the script comes from its address where one is given, else from a blob.
 */
export const THREADS = (script) => `(async () => {
  const { MLP, Laplace, LaplaceError, datasets } = await import('/index.js');
  const { createPool, createWorker } = await import('/worker.js');
  const { X, y } = datasets.moons({ n: 40, seed: 1 });
  const net = new MLP({ layers: [2, 6, 1], seed: 1 });
  net.train(X, y);
  const la = new Laplace(net).fit(X, y);
  const options = { x: [-2, 2], y: [-2, 2], nx: 23, quantities: ['mean', 'fVar'] };
  const whole = la.predictGrid(options);
  const pool = createPool({ workers: 3, script: ${JSON.stringify(script)} });
  const far = createWorker({ script: ${JSON.stringify(script)} });
  try {
    const map = await pool.predictGrid(la, options);
    const twin = new far.MLP({ layers: [2, 6, 1], seed: 1 });
    const { logJoint } = await twin.train(X, y);
    return {
      same: ['mean', 'fVar'].every((name) => map[name].every((value, i) => value === whole[name][i])),
      pixels: map.mean.length,
      trained: (await twin.parameters).every((value, i) => value === net.parameters[i]) && logJoint < 0,
    };
  } catch (error) {
    return { code: error instanceof LaplaceError && error.code, message: error.message };
  } finally {
    await Promise.all([pool.dispose(), far.dispose()]);
  }
})()`;

// Waits in the page for something to hold, and keeps what went wrong meanwhile.
const WAIT = `const main = document.querySelector('main');
  window.smoke ??= [];
  window.addEventListener('error', (event) => window.smoke.push(event.message));
  const until = (holds) => new Promise((done, fail) => {
    const started = performance.now();
    const look = () => {
      if (holds()) done();
      else if (performance.now() - started > 60000) fail(new Error('the page is ' + main.dataset.state));
      else setTimeout(look, 50);
    };
    look();
  });
  const ready = () => main.dataset.state === 'ready';`;

/** The page at rest: where the left map is, and what is told. */
export const SMOKE = `(async () => {
  ${WAIT}
  await until(ready);
  const { left, top, width } = document.querySelector('canvas[data-map="plugin"]').getBoundingClientRect();
  const caption = document.querySelector('.caption').textContent;
  return { left, top, width, caption, before: Number(main.dataset.revision) };
})()`;

/** The page at rest after a revision. */
export const REST = (before) => `(async () => {
  ${WAIT}
  await until(() => ready() && Number(main.dataset.revision) > ${before});
  return { tally: document.querySelector('.tally').textContent, errors: window.smoke };
})()`;
