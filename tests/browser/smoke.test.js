// A smoke test in every engine: the page opens, a click adds a point, and the bits are those of Node and of the native
// builds.
import * as assert from 'uvu/assert';
import { serve } from '../../web/server.js';
import { BROWSERS, skip } from '../helpers/browser.js';
import { suite } from '../helpers/suite.js';
import { REST, SMOKE, THREADS, expectedHash, hashExpression } from './helpers/engine.js';

for (const [name, { path, openTab }] of Object.entries(BROWSERS)) {
  if (!path) {
    skip(name);
    continue;
  }
  const test = suite(name);
  let tab;
  let server;
  test.before(async () => {
    server = await serve({ folder: 'dist/web' });
    tab = await openTab();
  });
  test.after(async () => {
    await tab?.close();
    await server?.close();
  });

  test('the page opens and takes a point', async () => {
    await tab.goto(server.address);
    const seen = await tab.evaluate(SMOKE);
    assert.ok(seen.width > 100, `a map ${seen.width} px wide`);
    assert.match(seen.caption, /left map/);
    await tab.click(Math.round(seen.left + seen.width * 0.1), Math.round(seen.top + seen.width * 0.1));
    const after = await tab.evaluate(REST(seen.before));
    assert.equal(after.errors, []);
    assert.is(after.tally.replaceAll(' ', ''), '201/201');
  });

  test('the same bits as in Node', async () => {
    assert.is(await tab.evaluate(await hashExpression()), expectedHash());
  });

  test('threads give the same map: from a blob, and under a strict policy from an address', async () => {
    const files = await serve({ folder: 'dist' });
    const expected = { same: true, pixels: 23 * 23, trained: true };
    try {
      await tab.goto(`${files.address}web/`); // its policy allows scripts of its own only
      assert.equal(await tab.evaluate(THREADS(`${files.address}worker-thread.js`)), expected);
      const refused = await tab.evaluate(THREADS(undefined));
      assert.is(refused.code, 'ERR_WASM');
      assert.match(refused.message, /policy/);
      await tab.goto(`${files.address}nothing`); // the answer that there is none comes without a policy
      assert.equal(await tab.evaluate(THREADS(undefined)), expected);
    } finally {
      await files.close();
    }
  });

  test.run();
}
