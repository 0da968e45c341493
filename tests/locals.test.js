// What makes the module smaller leaves what it computes: wasm/locals.js on functions written here byte by byte, with
// variables numbered in no order.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packed } from '../wasm/binary.js';
import { renumber } from '../wasm/locals.js';
import { suite } from './helpers/suite.js';

const test = suite('locals');

const COUNT = 120;
const [I32, F64] = [0x7f, 0x7c];

let state = 1;
/** The next number below n. */
const below = (n) => (state = (state * 16807) % 2147483647) % n;
const inNoOrder = (from, count) => {
  const left = Array.from({ length: count }, (_, i) => from + i);
  return Array.from({ length: count }, () => left.splice(below(left.length), 1)[0]);
};

const number = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >> 7)]);
const list = (items) => [...number(items.length), ...items.flat()];
const section = (id, bytes) => [id, ...number(bytes.length), ...bytes];

/**
 * Of its two arguments the one at `x`, and the other: x, y ↦ u² + u − y, u = (x + constant)·x − (x + constant), by way
 * of seven variables.
 */
function body({ constant, order: [x, y] }) {
  const [a, b, c] = inNoOrder(2, 3);
  const [u, v, unused] = inNoOrder(5, 3);
  const code = [
    ...[0x20, x, 0x41, constant, 0x6a, 0x21, a], // a = x + constant
    ...[0x20, a, 0x20, x, 0x6c, 0x21, b], // b = a·x
    ...[0x20, b, 0x20, a, 0x6b, 0x22, c, 0xb7, 0x21, u], // u = c = b − a
    ...[0x20, u, 0x20, u, 0xa2, 0x21, v], // v = u²
    ...[0x20, v, 0x20, c, 0xb7, 0xa0, 0x20, unused, 0xa0, 0x20, y, 0xb7, 0xa1, 0x0b], // v + c + 0 − y
  ];
  const bytes = [...list([[3, I32], [3, F64]]), ...code];
  return [...number(bytes.length), ...bytes];
}
const expected = (x, y, constant) => {
  const u = (x + constant) * x - (x + constant);
  return u * u + u - y;
};

/** A module of functions f0, f1, …, and what each is of. */
function functions() {
  const cases = Array.from({ length: COUNT }, () => ({ constant: below(64), order: inNoOrder(0, 2) }));
  const named = cases.map((_, i) => [...list([...`f${i}`].map((c) => c.charCodeAt(0))), 0, ...number(i)]);
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, ...list([I32, I32]), ...list([F64])]])),
    ...section(3, list(cases.map(() => [0]))),
    ...section(7, list(named)),
    ...section(10, list(cases.map(body))),
  ];
  return { bytes: Uint8Array.from(bytes), cases };
}

test('variables of one type change places, the module packs better and computes the same', () => {
  const { bytes, cases } = functions();
  const smaller = renumber(bytes);
  assert.ok(packed(smaller) < 0.9 * packed(bytes), `${packed(smaller)} of ${packed(bytes)} bytes`);
  assert.is(smaller.length, bytes.length);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(smaller));
  cases.forEach(({ constant, order }, i) => {
    for (const given of [[-7, 4], [0, 1], [1000, -3]]) {
      const [x, y] = order.map((at) => given[at]);
      assert.is(exports[`f${i}`](...given), expected(x, y, constant));
    }
  });
});

test('a module it cannot read stays as it was, and it says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'locals-'));
  try {
    const file = join(folder, 'module.wasm');
    const { bytes } = functions();
    bytes[bytes.length - 1] = 0x06; // an instruction it does not know
    writeFileSync(file, bytes);
    const { status, stderr } = spawnSync(process.execPath, ['wasm/locals.js', file], { encoding: 'utf8' });
    assert.is(status, 0);
    assert.match(stderr, /left .*module\.wasm as it was.*0x6\b/);
    assert.equal(new Uint8Array(readFileSync(file)), bytes);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
