// instructions.js — walks the instructions of a function of a wasm module, for what makes the package.
import { reader } from './binary.js';

// What follows an opcode: n a number, b a byte, four, eight or sixteen bytes, a list of numbers; a table of jumps ends
// in one number more.
/** @type {Map<number, string>} */
const FOLLOW = new Map();
const follow = (what, ...ranges) => {
  for (const [from, to = from] of ranges) for (let opcode = from; opcode <= to; ++opcode) FOLLOW.set(opcode, what);
};
const PREFIX = { fc: 0xfc00, fd: 0xfd00 };
const fc = (from, to = from) => [PREFIX.fc + from, PREFIX.fc + to];
const fd = (from, to = from) => [PREFIX.fd + from, PREFIX.fd + to];

follow('', [0x00, 0x01], [0x05], [0x0b], [0x0f], [0x1a, 0x1b], [0x45, 0xc4], [0xd1]); // arithmetic, and ends
follow('n', [0x02, 0x04], [0x0c, 0x0d], [0x10], [0x20, 0x26], [0x3f, 0x42], [0xd0], [0xd2]); // blocks, calls, variables
follow('nn', [0x11], [0x28, 0x3e]); // calls by pointer, memory
follow('jumps', [0x0e]);
follow('list', [0x1c]);
follow('4', [0x43]);
follow('8', [0x44]);
follow('', fc(0, 7)); // to integers, saturated
follow('n', fc(9), fc(11), fc(13), fc(15, 17));
follow('nn', fc(8), fc(10), fc(12), fc(14));
follow('', fd(14, 20), fd(35, 83), fd(94, 275)); // vectors
follow('nn', fd(0, 11), fd(92, 93));
follow('16', fd(12, 13));
follow('b', fd(21, 34));
follow('nnb', fd(84, 91));

/**
 * Calls `visit` with the opcode of each instruction, the two bytes of one after a prefix as 0xfc.. or 0xfd.., and where
 * what follows it starts and ends.
 * @param {Uint8Array} bytes
 * @param {(opcode: number, from: number, to: number) => void} visit
 */
export function walk(bytes, at, end, visit) {
  const read = reader(bytes, at);
  while (read.at < end) {
    const start = read.at;
    let opcode = bytes[start];
    read.skip(1);
    if (opcode === 0xfc) opcode = PREFIX.fc + read.number();
    else if (opcode === 0xfd) opcode = PREFIX.fd + read.number();
    const from = read.at;
    const what = FOLLOW.get(opcode);
    if (what === undefined) throw new Error(`instructions.js: opcode 0x${opcode.toString(16)}, which it does not know`);
    if (what === 'list' || what === 'jumps')
      for (let left = read.number() + (what === 'jumps' ? 1 : 0); left > 0; --left) read.number();
    else if (what === '4' || what === '8' || what === '16') read.skip(Number(what));
    else
      for (const letter of what) {
        if (letter === 'n') read.number();
        else read.skip(1);
      }
    visit(opcode, from, read.at);
  }
  if (read.at !== end) throw new Error('instructions.js: a function that ends inside an instruction');
}
