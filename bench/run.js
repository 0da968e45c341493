// npm run bench [-- SECTION… --record]: every section's table, in one process; --record writes them into
// bench/README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from './measure.js';

const SECTIONS = ['kernels', 'map', 'tfjs', 'native', 'frame', 'large', 'scaling', 'matrix', 'cold'];
const README = new URL('README.md', import.meta.url);
const { values, positionals } = parseArgs({ options: { record: { type: 'boolean' } }, allowPositionals: true });
const unknown = positionals.filter((name) => !SECTIONS.includes(name));
if (unknown.length > 0) {
  console.error(`bench: unknown section ${unknown.join(', ')}; expected some of ${SECTIONS.join(', ')}`);
  process.exit(1);
}

const machine = `Node ${process.versions.node}, ${cpus().length} cores shared with whatever else ran.`;
for (const name of positionals.length > 0 ? positionals : SECTIONS) {
  const section = await import(`./sections/${name}.js`);
  const rows = await section.rows();
  const text = table(section.title, rows);
  console.log(`${text}\n`);
  if (rows.some(({ agrees }) => agrees === false)) process.exitCode = 1;
  if (values.record) {
    const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    const readme = readFileSync(README, 'utf8');
    const told = (_, before, after) => `${before}\n${text}\n\n${machine}\n\n${after}`;
    writeFileSync(README, readme.replace(place, told));
  }
}
