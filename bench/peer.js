// peer.js — tfjs.js as one CommonJS file: its packages' modules have no extensions Node could resolve, and the
// gradients are in none of the builds for Node.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const outfile = fileURLToPath(new URL('../build/bench/tfjs.cjs', import.meta.url));
buildSync({
  entryPoints: [fileURLToPath(new URL('tfjs.js', import.meta.url))],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  mainFields: ['module', 'main'],
  logLevel: 'error',
});

/** @type {typeof import('./tfjs.js')} */
export const peer = createRequire(import.meta.url)(outfile);
