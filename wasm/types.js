// types.js — run by build.sh after the compiler of the types, for what it cannot write. An option that is
// undefined is absent, so declarations say that it may be. Those that name the symbols of `using` bring them along.
// Classes and types are exported as what they are where they stand, so that declarations of users can name them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

const NAMED =
  'arrays datasets diagnostics estimate hyper laplace loader marglik metrics mlp names predict prior runtime tables ' +
  'training tuning';
const ENTRIES = { 'index.d.ts': NAMED, 'slim.d.ts': NAMED, 'worker.d.ts': 'index worker-pool' };
const starred = (modules) => modules.replaceAll(/([\w-]+) ?/g, "export type * from './$1.js';\n");

for (const name of readdirSync('dist/types')) {
  const path = `dist/types/${name}`;
  const text = readFileSync(path, 'utf8')
    .replaceAll(
      /^( +\w+\?: )(?!.*\bundefined;)(.*[^{]);$/gm,
      (_, head, type) => `${head}${type.includes('=>') ? `(${type})` : type} | undefined;`,
    )
    .replaceAll(
      /^export declare (?:const|let) (\w+): typeof import\(["'](.+)["']\)\.\1;$/gm,
      "export { $1 } from '$2';",
    )
    .replaceAll(/^export type (\w+) = import\(.*\)\.\1;\n/gm, '');
  const using = /Symbol\.(asyncD|d)ispose/.test(text) && !text.includes('<reference');
  const head = using ? '/// <reference lib="esnext.disposable" />\n' : '';
  writeFileSync(path, head + text + starred(ENTRIES[name] ?? ''));
}
