// Writes dist/THIRD_PARTY.txt: what of others ships inside the module, the package and the page. Run by build.sh after
// both are bundled.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const read = (path) => readFileSync(path, 'utf8').trim();
const RULE = `\n\n${'-'.repeat(80)}\n\n`;

/** The licence of Emscripten's runtime: its own file where the compiler brings one, which Debian's does not. */
function emscripten(root) {
  const own = `${root}/LICENSE`;
  if (existsSync(own)) return read(own);
  return read('LICENSE').replace(/^Copyright.*$/m, 'Copyright (c) 2010-2014 Emscripten authors, see AUTHORS file.');
}

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
  return `${name} ${version} (${license})\n\n${read(file)}`;
}

const root = execFileSync('em-config', ['EMSCRIPTEN_ROOT'], { encoding: 'utf8' }).trim();
const bundled = [...new Set(['build/package.meta.json', 'build/page.meta.json'].flatMap(packagesIn))].sort();
const parts = [
  'What of others ships inside.\n\n' +
    "The WebAssembly module contains parts of musl and of Emscripten's runtime (allocation,\n" +
    'copying), and single integer routines of LLVM compiler-rt, whose licence asks for no notice in compiled code.',
  `Emscripten\n\n${emscripten(root)}`,
  `musl\n\n${read(`${root}/system/lib/libc/musl/COPYRIGHT`)}`,
  ...bundled.map(licenceOf),
];
writeFileSync('dist/THIRD_PARTY.txt', `${parts.join(RULE)}\n`);
