// types.js — run by build.sh after the compiler of the types: an option that is undefined is absent, so declarations
// say that it may be; and those that name the symbols of `using` bring them along.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

for (const name of readdirSync('dist/types')) {
  const path = `dist/types/${name}`;
  const text = readFileSync(path, 'utf8').replaceAll(
    /^( +\w+\?: )(?!.*\bundefined;)(.*[^{]);$/gm,
    (_, head, type) => `${head}${type.includes('=>') ? `(${type})` : type} | undefined;`,
  );
  const using = /Symbol\.(asyncD|d)ispose/.test(text) && !text.includes('<reference');
  writeFileSync(path, `${using ? '/// <reference lib="esnext.disposable" />\n' : ''}${text}`);
}
