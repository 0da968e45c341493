// The walk through the page in Chromium: every check on the page as it ships. Any error in the console, any request
// elsewhere or failed, fails the walk. That the checks find faults is in canaries.test.js.
import * as assert from 'uvu/assert';
import { CHROMIUM, skip } from '../helpers/browser.js';
import { suite } from '../helpers/suite.js';
import * as checks from './helpers/checks.js';
import { decode, hashOf, openPages, placeOf, rest, settle, visibleText } from './helpers/page.js';

const SCREENS = [
  { width: 1280, height: 640 },
  { width: 1440, height: 780 },
  { width: 768, height: 954 },
  { width: 390, height: 664, touch: true, ratio: 2 },
  { width: 375, height: 553, touch: true, ratio: 2 },
];

const good = (found) => assert.equal(found, []);

if (!CHROMIUM) skip('Chromium');
else {
  const test = suite('page');
  let pages;
  test.before(async () => {
    pages = await openPages();
  });
  test.after(async () => {
    await pages?.close();
  });
  const tally = async (page) => (await page.locator('.tally').innerText()).trim();
  const clean = async (page) => {
    good(page.errors);
    await page.context().close();
  };

  for (const dark of [false, true]) {
    for (const ratio of [1, 2]) {
      test(`pixels in ${dark ? 'dark' : 'light'} at ${ratio} device pixels`, async () => {
        const page = await pages.open('', { dark, ratio });
        for (const id of ['M1', 'M2', 'M3', 'M4', 'M6', 'W3']) assert.equal(await checks[id](page), [], id);
        await clean(page);
      });
    }
  }

  test('one point, no points, and the fixed meaning of play', async () => {
    const opened = [];
    const open = async (hash) => {
      const page = await pages.open(hash);
      opened.push(page);
      return page;
    };
    good(await checks.M5(open));
    for (const page of opened) await clean(page);
  });

  test('the prior precision', async () => {
    const page = await pages.open();
    good(await checks.M7(page));
    good(await checks.W3(page));
    await clean(page);
  });

  test('away and back', async () => {
    const page = await pages.open();
    good(await checks.M8(page));
    await clean(page);
  });

  for (const screen of SCREENS) {
    test(`first screen ${screen.width} × ${screen.height}`, async () => {
      const page = await pages.open('', screen);
      good(await checks.T2(page, screen));
      good(await checks.W3(page));
      await clean(page);
    });
  }

  test('the narrowest, the widest and the lowest screens, and large letters', async () => {
    const page = await pages.open();
    for (const [width, height, least, letters = 100] of [
      [280, 653, 120],
      [280, 653, 120, 200],
      [320, 454, 120],
      [640, 400, 200],
      [720, 900, 200, 200],
      [844, 390, 200],
      [2560, 1300, 700],
    ]) {
      const where = `${width} × ${height}, letters at ${letters} %`;
      await page.setViewportSize({ width, height });
      const { side, wide, cards } = await page.evaluate((percent) => {
        document.documentElement.style.fontSize = `${percent}%`;
        return {
          side: document.querySelector('canvas[data-map="plugin"]').clientWidth,
          wide: document.documentElement.scrollWidth,
          cards: [...document.querySelectorAll('.card')].map((card) => {
            const [name, what] = ['b', '.what'].map((part) => card.querySelector(part).getBoundingClientRect());
            const apart = name.right <= what.left + 1 || name.bottom <= what.top + 1;
            return card.clientWidth >= 90 && card.scrollWidth <= card.clientWidth && apart;
          }),
        };
      }, letters);
      assert.ok(side >= least, `${where}: the maps are ${side} px wide`);
      assert.ok(wide <= width, `${where}: the page is ${wide} px wide`);
      assert.ok(cards.every(Boolean), `${where}: a card has no room`);
    }
    await clean(page);
  });

  test('where colour may be lost, the side of the circles is hatched and what is pressed still shows', async () => {
    const page = await pages.open();
    const unknown = async () => (await decode(page)).maps.map(({ bands }) => bands.filter((b) => b === 255).length);
    const looks = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.tools [data-class]')].map((button) => getComputedStyle(button).backgroundColor),
      );
    const before = await unknown();
    for (const media of [{ forcedColors: 'active' }, { forcedColors: 'none', media: 'print' }]) {
      await page.emulateMedia(media);
      if (media.forcedColors === 'active') assert.is.not(...(await looks()));
      const now = await unknown();
      now.forEach((count, k) => assert.ok(count > 1.1 * before[k], `map ${k}: ${count} pixels are drawn over`));
    }
    await page.emulateMedia({ media: 'screen' });
    await page.waitForFunction(() => matchMedia('screen').matches);
    await rest(page);
    assert.equal(await unknown(), before);
    await clean(page);
  });

  test('one finger scrolls the page, also from a map', async () => {
    const page = await pages.open('', { width: 390, height: 664, touch: true });
    const session = await page.context().newCDPSession(page);
    for (const [x, y] of [
      [0, 9],
      [2, 2],
    ]) {
      // an empty place, and among the points
      await page.evaluate(() => window.scrollTo(0, 0));
      const tally = await page.locator('.tally').innerText();
      const [px, py] = await placeOf(page, 'plugin', x, y);
      const touch = (type, points) => session.send('Input.dispatchTouchEvent', { type, touchPoints: points });
      await touch('touchStart', [{ x: px, y: py }]);
      for (let step = 1; step <= 10; step++) await touch('touchMove', [{ x: px, y: py - 12 * step }]);
      await touch('touchEnd', []);
      await page.waitForFunction(() => window.scrollY > 50, null, { timeout: 5000 }).catch(() => {});
      assert.ok((await page.evaluate(() => window.scrollY)) > 50, `a swipe from (${x}, ${y}) scrolls`);
      assert.is(await page.locator('.tally').innerText(), tally, 'no point is added');
    }
    await clean(page);
  });

  test('a wheel scrolls the page', async () => {
    const page = await pages.open();
    good(await checks.I1(page));
    await clean(page);
  });

  test('a press during play', async () => {
    const page = await pages.open('', { motion: true });
    good(await checks.I4(page));
    await clean(page);
  });

  test('empty and degenerate data', async () => {
    const opened = [];
    good(
      await checks.E1(async (hash) => {
        const page = await pages.open(hash);
        opened.push(page);
        return page;
      }),
    );
    for (const page of opened) await clean(page);
  });

  test('a click adds a point on either map; undo and redo restore pixels; a link restores them elsewhere', async () => {
    const page = await pages.open();
    const start = await decode(page);
    const same = (a, b) => a.maps.every(({ bands }, k) => bands.every((band, i) => band === b.maps[k].bands[i]));
    for (const [map, x, y, total] of [
      ['plugin', -9, 9, 201],
      ['average', 9, -9, 202],
    ]) {
      const at = await placeOf(page, map, x, y);
      await settle(page, () => page.mouse.click(...at));
      assert.is((await page.locator('.tally').innerText()).trim(), `${total} / ${total}`);
    }
    const added = await decode(page);
    assert.not(same(start, added), 'the maps changed');
    good(await checks.M1(page));
    const elsewhere = await pages.open(await hashOf(page));
    assert.ok(same(added, await decode(elsewhere)), 'the link gives the same pixels');
    await clean(elsewhere);
    const press = (act) => settle(page, () => page.click(`[data-act="${act}"]`));
    await press('undo');
    await press('undo');
    assert.ok(same(start, await decode(page)), 'undone to the opening pixels');
    await press('redo');
    await press('redo');
    assert.ok(same(added, await decode(page)), 'redone to the last');
    await clean(page);
  });

  test('as-printed figures and the epistemic view open and settle', async () => {
    const printed = 'activation=sigmoid&optimizer=adam&w=start&subset=last_layer&curvature=ef&play=fixed';
    for (const hash of [
      `1&data=toyDataLinear&n=100&hidden=0&${printed}&epochs=50&lambda=0.5&trained=25&box=0,0,5`,
      `1&${printed}&lambda=0.01&trained=0.02&box=0,0,55`,
      '1&view=epistemic',
    ]) {
      const page = await pages.open(hash);
      good(await checks.W3(page));
      const { maps } = await decode(page);
      assert.ok(new Set(maps[1].bands).size >= 4, `${hash}: the right map shows ${new Set(maps[1].bands).size} bands`);
      await clean(page);
    }
  });

  test('the page works from a sub-path, and under reduced motion nothing plays', async () => {
    const nested = await openPages({ base: '/some/where/' });
    try {
      const page = await nested.open();
      const before = await checks.revision(page);
      assert.is(await page.locator('main').getAttribute('data-play'), 'off');
      assert.match(await visibleText(page), /Where is it only guessing/);
      assert.is(await checks.revision(page), before);
      await clean(page);
    } finally {
      await nested.close();
    }
  });

  test('busy in the HTML as served', async () => {
    const text = await (await fetch(pages.address)).text();
    assert.match(text, /<main[^>]*data-state="busy"/);
  });

  test('on a phone a tap selects a point', async () => {
    const points = [
      [4, 4],
      [1, -9],
      [-4, 4],
      [-9, -9],
    ];
    const edits = points.map(([x, y], k) => [x, y, k % 2]).join(';');
    const page = await pages.open(`1&edits=${edits}&w=start`, { width: 360, height: 664, touch: true });
    const before = await checks.revision(page);
    for (const [k, [x, y]] of points.entries()) {
      const [px, py] = await placeOf(page, k % 2 ? 'plugin' : 'average', x, y);
      await page.touchscreen.tap(px, py);
      const bubble = await page.locator('.bubble').boundingBox();
      assert.ok(bubble, `(${x}, ${y}) is selected`);
      const over = px > bubble.x && px < bubble.x + bubble.width && py > bubble.y && py < bubble.y + bubble.height;
      assert.not(over, `(${x}, ${y}) lies under the bubble`);
    }
    assert.is(await checks.revision(page), before, 'nothing is changed');

    // two fingers: what the first one sprayed is no point, and later steps are steps of their own
    const total = async () => Number((await tally(page)).split('/')[1]);
    await page.tap('[data-act="more"]');
    await page.tap('[data-act="spray"]');
    const session = await page.context().newCDPSession(page);
    const touch = (type, touchPoints) => session.send('Input.dispatchTouchEvent', { type, touchPoints });
    const [x, y] = await placeOf(page, 'plugin', 8, 8);
    await touch('touchStart', [{ x, y }]);
    await touch('touchStart', [{ x, y }, { x: x - 60, y }]);
    await touch('touchEnd', []);
    assert.is(await total(), 4);
    for (const [px, py] of [await placeOf(page, 'plugin', -8, 8), await placeOf(page, 'plugin', 8, 0)])
      await page.touchscreen.tap(px, py);
    assert.is(await total(), 6);
    await page.tap('[data-act="undo"]');
    assert.is(await total(), 5);
    await clean(page);
  });

  test('Esc takes back what a hand has under way', async () => {
    const page = await pages.open();
    const mouse = async (x, y) => page.mouse.move(...(await placeOf(page, 'plugin', x, y)));
    const box = () => page.locator('canvas[data-map="plugin"]').getAttribute('data-box');
    const undo = page.locator('[data-act="undo"]');
    const escape = () => page.keyboard.press('Escape');
    const home = await box();

    await mouse(-9, 9);
    await page.mouse.down();
    await mouse(-7, 7);
    assert.is.not(await box(), home, 'a drag of an empty place moves the view');
    await escape();
    await page.mouse.up();
    assert.is(await box(), home, 'the view is back');

    await page.locator('.prior input').hover();
    await page.mouse.down();
    await page.mouse.move(1100, 300);
    assert.is.not(await page.locator('.prior output').innerText(), '0.15');
    await escape();
    await page.mouse.move(1120, 300);
    await page.mouse.up();
    assert.is(await page.locator('.prior output').innerText(), '0.15');
    assert.ok(await undo.isDisabled(), 'no step is left');

    for (const act of ['more', 'spray']) await page.click(`[data-act="${act}"]`);
    await mouse(-9, 9);
    await page.mouse.down();
    for (const x of [-8, -6, -4]) await mouse(x, 9);
    assert.is.not(await tally(page), '200 / 200');
    await escape();
    await mouse(-9, 0);
    await page.mouse.up();
    assert.is(await tally(page), '200 / 200', 'the stroke is taken back');
    await page.click('[data-class="1"]');
    for (const y of [-8, 8]) {
      await mouse(-9, y);
      await page.mouse.down();
      await page.mouse.up();
    }
    await undo.click();
    assert.is(await tally(page), '201 / 201', 'each point is a step');

    // by keys: undo ends a move, and Esc has nothing left to take back
    await page.locator('.map.plugin').focus();
    for (const key of ['n', 'm', 'ArrowUp', 'u', 'u', 'Escape']) await page.keyboard.press(key);
    assert.is(await tally(page), '200 / 200');
    await page.click('[data-act="redo"]');
    assert.is(await tally(page), '201 / 201', 'and what was undone can be had again');
    await clean(page);
  });

  test('Share gives the link to the picture that stands; a link opened in the same tab is read in full', async () => {
    const page = await pages.open();
    const link = page.locator('#link input');
    const add = async (x, y) => page.mouse.click(...(await placeOf(page, 'plugin', x, y)));
    await add(-9, 9);
    await add(9, 9);
    await page.evaluate(() => document.getElementById('share').click()); // before the picture rests
    assert.is(await link.inputValue(), '', 'no link yet');
    await rest(page);
    const offered = await link.inputValue();
    const read = async () => {
      await page.mouse.move(2, 2); // off the maps: the figures at the pin
      await page.waitForFunction(() => /pin/.test(document.querySelector('.where').textContent));
      return page.locator('.readout').innerText();
    };
    const told = await read();
    assert.is(offered.split('#')[1], await hashOf(page), 'the link is the address at rest');
    await settle(page, () => add(-9, -9));
    assert.is.not(await link.inputValue(), offered, 'it follows the picture');
    await hashOf(page);

    const open = (hash) => settle(page, () => page.evaluate((text) => (location.hash = text), hash));
    await open(offered.split('#')[1]);
    assert.is(await read(), told, 'and reads the same numbers');
    await open('1&n=abc&foo=1');
    assert.match(await page.locator('.notice').innerText(), /abc.*number of points/);
    await open('1&bar=2&lambda=2');
    assert.match(await link.inputValue(), /#1&lambda=2&bar=2$/);
    await clean(page);
  });

  test('the points as a table: exact, and neither the focus nor the selection goes astray', async () => {
    const page = await pages.open();
    const focused = () => page.evaluate(() => document.activeElement.ariaLabel);
    const ring = () => page.locator('.map.plugin .chosen').getAttribute('transform');
    await page.locator('.card').nth(0).click();
    await page.locator('.table summary').click();
    await page.click('[aria-label^="Delete point 1 at"]');
    assert.match(await focused(), /^Delete point 1 at/);
    await page.locator('.map.plugin').focus();
    for (const key of 'nnn') await page.keyboard.press(key);
    const chosen = await ring();
    await settle(page, () => page.keyboard.press('u'));
    assert.is(await ring(), chosen, 'the same point is selected in the longer list');
    await settle(page, () => page.click('[data-set="moons"]'));
    assert.not(await page.locator('.bubble').isVisible(), 'a point of other data is another point');

    for (const [axis, value] of Object.entries({ x: '0.12345', y: '-0.98765' }))
      await page.fill(`[aria-label="${axis} of a new point"]`, value);
    await settle(page, () => page.getByRole('button', { name: 'Add', exact: true }).click());
    await page.fill('[aria-label="x of point 3"]', '1.5');
    await settle(page, () => page.keyboard.press('Tab'));
    assert.is(await focused(), 'y of point 3');
    await page.waitForFunction(() => location.hash.includes('1.5,')); // the address follows the picture
    assert.match(await hashOf(page), /edits=0-2;1\.5,[^;]*;3-200;0\.12345,-0\.98765,0/);
    await clean(page);
  });

  test('a stage is hollow until it is done; the search for the best λ gives way to the reader', async () => {
    const page = await pages.open('1&n=600&w=start&hidden=48-24');
    const spoilt = page.locator('.card[data-spoilt]');
    const lambda = () => page.locator('.prior output').innerText();
    await page.locator('.card').nth(4).click();
    await rest(page);
    await page.getByText('Maximise evidence').click();
    assert.is(await page.locator('main').getAttribute('data-state'), 'busy');
    assert.is(await spoilt.count(), 4);
    await page.locator('.card').nth(0).click();
    await settle(page, () => page.click('[data-set="moons"]'));
    const before = await checks.revision(page);
    assert.is(await lambda(), '0.15');
    assert.is(await spoilt.count(), 0);
    await page.fill('[data-key="n"]', '40');
    await settle(page, () => page.keyboard.press('Enter'));
    await page.locator('.card').nth(4).click();
    await settle(page, () => page.getByText('Maximise evidence').click());
    assert.is(await checks.revision(page), before + 3, 'one change each: 40 points, the curve, λ');
    assert.is.not(await lambda(), '0.15');
    await settle(page, () => page.click('[data-act="undo"]'));
    assert.is(await lambda(), '0.15');
    await clean(page);
  });

  test('the drawers: names that fit, seeds that exist, no step of undo for a look', async () => {
    const page = await pages.open('1&start=4294967295&w=start&n=40&hidden=4&trained=25&structure=foo');
    assert.match(await page.locator('.notice').innerText(), /foo.*left out/);
    assert.is(await tally(page), '40 / 40', 'the rest of the link is kept');
    const undo = page.locator('[data-act="undo"]');
    const set = (key, value) => page.locator(`[data-key="${key}"]`).selectOption(value);
    const card = (k) => page.locator('.card').nth(k).click();
    await card(5);
    await settle(page, () => set('view', 'epistemic'));
    assert.ok(await undo.isDisabled(), 'a view is no step');
    await card(4);
    await page.getByRole('button', { name: 'Retrain' }).focus();
    await settle(page, () => page.keyboard.press('Enter'));
    assert.match(await page.evaluate(() => document.activeElement.textContent), /Prior/, 'the focus stays there');
    await card(1);
    await settle(page, () => page.getByText('New start').click());
    assert.is(await page.locator('[data-key="start"]').inputValue(), '0');
    await page.fill('[data-key="hidden"]', 'abc');
    await page.keyboard.press('Enter');
    assert.match(await page.locator('.notice').innerText(), /Nothing was changed/);
    await settle(page, () => set('likelihood', 'categorical'));
    await card(5);
    assert.not((await page.locator('[data-key="link"] option').allInnerTexts()).includes('exact'));
    await page.waitForSelector('.still:not([hidden])');
    await card(0);
    await settle(page, () => page.getByText('Clear all points').click());
    assert.not(await page.locator('.still').isVisible(), 'no moments of play without points');
    await clean(page);
  });

  test('a point under the pin is dragged, not the pin; a pinch stays about the pointer however deep', async () => {
    const page = await pages.open('1&pin=3,2.5&edits=2.4,2.5,1;-2,-2,0;2,-3,1&w=start');
    const from = await placeOf(page, 'plugin', 2.4, 2.5);
    const to = await placeOf(page, 'plugin', 6, 6);
    await settle(page, async () => {
      await page.mouse.move(...from);
      await page.mouse.down();
      await page.mouse.move(...to);
      await page.mouse.up();
    });
    await page.waitForFunction(() => /edits=6/.test(location.hash));
    assert.match(await hashOf(page), /edits=6,6,1;.*pin=3,2.5/);
    const [px, py] = to.map(Math.round);
    const { y: top, height } = await page.locator('canvas[data-map="plugin"]').boundingBox();
    const at = async () => {
      const [, , low, high] = (await page.locator('canvas[data-map="plugin"]').getAttribute('data-box')).split(',');
      return Number(high) - ((py - top) / height) * (high - low);
    };
    await page.mouse.move(px, py);
    const before = await at();
    await page.keyboard.down('Control');
    for (let step = 0; step < 50; step++) await page.mouse.wheel(0, -30);
    await page.keyboard.up('Control');
    await rest(page);
    assert.ok(Math.abs((await at()) - before) < 1e-7, `the place under the pointer moved by ${(await at()) - before}`);
    await clean(page);
  });

  test('what is said of a picture: under the pointer, to a screen reader, and in the caption', async () => {
    const page = await pages.open('1&shown=0', { motion: true });
    const live = page.locator('.screen > .unseen');
    assert.match(await live.innerText(), /^0 points\. At the pin: one network 50 %, averaged 50 %\.$/);
    await page.mouse.move(...(await placeOf(page, 'plugin', -3, 3)));
    await page.locator('.map.plugin').focus();
    await page.keyboard.press(' ');
    await page.waitForFunction(() => Number(document.querySelector('input.count').value) >= 5);
    assert.not(/50 %[^]*50 %/.test(await page.locator('.readout').innerText()), 'the pointer is read while playing');
    for (const [x, y] of [
      [-9, 9],
      [9, 9],
    ])
      await settle(page, async () => page.mouse.click(...(await placeOf(page, 'plugin', x, y))));
    const [shown] = (await tally(page)).split(' ');
    await page.waitForFunction(
      ([node, text]) => node.textContent.startsWith(text),
      [await live.elementHandle(), `${shown} points.`],
      { timeout: 3000 },
    );
    await page.locator('.card').nth(0).click();
    await page.fill('[data-key="seed"]', '7');
    await settle(page, () => page.keyboard.press('Enter'));
    assert.not(/another explanation/.test(await page.locator('.caption').innerText()), 'these are other points');
    await clean(page);
  });

  test('the inset of an enlarged map comes forward at its full size', async () => {
    const page = await pages.open();
    for (const act of ['more', 'enlarge']) await page.click(`[data-act="${act}"]`);
    await settle(page, () => page.click('.map.plugin'));
    const [px, py] = await placeOf(page, 'plugin', -9, -9);
    await settle(page, () => page.mouse.click(px, py));
    const [x, y] = (await hashOf(page)).match(/edits=0-200;([^,]+),([^,]+)/).slice(1).map(Number);
    assert.ok(Math.hypot(x + 9, y + 9) < 0.1, `a press at (-9, -9) puts a point at (${x}, ${y})`);
    await clean(page);
  });

  test('without WebAssembly, or without the worker, the page says so once', async () => {
    for (const missing of [false, true]) {
      const page = await pages.open('', {
        before: async (tab) => {
          await tab.route(/worker\.js|\/$/, async (route) => {
            const response = await route.fetch();
            const headers = response.headers();
            headers['content-security-policy'] = headers['content-security-policy'].replace("'wasm-unsafe-eval'", '');
            if (missing && /worker/.test(route.request().url())) await route.fulfill({ status: 404 });
            else await route.fulfill({ response, headers });
          });
          return '.notice:not([hidden])';
        },
      });
      const before = await checks.revision(page);
      await page.waitForTimeout(200);
      assert.is(await checks.revision(page), before, 'nothing is asked again');
      assert.not(/opening state/.test(await page.locator('.notice').innerText()));
      await page.context().close();
    }
  });

  test('until the first answer the maps are empty, not black', async () => {
    const page = await pages.open('', {
      before: async (tab) => {
        await tab.route(/worker\.js/, () => {}); // it never comes
        return '.map canvas';
      },
    });
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll('.map canvas')].map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, 1, 1);
        return [`rgb(${data.slice(0, 3).join(', ')})`, getComputedStyle(canvas).backgroundColor];
      }),
    );
    assert.is(shown.length, 2);
    for (const [pixel, background] of shown) assert.is(pixel, background);
    await page.context().close();
  });

  test('what it does not know, where there are no points', async () => {
    const page = await pages.open('1&shown=0&view=epistemic');
    const [x, y] = await placeOf(page, 'average', 3, 3);
    await page.mouse.move(x, y);
    await page.waitForFunction(() => /pointer/.test(document.querySelector('.where').textContent));
    good(await checks.W3(page));
    await clean(page);
  });

  test.run();
}
