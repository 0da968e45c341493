// Browsers as the tests use them: Debian's own, headless, as root too. A missing one is null, and its suite says so
// loudly. Chromium is handed out as Playwright's browser; `openTab` gives the few things that all three can do.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';

const first = (...paths) => paths.find((path) => existsSync(path)) ?? null;
export const CHROMIUM = first('/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome');
export const FIREFOX = first('/usr/bin/firefox-esr', '/usr/bin/firefox');
const SCREEN = first('/usr/bin/Xvfb');
export const WEBKIT = SCREEN && first('/usr/bin/WebKitWebDriver');

const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
const SIZE = { width: 1280, height: 800 };

/** @returns {Promise<import('playwright-core').Browser>} */
export async function openChromium() {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: CHROMIUM, args: QUIET });
}

/** @returns {Promise<import('puppeteer-core').Browser>} */
export async function openFirefox() {
  const { default: puppeteer } = await import('puppeteer-core');
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    protocol: 'webDriverBiDi',
    headless: true,
    defaultViewport: SIZE,
  });
}

/**
 * WebKitGTK has no headless mode: it gets a screen in memory, and its driver a free port.
 * @returns {Promise<{ driver: import('selenium-webdriver').WebDriver, close: () => Promise<void> }>}
 */
export async function openWebKit() {
  const { Builder, Capabilities } = await import('selenium-webdriver');
  const started = [];
  const start = (command, args, options) => {
    const child = spawn(command, args, options);
    started.push(child);
    return child;
  };
  const stop = () => Promise.all(started.reverse().map(ended));
  try {
    const screen = start(SCREEN, ['-displayfd', '3', '-screen', '0', `${SIZE.width}x${SIZE.height}x24`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const display = await firstLine(screen, screen.stdio[3]);
    const port = await freePort();
    start(WEBKIT, [`--port=${port}`], {
      stdio: 'ignore',
      env: { ...process.env, DISPLAY: `:${display}`, LIBGL_ALWAYS_SOFTWARE: '1' },
    });
    await listening(port);
    const driver = await new Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities(new Capabilities({ browserName: 'MiniBrowser' }))
      .build();
    return {
      driver,
      async close() {
        await driver.quit().catch(() => {});
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * What a smoke test needs of any browser.
 * @typedef {object} Tab
 * @property {(url: string) => Promise<void>} goto
 * @property {(body: string) => Promise<any>} evaluate the value of an expression in the page
 * @property {(x: number, y: number) => Promise<void>} click at a place of the window, in CSS pixels
 * @property {(file: string) => Promise<void>} screenshot
 * @property {() => Promise<void>} close ends the browser too
 */

/** @type {Record<string, { path: string | null, openTab: () => Promise<Tab> }>} */
export const BROWSERS = {
  Chromium: {
    path: CHROMIUM,
    async openTab() {
      const browser = await openChromium();
      return scripted(browser, await browser.newPage({ viewport: SIZE }));
    },
  },
  Firefox: {
    path: FIREFOX,
    async openTab() {
      const browser = await openFirefox();
      return scripted(browser, await browser.newPage());
    },
  },
  WebKitGTK: {
    path: WEBKIT,
    async openTab() {
      const { driver, close } = await openWebKit();
      return {
        goto: (url) => driver.get(url),
        evaluate: (body) => driver.executeScript(`return (${body});`),
        click: (x, y) => driver.actions().move({ x, y, origin: 'viewport' }).press().release().perform(),
        screenshot: async (file) => writeFile(file, await driver.takeScreenshot(), 'base64'),
        close,
      };
    },
  },
};

/** Playwright and Puppeteer agree on these. */
function scripted(browser, page) {
  return {
    goto: async (url) => void (await page.goto(url)),
    evaluate: (body) => page.evaluate(body),
    click: (x, y) => page.mouse.click(x, y),
    screenshot: async (file) => void (await page.screenshot({ path: file })),
    close: () => browser.close(),
  };
}

/** Says that a browser is missing, in a form the runner counts as skipped. */
export function skip(what) {
  console.log(`SKIPPED: ${what} is not installed; ./build.sh setup test installs it`);
  console.log('0 passed, 0 failed, 1 skipped');
}

/** @param {import('node:child_process').ChildProcess} child */
function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return undefined;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  return gone.then(() => clearTimeout(timer));
}

function firstLine(child, stream) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)));
    stream.on('data', (data) => {
      text += data;
      if (text.includes('\n')) resolve(text.trim());
    });
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** Waits until the driver answers; whether it does is all that is asked, so it is asked again. */
async function listening(port) {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/status`).catch(() => null);
    if (answer?.ok) return;
    if (tries === 200) throw new Error(`${WEBKIT} does not answer on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
