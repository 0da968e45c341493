// Makes the package from build/bayeslaplace.wasm: the module, without its sentences, inlined and beside, as ES modules
// and as one classic script. Run by build.sh.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { takeTexts } from './texts.js';

mkdirSync('dist', { recursive: true });

// What instructions are made of, small numbers, become the letters that need no escape.
const SHIFT = 36;

/** A string literal with one character a byte, 36 further on: compressed, a sixth smaller than base64. */
const literal = (bytes) => JSON.stringify(Buffer.from(bytes.map((byte) => byte + SHIFT)).toString('latin1'));

const { bytes, texts } = takeTexts(readFileSync('build/bayeslaplace.wasm'));
writeFileSync('dist/bayeslaplace.wasm', bytes);
writeFileSync(
  'dist/texts.js',
  `// Made by wasm/build.js: the sentences of the core.
export const texts = ${JSON.stringify(texts)};
`,
);
writeFileSync(
  'dist/wasm-bytes.js',
  `// Made by wasm/build.js: the module, one character a byte. Written anew as UTF-8, and read on a page that does not
// say so, the characters are those of windows-1252, in most countries: then what was written is found by their places
// there.
const text = ${literal(bytes)};
function readAnew() {
  const page = new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 256 }, (_, i) => i));
  return new TextDecoder().decode(Uint8Array.from(text, (character) => page.indexOf(character)));
}
export function bytes() {
  const out = new Uint8Array(${bytes.length});
  const read = text.length > out.length ? readAnew() : text;
  for (let i = 0; i < out.length; i++) out[i] = read.charCodeAt(i) - ${SHIFT};
  return out;
}
`,
);

// its type, which the compiler of the types reads instead: the module is large, and lies outside its root
writeFileSync('dist/wasm-bytes.d.ts', 'export declare const bytes: () => Uint8Array;\n');
writeFileSync('dist/texts.d.ts', 'export declare const texts: Record<string, any>;\n');

// the names of the core's tables as types, so that editors know them; a row more is a name more
const { createRuntime } = await import('./runtime.js');
const { tables } = createRuntime(bytes);
const union = (rows) => rows.map(({ name }) => `'${name}'`).join(' | ');
const optional = (rows) => rows.map(({ name }) => `${name}?: number | undefined`).join('; ');
const named = ([table, rows]) => {
  const noun = table.replace(/ies$/, 'ys').slice(0, -1);
  return `export type ${noun[0].toUpperCase()}${noun.slice(1)}Name = ${union(rows)};\n`;
};
mkdirSync('dist/types', { recursive: true });
writeFileSync(
  'dist/types/names.d.ts',
  `// Made by wasm/build.js: the names in the core's tables.
${Object.entries(tables).map(named).join('')}
/** Options of the generators of data, beside n and seed. */
export interface DatasetParameters {
${tables.datasets.map(({ name, parameters }) => `  ${name}: { ${optional(parameters)} };\n`).join('')}}
`,
);

const common = {
  bundle: true,
  minify: true,
  charset: 'ascii',
  target: 'es2022',
  metafile: true,
  logLevel: 'warning',
  outdir: 'dist',
};
const { metafile } = await build({ ...common, entryPoints: ['wasm/index.js'], format: 'esm' });
// all but white space, with which the words would go by which bundlers leave Node's modules alone
const legible = { minify: false, minifySyntax: true, minifyIdentifiers: true };
await build({ ...common, ...legible, entryPoints: ['wasm/slim.js'], format: 'esm' });

// the script of a worker: by itself, and as text inside the entry that starts workers, which needs the package's own
// entry beside it and has no second copy of it
await build({ ...common, entryPoints: ['wasm/worker-thread.js'], format: 'cjs' });
writeFileSync(
  'dist/worker-script.js',
  `// Made by wasm/build.js: the script of a worker.
export const script = ${JSON.stringify(readFileSync('dist/worker-thread.js', 'utf8'))};
`,
);
writeFileSync('dist/worker-script.d.ts', 'export declare const script: string;\n');
await build({
  ...common,
  entryPoints: ['wasm/worker.js'],
  format: 'esm',
  ...legible,
  plugins: [
    {
      name: 'what index.js exports',
      setup: ({ onResolve }) =>
        onResolve({ filter: /^\.\/(index|error)\.js$/ }, () => ({ path: './index.js', external: true })),
    },
  ],
});
await build({
  ...common,
  entryPoints: { 'bayeslaplace.global': 'wasm/index.js' },
  format: 'iife',
  globalName: 'bayeslaplace',
  footer: { js: 'globalThis.bayeslaplace = bayeslaplace;' }, // as a module it has no var of the page's
});
writeFileSync('build/package.meta.json', JSON.stringify(metafile));
