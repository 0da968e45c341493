// uvu's suite, without its ways of passing in silence: `.only` throws, and a suite that was never run fails the
// process.
import { suite as uvuSuite } from 'uvu';

const waiting = new Set();
process.on('exit', (code) => {
  if (code === 0 && waiting.size > 0) {
    console.error(`suites that were never run: ${[...waiting].join(', ')}`);
    process.exitCode = 1;
  }
});

/** @param {string} name */
export function suite(name) {
  const inner = uvuSuite(name);
  waiting.add(name);
  const test = (label, handler) => inner(label, handler);
  test.only = () => {
    throw new Error(`${name}: .only is left in`);
  };
  test.skip = (label, handler) => inner.skip(label, handler);
  test.before = inner.before;
  test.after = inner.after;
  test.run = () => {
    waiting.delete(name);
    inner.run();
  };
  return test;
}
