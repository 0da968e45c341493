// uvu's suite, without its ways of passing in silence: `.only` throws, and the process fails if a suite has no tests,
// was never run, did not come to its end, or threw in a hook (uvu swallows the reason; here it is printed).
import { suite as uvuSuite } from 'uvu';

/** What is wrong with each suite that is not yet known to be well. */
const open = new Map();

process.on('exit', () => {
  for (const [name, what] of open) console.error(`suite ${name}: ${what}`);
  if (open.size > 0) process.exitCode = 1;
});

/** @param {string} name */
export function suite(name) {
  if (open.has(name)) throw new Error(`${name}: two suites of one name in a file`);
  const inner = uvuSuite(name);
  let tests = 0;
  open.set(name, 'was never run');
  const watched = (when, hook) => async (state) => {
    try {
      await hook(state);
    } catch (error) {
      open.set(name, `${when} threw ${error?.stack ?? error}`);
      throw error;
    }
  };
  const test = (label, handler) => {
    tests++;
    inner(label, handler);
  };
  test.only = () => {
    throw new Error(`${name}: .only is left in`);
  };
  test.skip = (label, handler) => {
    tests++;
    inner.skip(label, handler);
  };
  test.before = (hook) => inner.before(watched('before', hook));
  test.after = (hook) => inner.after(watched('after', hook));
  test.run = () => {
    if (tests === 0) throw new Error(`${name}: a suite without tests`);
    open.set(name, 'did not come to its end');
    inner.after(() => {
      if (open.get(name) === 'did not come to its end') open.delete(name);
    });
    inner.run();
  };
  return test;
}
