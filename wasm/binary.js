// binary.js — the sections of a wasm module as linked, and how much it is when it is sent, for what makes the package.
import { brotliCompressSync, constants } from 'node:zlib';

/** Bytes after brotli at its best. @param {Uint8Array} bytes */
export const packed = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

/** Reads numbers of a module from `at` on. @param {Uint8Array} bytes */
export function reader(bytes, at) {
  return {
    get at() {
      return at;
    },
    skip: (count) => (at += count),
    number() {
      let value = 0;
      for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
        byte = bytes[at++];
        value |= (byte & 0x7f) << shift;
      }
      return value >>> 0;
    },
  };
}

/**
 * @param {Uint8Array} bytes
 * @returns {{ id: number, start: number, from: number, to: number }[]} where each section starts, and its contents
 */
export function sections(bytes) {
  const read = reader(bytes, 8);
  const found = [];
  while (read.at < bytes.length) {
    const start = read.at;
    const id = bytes[start];
    read.skip(1);
    const size = read.number();
    found.push({ id, start, from: read.at, to: read.at + size });
    read.skip(size);
  }
  return found;
}
