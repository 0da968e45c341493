// Sizes of what is shipped, after brotli, and those last recorded: node tests/helpers/sizes.js [--record]
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { packed } from '../../wasm/binary.js';

const FILE = new URL('../sizes.json', import.meta.url);
const sum = (...paths) => paths.reduce((total, path) => total + packed(readFileSync(path)), 0);

/** Bytes allowed: the module, and all scripts of the page together. */
export const limits = { wasm: 60 * 1024, page: 120 * 1024 };

export const measure = () => ({
  compiler: execFileSync('emcc', ['--version'], { encoding: 'utf8' }).split('\n')[0].trim(),
  sizes: { wasm: sum('dist/bayeslaplace.wasm'), page: sum('dist/web/main.js', 'dist/web/worker.js') },
});

export const recorded = () => JSON.parse(readFileSync(FILE, 'utf8'));

if (process.argv[1]?.endsWith('sizes.js')) {
  const now = measure();
  console.log(`${now.compiler}: ${now.sizes.wasm} bytes of module, ${now.sizes.page} of page, after brotli`);
  if (process.argv.includes('--record')) {
    let all = {};
    try {
      all = recorded();
    } catch {
      /* the first record */
    }
    writeFileSync(FILE, `${JSON.stringify({ ...all, [now.compiler]: now.sizes }, null, 2)}\n`);
  }
}
