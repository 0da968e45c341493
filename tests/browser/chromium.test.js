// Chromium's engine gives the bits of Node's and of the native builds.
import * as assert from 'uvu/assert';
import { CHROMIUM, openChromium, skip } from '../helpers/browser.js';
import { suite } from '../helpers/suite.js';
import { expectedHash, hashExpression } from './helpers/engine.js';

if (!CHROMIUM) skip('Chromium');
else {
  const test = suite('chromium');
  test('the same bits as in Node', async () => {
    const browser = await openChromium();
    try {
      const page = await browser.newPage();
      assert.is(await page.evaluate(await hashExpression()), expectedHash());
    } finally {
      await browser.close();
    }
  });
  test.run();
}
