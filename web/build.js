// Bundles the page into a folder that any static host can serve from any path: node web/build.js [folder] [--canary].
// --canary keeps the switches that break one thing each, for the tests of the tests; the page itself is built without
// them.
import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const canary = process.argv.includes('--canary');
const target = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? 'dist/web';

mkdirSync(target, { recursive: true });
const { metafile } = await build({
  entryPoints: ['web/main.js', 'web/worker.js'],
  outdir: target,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'ascii',
  metafile: true,
  logLevel: 'warning',
  define: { CANARY: String(canary) },
});
for (const file of ['index.html', 'style.css']) copyFileSync(`web/${file}`, `${target}/${file}`);
if (existsSync('web/static')) cpSync('web/static', target, { recursive: true });
if (!canary) writeFileSync('build/page.meta.json', JSON.stringify(metafile));
