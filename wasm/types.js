// types.js — run by build.sh after the compiler of the types, for what it cannot write. An option that is
// undefined is absent, so declarations say that it may be. Those that name the symbols of `using` bring them along.
// Classes and types are exported as what they are where they stand, so that declarations of users can name them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

const MODULES = ['arrays', 'datasets', 'diagnostics', 'estimate', 'hyper', 'laplace', 'loader', 'marglik', 'metrics'];
MODULES.push('mlp', 'names', 'predict', 'prior', 'runtime', 'tables', 'training', 'tuning');
const all = (modules) => modules.map((module) => `export type * from './${module}.js';\n`).join('');
const STARS = { 'index.d.ts': all(MODULES), 'slim.d.ts': all(MODULES), 'worker.d.ts': all(['index', 'worker-pool']) };

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
  writeFileSync(path, `${using ? '/// <reference lib="esnext.disposable" />\n' : ''}${text}${STARS[name] ?? ''}`);
}
