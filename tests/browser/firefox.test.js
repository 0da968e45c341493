// A smoke test in Firefox: the page opens without an error, a click adds a point, and the bits are those of Node.
import * as assert from 'uvu/assert';
import { serve } from '../../web/server.js';
import { FIREFOX, openFirefox, skip } from '../helpers/browser.js';
import { suite } from '../helpers/suite.js';
import { SMOKE, expectedHash, hashExpression } from './helpers/engine.js';

if (!FIREFOX) skip('Firefox');
else {
  const test = suite('firefox');
  let browser;
  let server;
  test.before(async () => {
    server = await serve({ folder: 'dist/web' });
    browser = await openFirefox();
  });
  test.after(async () => {
    await browser?.close();
    await server?.close();
  });

  test('the page opens and takes a point', async () => {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 760 });
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(server.address);
    const seen = await page.evaluate(SMOKE);
    assert.match(seen.caption, /left map/);
    await page.mouse.click(seen.left + seen.width * 0.1, seen.top + seen.height * 0.1);
    await page.waitForFunction(
      (before) =>
        document.querySelector('main').dataset.state === 'ready' &&
        Number(document.querySelector('main').dataset.revision) > before,
      { timeout: 60_000 },
      seen.before,
    );
    const [shown, total] = (await page.$eval('.tally', (node) => node.textContent)).split('/').map(Number);
    assert.is(shown, total);
    assert.ok(total > Number(seen.tally.split('/')[1]) || total === 201, `${seen.tally} became ${shown} / ${total}`);
    assert.equal(errors, []);
  });

  test('the same bits as in Node', async () => {
    const page = await browser.newPage();
    assert.is(await page.evaluate(await hashExpression()), expectedHash());
  });

  test.run();
}
