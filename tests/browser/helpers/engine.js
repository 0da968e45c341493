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

/** What a smoke test does in every engine, as text: opens nothing itself, answers with what it saw. */
export const SMOKE = `(async () => {
  const main = document.querySelector('main');
  const until = (holds) => new Promise((done, fail) => {
    const started = performance.now();
    const look = () => {
      if (holds()) done();
      else if (performance.now() - started > 60000) fail(new Error('the page is ' + main.dataset.state));
      else setTimeout(look, 50);
    };
    look();
  });
  await until(() => main.dataset.state === 'ready');
  const before = Number(main.dataset.revision);
  const canvas = document.querySelector('canvas[data-map="plugin"]');
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return { left, top, width, height, before, tally: document.querySelector('.tally').textContent,
    caption: document.querySelector('.caption').textContent };
})()`;
