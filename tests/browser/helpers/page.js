// The page in Chromium: opened, waited for by its own word (never by a clock), read back from its pixels.
import { execFileSync } from 'node:child_process';
import { serve } from '../../../web/server.js';
import { openChromium } from '../../helpers/browser.js';
import { pointsOf } from './model.js';

const READY = 'main[data-state="ready"]';

/** Serves a build of the page and opens tabs on it. `faults` is the build in which `?canary=` breaks one thing. */
export async function openPages({ faults = false, base = '/' } = {}) {
  const folder = faults ? 'build/canary' : 'dist/web';
  if (faults) execFileSync(process.execPath, ['web/build.js', folder, '--canary']);
  const [server, browser] = [await serve({ folder, base }), await openChromium()];
  const contexts = [];
  return {
    address: server.address,
    /** A tab on the page: what went wrong in it is collected in `errors`. `before` is done with the tab before the page
     * comes; where it gives a selector, that is waited for instead of rest. */
    async open(
      hash = '',
      {
        canary = '',
        width = 1280,
        height = 640,
        ratio = 1,
        touch = false,
        motion = false,
        dark = false,
        before = async (_) => READY,
      } = {},
    ) {
      const context = await browser.newContext({
        viewport: { width, height },
        deviceScaleFactor: ratio,
        hasTouch: touch,
        reducedMotion: motion ? 'no-preference' : 'reduce',
        colorScheme: dark ? 'dark' : 'light',
      });
      contexts.push(context);
      const page = await context.newPage();
      const errors = [];
      page.on('console', (message) => {
        // reading the canvases back, as the checks do, is what Chromium advises about here
        const advice = /getImageData/.test(message.text());
        if (/error|warning/.test(message.type()) && !advice) errors.push(`console: ${message.text()}`);
      });
      page.on('pageerror', (error) => errors.push(`page: ${error.message}`));
      page.on('request', (request) => {
        if (!request.url().startsWith(server.address) && !/^(data|blob):/.test(request.url()))
          errors.push(`request: ${request.url()}`);
      });
      page.on('requestfailed', (request) => errors.push(`failed: ${request.url()}`));
      const awaited = (await before(page)) ?? READY;
      const query = canary ? `?canary=${canary}` : '';
      await page.goto(`${server.address}${query}${hash ? `#${hash}` : ''}`);
      await page.waitForSelector(awaited, { timeout: 60_000 });
      return Object.assign(page, { errors });
    },
    async close() {
      await Promise.all(contexts.map((context) => context.close().catch(() => {})));
      await browser.close();
      await server.close();
    },
  };
}

export const revision = (page) => page.evaluate(() => Number(document.querySelector('main').dataset.revision));

/** Does something and waits until the page shows a later revision at rest. */
export async function settle(page, act, timeout = 60_000) {
  const before = await revision(page);
  await act();
  await page.waitForFunction(
    (old) => {
      const { state, revision: now } = document.querySelector('main').dataset;
      return state === 'ready' && Number(now) > old;
    },
    before,
    { timeout },
  );
}

/** Waits until the page is at rest, whatever the revision. */
export const rest = (page) => page.waitForSelector(READY, { timeout: 60_000 });

/**
 * Both maps decoded through the bar's own cells: the band of each pixel, 255 where the colour is none of a cell (lines,
 * points).
 * @returns {Promise<{ cells: { lo: number, hi: number, rgb: number[] }[], maps: { name: string, w: number, h: number,
 *   box: number[],
 *   bands: Uint8Array, colours: Map<string, number> }[] }>}
 */
export async function decode(page) {
  const read = await page.evaluate(() => {
    const theme = getComputedStyle(document.querySelector('.screen'));
    const inks = ['--ink', '--paper', '--panel', '--line'].map((name) => theme.getPropertyValue(name).trim());
    const cells = [...document.querySelectorAll('[data-lo][data-hi]')].map((cell) => ({
      lo: Number(cell.dataset.lo),
      hi: Number(cell.dataset.hi),
      rgb: getComputedStyle(cell).backgroundColor.match(/\d+/g).slice(0, 3).map(Number),
    }));
    const code = new Map(cells.map(({ rgb }, k) => [(rgb[0] << 16) | (rgb[1] << 8) | rgb[2], k]));
    const maps = [...document.querySelectorAll('canvas')].slice(0, 2).map((canvas) => {
      const { width: w, height: h } = canvas;
      const { data } = canvas.getContext('2d').getImageData(0, 0, w, h);
      const bands = new Uint8Array(w * h);
      const colours = new Map();
      for (let i = 0; i < bands.length; i++) {
        const key = (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2];
        bands[i] = code.get(key) ?? 255;
        colours.set(key, (colours.get(key) ?? 0) + 1);
      }
      let text = '';
      for (let i = 0; i < bands.length; i += 8192) text += String.fromCharCode(...bands.subarray(i, i + 8192));
      const most = [...colours].sort((a, b) => b[1] - a[1]).slice(0, 40);
      return {
        name: canvas.dataset.map,
        w,
        h,
        box: canvas.dataset.box.split(',').map(Number),
        text: btoa(text),
        colours: most,
      };
    });
    return { cells, maps, inks };
  });
  return {
    cells: read.cells,
    inks: read.inks.map((hex) => parseInt(hex.slice(1), 16)),
    maps: read.maps.map(({ text, ...map }) => ({ ...map, bands: new Uint8Array(Buffer.from(text, 'base64')) })),
  };
}

/** The hash of the address, without '#'. It is written at most once a second, so what stands there may be older. */
export const hashNow = (page) => page.evaluate(() => location.hash.slice(1));

/** The same once it tells the points that the page shows. */
export async function hashOf(page) {
  for (let tries = 0; ; tries++) {
    const hash = await hashNow(page);
    const [shown, total] = (await page.locator('.tally').innerText()).split('/').map(Number);
    const told = pointsOf(hash);
    if (told.shown === shown && told.total === total) return hash;
    if (tries === 50)
      throw new Error(`the address tells ${told.shown} / ${told.total} points, the page shows ${shown} / ${total}`);
    await page.waitForTimeout(100);
  }
}

/** What can be read on the page: text that is visible. */
export const visibleText = (page) => page.evaluate(() => document.body.innerText);

/** Where a place of the plane is on the screen, on one of the maps. */
export async function placeOf(page, map, x, y) {
  const canvas = page.locator(`canvas[data-map="${map}"]`);
  const [area, box] = [await canvas.boundingBox(), (await canvas.getAttribute('data-box')).split(',').map(Number)];
  return [
    area.x + ((x - box[0]) / (box[1] - box[0])) * area.width,
    area.y + ((box[3] - y) / (box[3] - box[2])) * area.height,
  ];
}
