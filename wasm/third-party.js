// Writes dist/THIRD_PARTY.txt: what of others ships inside the module, the package and the page. Run by build.sh after
// both are bundled.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const MIT = readFileSync('LICENSE', 'utf8');
const under = (name, holder) => `${name}\n\n${MIT.replace(/^Copyright.*$/m, `Copyright ${holder}`).trim()}\n`;

/** The npm packages a bundle contains. */
const packagesIn = (file) =>
  Object.keys(JSON.parse(readFileSync(file, 'utf8')).inputs)
    .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter((name) => name !== undefined);

function licenceOf(name) {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = ['LICENSE', 'LICENSE.md', 'LICENCE', 'license']
    .map((entry) => `${folder}/${entry}`)
    .find((path) => existsSync(path));
  if (!file) throw new Error(`third-party: ${name} ${version} ships in a bundle without a licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(file, 'utf8').trim()}\n`;
}

const bundled = [...new Set(['build/package.meta.json', 'build/page.meta.json'].flatMap(packagesIn))].sort();
writeFileSync(
  'dist/THIRD_PARTY.txt',
  [
    "What of others ships inside.\n\n" +
      "The WebAssembly module contains parts of musl and of Emscripten's runtime (allocation, copying).\n",
    under('Emscripten', '(c) 2010-2014 Emscripten authors'),
    under('musl', '(c) 2005-2020 Rich Felker, et al.'),
    ...bundled.map(licenceOf),
  ].join(`\n${'-'.repeat(80)}\n\n`),
);
