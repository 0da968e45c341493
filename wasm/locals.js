// locals.js — node wasm/locals.js MODULE: gives the local variables of each function the numbers with which brotli
// finds most. Any order of those of one type computes the same; compilers number by use, so that the same lines of C
// name other numbers in another function. What a byte costs is estimated from how often it stands after the bytes
// before it in all other functions, longer contexts resting on shorter ones. Two variables at a time change places
// where that costs less. Of what the rounds made, the module that brotli makes smallest is kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { packed, reader, sections } from './binary.js';
import { walk } from './instructions.js';

const LONGEST = 5; // bytes of context
const REST = 4; // how many times a context has to have been seen to say as much as the shorter one
const ROUNDS = 8; // through all functions
const VISITS = 3; // of a function in a round
const SLOTS = 1 << 22;

/** How often bytes stand after others, by hash. */
function counts() {
  const seen = new Uint32Array(SLOTS); // contexts
  const found = new Uint32Array(SLOTS); // contexts with a byte after them
  const longer = (hash, byte) => {
    const next = Math.imul(hash + byte + 1, 0x2c9277b5);
    return next ^ (next >>> 15);
  };
  const after = (hash, byte) => {
    const next = Math.imul(hash + Math.imul(byte, 0x287dd3), 0x9e3779b1);
    return (next ^ (next >>> 13)) & (SLOTS - 1);
  };
  return {
    /** Counts a function, or with -1 takes it out. */
    count(bytes, from, to, sign) {
      for (let at = from; at < to; ++at)
        for (let order = 0, hash = 0; ; hash = longer(hash, bytes[at - ++order])) {
          seen[hash & (SLOTS - 1)] += sign;
          found[after(hash, bytes[at])] += sign;
          if (order === LONGEST || at - order <= from) break;
        }
    },
    /** How probable the byte at `at` is in a function that starts at `from`. */
    probability(bytes, from, at) {
      let value = 1 / 256;
      for (let order = 0, hash = 0; ; hash = longer(hash, bytes[at - ++order])) {
        const times = seen[hash & (SLOTS - 1)];
        if (times === 0) break;
        value = (found[after(hash, bytes[at])] + REST * value) / (times + REST);
        if (order === LONGEST || at - order <= from) break;
      }
      return value;
    },
  };
}

/**
 * @param {Uint8Array} bytes
 * @returns {{ from: number, to: number, groups: number[][][] }[]} the functions, and of each the places where its
 *   variables are named, those of one type together
 */
function functions(bytes) {
  const all = sections(bytes);
  const open = (id) => reader(bytes, all.find((section) => section.id === id)?.from ?? bytes.length);
  const list = (read, each) => Array.from({ length: read.number() }, () => each(read));
  const parameters = list(open(1), (read) => {
    if (bytes[read.skip(1) - 1] !== 0x60) throw new Error('locals.js: a type that is no function');
    const given = list(read, () => read.skip(1)).length;
    list(read, () => read.skip(1)); // its results
    return given;
  });
  const types = list(open(3), (read) => read.number());
  return list(open(10), (read) => {
    const size = read.number();
    const from = read.at;
    const to = read.skip(size);
    const body = reader(bytes, from);
    let next = parameters[types.shift() ?? 0];
    const places = new Map(); // of those whose numbers are one byte; others stay
    const groups = list(body, () => {
      const group = Array.from({ length: body.number() }, () => []);
      body.skip(1);
      for (const place of group) places.set(next++, place);
      return group.filter((_, i) => next - group.length + i < 0x80);
    });
    walk(bytes, body.at, to, (opcode, operand, end) => {
      if (opcode < 0x20 || opcode > 0x22 || end !== operand + 1) return;
      places.get(bytes[operand])?.push(operand);
    });
    return { from, to, groups };
  });
}

/** @param {Uint8Array} whole */
export function renumber(whole) {
  const bytes = Uint8Array.from(whole);
  const model = counts();
  const all = functions(bytes);
  for (const { from, to } of all) model.count(bytes, from, to, 1);

  const marks = new Uint32Array(bytes.length);
  let mark = 0;
  /** Where bytes cost something else when those at the places change. */
  const touched = (to, ...lists) => {
    const out = [];
    ++mark;
    for (const places of lists)
      for (const place of places)
        for (let at = place; at <= place + LONGEST && at < to; ++at)
          if (marks[at] !== mark) {
            marks[at] = mark;
            out.push(at);
          }
    return out;
  };
  const cost = (from, places) => {
    let bits = 0;
    for (const at of places) bits -= Math.log2(model.probability(bytes, from, at));
    return bits;
  };
  const name = (places, number) => {
    for (const at of places) bytes[at] = number;
  };

  /** Changes the places of two variables of a group, if that costs less. */
  const exchanged = ({ from, to }, group, i, j) => {
    const [a, b] = [group[i], group[j]];
    if (a.length === 0 || b.length === 0) return false;
    const [first, second] = [bytes[a[0]], bytes[b[0]]];
    const places = touched(to, a, b);
    const before = cost(from, places);
    name(a, second);
    name(b, first);
    if (cost(from, places) < before - 1e-6) {
      [group[i], group[j]] = [b, a];
      return true;
    }
    name(a, first);
    name(b, second);
    return false;
  };
  const improve = (one) => {
    let changed = false;
    for (const group of one.groups)
      for (let i = 0; i < group.length; ++i)
        for (let j = i + 1; j < group.length; ++j) changed = exchanged(one, group, i, j) || changed;
    return changed;
  };

  let best = whole;
  let least = packed(whole);
  for (let round = 0; round < ROUNDS; ++round) {
    for (const one of all) {
      if (!one.groups.some((group) => group.length > 1)) continue;
      model.count(bytes, one.from, one.to, -1);
      for (let visit = 0; visit < VISITS && improve(one); ++visit);
      model.count(bytes, one.from, one.to, 1);
    }
    const size = packed(bytes);
    if (size < least) [best, least] = [Uint8Array.from(bytes), size];
  }
  return best;
}

if (process.argv[1]?.endsWith('locals.js')) {
  const file = process.argv[2];
  const whole = readFileSync(file);
  try {
    const bytes = renumber(whole);
    new WebAssembly.Module(/** @type {any} */ (bytes)); // throws unless it is one
    writeFileSync(file, bytes);
  } catch (error) {
    process.stderr.write(`locals.js: left ${file} as it was, which is larger: ${error}\n`);
  }
}
