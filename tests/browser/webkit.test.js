// A smoke test in WebKitGTK, driven by its own WebDriver under a virtual screen: the page opens, a click adds a point, and the bits are
// those of Node.
import { spawn } from 'node:child_process';
import * as assert from 'uvu/assert';
import { serve } from '../../web/server.js';
import { WEBKIT, skip } from '../helpers/browser.js';
import { suite } from '../helpers/suite.js';
import { SMOKE, expectedHash, hashExpression } from './helpers/engine.js';

const PORT = 4600 + (process.pid % 300);

/** The driver, once it answers. */
async function startDriver() {
  const child = spawn('xvfb-run', ['-a', WEBKIT, `--port=${PORT}`], {
    stdio: 'ignore',
    env: { ...process.env, LIBGL_ALWAYS_SOFTWARE: '1' },
  });
  for (let tries = 0; tries < 100; tries++) {
    const up = await fetch(`http://127.0.0.1:${PORT}/status`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) return child;
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
  }
  child.kill();
  throw new Error('WebKitWebDriver does not answer');
}

if (!WEBKIT) skip('WebKitGTK');
else {
  const test = suite('webkit');
  let child;
  let driver;
  let server;
  test.before(async () => {
    const { Builder, Capabilities } = await import('selenium-webdriver');
    server = await serve({ folder: 'dist/web' });
    child = await startDriver();
    driver = await new Builder()
      .usingServer(`http://127.0.0.1:${PORT}`)
      .withCapabilities(new Capabilities({ browserName: 'MiniBrowser' }))
      .build();
    await driver.manage().setTimeouts({ script: 90_000 });
  });
  test.after(async () => {
    await driver?.quit().catch(() => {});
    child?.kill();
    await server?.close();
  });
  const ask = (expression) =>
    driver.executeAsyncScript(
      `const done = arguments[arguments.length - 1]; Promise.resolve(${expression}).then(done, (error) => done({ error: String(error) }));`,
    );

  test('the page opens and takes a point', async () => {
    await driver.get(server.address);
    const seen = await ask(SMOKE);
    assert.is(seen.error, undefined);
    assert.ok(seen.width > 100, `a map ${seen.width} px wide`);
    const [x, y] = [Math.round(seen.left + seen.width * 0.1), Math.round(seen.top + seen.height * 0.1)];
    await driver.actions().move({ x, y, origin: 'viewport' }).press().release().perform();
    const after = await ask(`new Promise((done) => { const main = document.querySelector('main'); const look = () =>
      main.dataset.state === 'ready' && Number(main.dataset.revision) > ${seen.before}
        ? done(document.querySelector('.tally').textContent) : setTimeout(look, 50); look(); })`);
    const [shown, total] = after.split('/').map(Number);
    assert.is(shown, total);
    assert.is(total, 201);
  });

  test('the same bits as in Node', async () => {
    assert.is(await ask(await hashExpression()), expectedHash());
  });

  test.run();
}
