// exports.js — node wasm/exports.js MODULE NAMES.json: leaves a module the exports that were asked for, and what every
// module has. The linker adds the stack's and the table; without them what only they need goes too.
import { readFileSync, writeFileSync } from 'node:fs';
import { reader, sections } from './binary.js';

const [file, names] = process.argv.slice(2);
const asked = JSON.parse(readFileSync(names, 'utf8')).map((name) => name.slice(1));
const wanted = new Set([...asked, 'memory', '_initialize']);
const bytes = readFileSync(file);

function number(value) {
  const out = [];
  for (; value > 0x7f; value >>>= 7) out.push((value & 0x7f) | 0x80);
  return Buffer.from([...out, value]);
}

const { start, from, to } = sections(bytes).find(({ id }) => id === 7);
const read = reader(bytes, from);
const kept = [];
for (let left = read.number(); left > 0; --left) {
  const at = read.at;
  const size = read.number();
  const name = bytes.toString('utf8', read.at, read.skip(size));
  read.skip(1); // of which kind it is
  read.number(); // and which of them
  if (wanted.has(name)) kept.push(bytes.subarray(at, read.at));
}
const body = Buffer.concat([number(kept.length), ...kept]);
writeFileSync(
  file,
  Buffer.concat([bytes.subarray(0, start), Buffer.from([7]), number(body.length), body, bytes.subarray(to)]),
);
