// The checks of the walk, each on a build of the page with one fault: there it must turn red.
import * as assert from 'uvu/assert';
import { CHROMIUM, skip } from '../helpers/browser.js';
import { suite } from '../helpers/suite.js';
import * as checks from './helpers/checks.js';
import { openPages } from './helpers/page.js';

const SCREEN = { width: 1280, height: 640 };

/** A fault for each check, and the state it is looked for in. */
const CANARIES = {
  M1: 'mirror-y',
  M2: 'register',
  M3: 'lambda-one',
  M4: 'ef',
  M5: 'fixed-retrains',
  M6: 'thirteenth',
  M7: 'dead-slider',
  M8: 'drift',
  W3: 'undefined',
  T2: 'stacked',
  I1: 'wheel-trap',
  I4: 'lost-point',
  E1: 'silent',
};
const FROM_HASH = new Set(['M5', 'E1']); // checks that open states of their own

if (!CHROMIUM) skip('Chromium');
else {
  const test = suite('canaries');
  let faulty;
  test.before(async () => {
    faulty = await openPages({ faults: true });
  });
  test.after(() => faulty?.close());

  for (const [id, canary] of Object.entries(CANARIES)) {
    test(`${id} turns red: ${canary}`, async () => {
      const open = (hash) => faulty.open(hash, { canary, motion: id === 'I4' });
      const found = FROM_HASH.has(id)
        ? await checks[id](open).catch((error) => [error.message])
        : await checks[id](await open(''), SCREEN).catch((error) => [error.message]);
      assert.ok(found.length > 0, 'the check finds nothing');
    });
  }

  test.run();
}
