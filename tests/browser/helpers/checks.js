// The checks of the design, one function each: it drives the page and gives the list of what does not hold; empty is
// good. The suites run them on the page, and again on a build with one fault each, where they must find something.
import { LAMBDA, stepOf } from '../../../web/screen.js';
import { modelOf, pixelProbabilities } from './model.js';
import { decode, hashOf, placeOf, rest, revision, settle, visibleText } from './page.js';

const MIDDLE = [0.01, 0.06, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.94, 0.99]; // of the twelve bands
const sure = (band) => Math.max(MIDDLE[band], 1 - MIDDLE[band]);
const NONE = 255;
const LEAKS = /NaN|Infinity|undefined|null|\[object|\{[\w.]*\}/;

/** Adds a sentence unless something holds. */
const collector = () => {
  const found = [];
  return {
    found,
    must: (holds, sentence) => {
      if (!holds) found.push(sentence);
    },
  };
};

/** Over the pixels of known band that `use` accepts: the mean of `value`. */
function average({ bands, w }, value, use = () => true) {
  let [sum, count] = [0, 0];
  for (let i = 0; i < bands.length; i++) {
    if (bands[i] === NONE || !use(i % w, Math.floor(i / w))) continue;
    sum += value(bands[i]);
    count++;
  }
  return { mean: count ? sum / count : NaN, count };
}

/** Mean |p_left − p_right| over the pixels known in both. */
function difference(left, right) {
  let [sum, count] = [0, 0];
  left.bands.forEach((a, i) => {
    const b = right.bands[i];
    if (a === NONE || b === NONE) return;
    sum += Math.abs(MIDDLE[a] - MIDDLE[b]);
    count++;
  });
  return sum / count;
}

const over90 = (band) => Number(band <= 1 || band >= 10);

/** The world coordinates of a pixel's centre. */
const worldOf =
  ({ w, h, box }) =>
  (i, j) => [box[0] + ((i + 0.5) / w) * (box[1] - box[0]), box[3] - ((j + 0.5) / h) * (box[3] - box[2])];

const awayFrom = (map, points, distance) => {
  const at = worldOf(map);
  return (i, j) => {
    const [x, y] = at(i, j);
    return points.every((p) => (p.x - x) ** 2 + (p.y - y) ** 2 >= distance ** 2);
  };
};

/** M1: every pixel has the band the library gives at its place. */
export async function M1(page) {
  const { found, must } = collector();
  const { cells, maps } = await decode(page);
  const { la, state } = modelOf(await hashOf(page));
  const truth = pixelProbabilities(la, maps[0], state.link);
  const slack = 0.005; // and the error bound of the map, which is exact here
  maps.forEach((map, side) => {
    let [right, known] = [0, 0];
    map.bands.forEach((band, i) => {
      if (band === NONE) return;
      known++;
      right += Number(truth[side][i] >= cells[band].lo - slack && truth[side][i] <= cells[band].hi + slack);
    });
    must(
      known >= 0.5 * map.bands.length,
      `${map.name}: only ${known} of ${map.bands.length} pixels have a colour of the bar`,
    );
    must(right >= 0.99 * known, `${map.name}: ${((100 * right) / known).toFixed(2)} % of the pixels in their band`);
  });
  return found;
}

/** M2: the 50 % line covers the change of side, at the same place in both maps. */
export async function M2(page) {
  const { found, must } = collector();
  const { maps } = await decode(page);
  for (const { name, bands, w, h } of maps) {
    let bare = 0;
    for (let j = 1; j < h; j++) {
      for (let i = 1; i < w; i++) {
        for (const k of [j * w + i - 1, (j - 1) * w + i]) {
          const [a, b] = [bands[j * w + i], bands[k]];
          if (a !== NONE && b !== NONE && a >= 6 !== b >= 6) bare++;
        }
      }
    }
    must(bare <= 0.02 * w, `${name}: ${bare} changes of side without the line over them`);
  }
  const [left, right] = maps;
  let apart = 0;
  left.bands.forEach((a, i) => {
    if (a !== NONE && right.bands[i] !== NONE && a >= 6 !== right.bands[i] >= 6) apart++;
  });
  must(apart <= 0.0005 * left.bands.length, `${apart} pixels on different sides of 50 %`);
  return found;
}

/** M3: the opening state, with the design's figures widened by .03. */
export async function M3(page) {
  const { found, must } = collector();
  const { maps } = await decode(page);
  const { points } = modelOf(await hashOf(page));
  const [left, right] = maps;
  const within = (value, low, high, what) =>
    must(value >= low - 0.03 && value <= high + 0.03, `${what}: ${value.toFixed(3)}`);
  const far = awayFrom(left, points, 4);
  within(average(left, sure, far).mean, 0.84, 0.9, 'left, mean confidence far from the points');
  within(average(left, over90, far).mean, 0.46, 0.73, 'left, share above 90 %');
  within(average(right, sure, far).mean, 0.57, 0.65, 'right, mean confidence far from the points');
  within(average(right, over90, far).mean, 0, 0.07, 'right, share above 90 %');
  within(difference(left, right), 0.19, 0.25, 'mean difference of the maps');
  for (const { name, bands } of maps) {
    const shown = new Set(bands);
    shown.delete(NONE);
    must(shown.size >= 6, `${name}: ${shown.size} bands`);
  }
  return found;
}

/** M4: around each point both maps have its class, and the right one is still sure of it. */
export async function M4(page) {
  const { found, must } = collector();
  const { maps } = await decode(page);
  const { points } = modelOf(await hashOf(page));
  for (const map of maps) {
    const { w, h, box, bands, name } = map;
    const at = worldOf(map);
    const reach = Math.ceil(w / 24);
    let [hits, asked, sum] = [0, 0, 0];
    for (const { x, y, c } of points) {
      const [px, py] = [((x - box[0]) / (box[1] - box[0])) * w, ((box[3] - y) / (box[3] - box[2])) * h];
      let best = { distance: Infinity, band: NONE };
      for (let j = Math.max(0, Math.floor(py) - reach); j < Math.min(h, py + reach); j++) {
        for (let i = Math.max(0, Math.floor(px) - reach); i < Math.min(w, px + reach); i++) {
          const band = bands[j * w + i];
          const [u, v] = at(i, j);
          const distance = (u - x) ** 2 + (v - y) ** 2;
          if (band !== NONE && distance < best.distance) best = { distance, band };
        }
      }
      if (best.band === NONE) continue;
      asked++;
      hits += Number(best.band >= 6 === (c === 1));
      sum += c === 1 ? MIDDLE[best.band] : 1 - MIDDLE[best.band];
    }
    must(asked >= 0.9 * points.length, `${name}: only ${asked} points have paint near them`);
    must(hits >= 0.97 * asked, `${name}: ${hits} of ${asked} points have their class`);
    if (name === 'average')
      must(sum / asked >= 0.78, `${name}: mean confidence at the points ${(sum / asked).toFixed(3)}`);
  }
  return found;
}

/** M5: one point, none, and the fixed meaning of play. `open` gives a tab on a hash. */
export async function M5(open) {
  const { found, must } = collector();
  const one = await decode(await open('1&shown=1&w=chain'));
  const share = average(one.maps[0], over90).mean;
  must(share >= 0.59 && share <= 0.79, `one point: ${share.toFixed(3)} of the left map above 90 %`);
  must(average(one.maps[1], over90).mean <= 0.03, 'one point: the right map is above 90 % somewhere');
  const none = await decode(await open('1&shown=0&w=chain'));
  for (const { name, bands } of none.maps) {
    must(
      bands.every((band) => band === 5 || band === 6 || band === NONE),
      `no points: ${name} is not flat`,
    );
  }
  let before = null;
  for (const shown of [0, 3, 20, 80, 200]) {
    const { maps } = await decode(await open(`1&play=fixed&shown=${shown}`));
    if (before) {
      let [moved, fell, both] = [0, 0, 0];
      maps[0].bands.forEach((band, i) => {
        if (band !== NONE && before[0].bands[i] !== NONE && band !== before[0].bands[i]) moved++;
      });
      maps[1].bands.forEach((band, i) => {
        const old = before[1].bands[i];
        if (band === NONE || old === NONE) return;
        both++;
        if (sure(band) < sure(old)) fell++;
      });
      must(moved === 0, `fixed, N = ${shown}: ${moved} pixels of the left map changed`);
      // at the nodes of the grid confidence never falls; between nodes of different sides interpolation may, beside the
      // 50 % line
      must(both > 0 && fell <= 1e-4 * both, `fixed, N = ${shown}: confidence fell at ${fell} of ${both} pixels`);
    }
    before = maps;
  }
  return found;
}

/** OKLab of sRGB 0…255 (Ottosson 2020). */
function oklab(rgb) {
  const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** M6: the bar. */
export async function M6(page) {
  const { found, must } = collector();
  const { cells, maps, inks } = await decode(page);
  must(cells.length === 12, `${cells.length} cells`);
  must(
    cells.every(({ lo, hi }, k) => lo < hi && (k === 0 || lo === cells[k - 1].hi)),
    'edges do not rise from cell to cell',
  );
  const colours = cells.map(({ rgb }) => oklab(rgb));
  const dark = colours[5][0] < 0.5;
  for (let k = 1; k < 6; k++) {
    const rises = (a, b) => (dark ? a[0] < b[0] : a[0] > b[0]);
    must(rises(colours[6 - k], colours[5 - k]), `lightness does not move outwards at cell ${5 - k}`);
    must(rises(colours[5 + k], colours[6 + k]), `lightness does not move outwards at cell ${6 + k}`);
  }
  const apart = (a, b) => Math.hypot(...a.map((v, i) => v - b[i]));
  for (let k = 1; k < 12; k++)
    must(apart(colours[k], colours[k - 1]) >= 0.028, `cells ${k - 1} and ${k} are too alike`);
  for (let k = 0; k < 3; k++)
    must(apart(colours[k], colours[11 - k]) >= 0.15, `mirrored cells ${k} and ${11 - k} are too alike`);
  const known = new Set([...inks, ...cells.map(({ rgb }) => (rgb[0] << 16) | (rgb[1] << 8) | rgb[2])]);
  for (const { name, colours: most, bands } of maps) {
    // a fill is what covers much: lines, casings and glyphs are thin, and their own colours are few
    for (const [key, count] of most) {
      const rgb = [key >> 16, (key >> 8) & 255, key & 255];
      const glyph =
        apart(oklab(rgb), colours[0]) < 0.1 ||
        apart(oklab(rgb), colours[11]) < 0.1 ||
        Math.min(...rgb) > 245 ||
        Math.max(...rgb) < 60;
      const mark = [
        [0x1b, 0x6a, 0xb6],
        [0xc8, 0x69, 0x21],
        [0x70, 0xb0, 0xf1],
        [0xee, 0x9b, 0x58],
      ].some((c) => c.join() === rgb.join());
      must(
        known.has(key) || glyph || mark || count < 0.01 * bands.length,
        `${name}: ${count} pixels of rgb(${rgb}), no cell of the bar`,
      );
    }
  }
  return found;
}

const ANSWER = 15_000; // milliseconds after which a slider is dead; its answer takes a tenth of a second

async function setLambda(page, value) {
  const slide = (step) => {
    const slider = document.querySelector('input[data-lambda]');
    slider.value = String(step);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    slider.dispatchEvent(new Event('change', { bubbles: true }));
  };
  await settle(page, () => page.evaluate(slide, stepOf(value)), ANSWER);
}

/** M7: the prior precision by its slider. */
export async function M7(page) {
  const { found, must } = collector();
  const { points } = modelOf(await hashOf(page));
  for (const lambda of [LAMBDA.low, 3, 30]) {
    try {
      await setLambda(page, lambda);
    } catch {
      return [`λ = ${lambda}: the page does not answer the slider`];
    }
    const { maps } = await decode(page);
    const [left, right] = maps;
    if (lambda === LAMBDA.low) {
      const near = awayFrom(right, points, 0.6);
      const at = average(right, sure, (i, j) => !near(i, j)).mean;
      must(at <= 0.68, `λ = ${lambda}: the right map is ${at.toFixed(3)} sure at the points`);
    } else if (lambda === 3) {
      const apart = difference(left, right);
      must(apart <= 0.11, `λ = 3: the maps differ by ${apart.toFixed(3)}`);
    } else {
      for (const map of maps) must(average(map, sure).mean <= 0.62, `λ = 30: ${map.name} is not flat`);
      must(
        (await visibleText(page)).includes('The prior outweighs the data'),
        'λ = 30: the sentence about the prior is missing',
      );
    }
  }
  return found;
}

/** M8: away and back gives the same pixels. */
export async function M8(page) {
  const { found, must } = collector();
  const start = await decode(page);
  const press = (act) => settle(page, () => page.evaluate((selector) => document.querySelector(selector).click(), act));
  const same = (now) => now.maps.every(({ bands }, k) => bands.every((band, i) => band === start.maps[k].bands[i]));
  await press('[data-act="pan"][data-way="right"]');
  must(!same(await decode(page)), 'panning does not move the maps');
  await press('[data-act="pan"][data-way="left"]');
  must(same(await decode(page)), 'panned there and back: other pixels');
  await press('[data-act="far"]');
  must((await decode(page)).maps[0].box[1] > 3 * start.maps[0].box[1], 'Far out does not go far out');
  await press('[data-act="home"]');
  must(same(await decode(page)), 'far out and home: other pixels');
  return found;
}

/** W3: nothing of the plumbing shows. */
export async function W3(page) {
  const { found, must } = collector();
  const text = await visibleText(page);
  must(!LEAKS.test(text), `“${text.split('\n').find((line) => LEAKS.test(line))}”`);
  const labels = await page.evaluate(() =>
    [...document.querySelectorAll('button, a, input, select')]
      .filter((node) => node.offsetParent !== null)
      .filter(
        (node) => !(node.textContent.trim() || node.getAttribute('aria-label') || node.title || node.labels?.length),
      )
      .map((node) => node.outerHTML.slice(0, 80)),
  );
  must(labels.length === 0, `without a label: ${labels.join(' ')}`);
  must((await page.locator('.caption').innerText()).trim() !== '', 'no caption');
  return found;
}

/** T2: what the first screen must hold. */
export async function T2(page, { width, height }) {
  const { found, must } = collector();
  const boxes = await page.evaluate(() => {
    const of = (node) => {
      const { x, y, width: w, height: h } = node.getBoundingClientRect();
      return { x, y, w, h };
    };
    return {
      maps: [...document.querySelectorAll('canvas')].slice(0, 2).map(of),
      bar: of(document.querySelector('.bar')),
      caption: of(document.querySelector('.caption')),
      play: of(document.querySelector('[data-act="play"]')),
      wide: document.documentElement.scrollWidth,
    };
  });
  const [left, right] = boxes.maps;
  for (const [name, box] of [
    ['left map', left],
    ['right map', right],
    ['bar', boxes.bar],
    ['caption', boxes.caption],
    ['Play', boxes.play],
  ]) {
    must(
      box.w > 0 && box.x >= -0.5 && box.y >= -0.5 && box.x + box.w <= width + 0.5 && box.y + box.h <= height + 0.5,
      `${width} × ${height}: ${name} is not wholly on the first screen`,
    );
  }
  must(
    Math.abs(left.w - right.w) <= 1 && Math.abs(left.h - right.h) <= 1,
    `${width} × ${height}: the maps differ in size`,
  );
  must(Math.abs(left.y - right.y) <= 0.5, `${width} × ${height}: the maps do not stand side by side`);
  must(left.w >= 120, `${width} × ${height}: the maps are ${left.w} px wide`);
  must(boxes.wide <= width, `${width} × ${height}: the page scrolls sideways`);
  return found;
}

/** I1: a wheel over a map scrolls the page and leaves the view alone. */
export async function I1(page) {
  const { found, must } = collector();
  for (const map of ['plugin', 'average']) {
    await page.evaluate(() => window.scrollTo(0, 0));
    const [x, y] = await placeOf(page, map, 0, 8);
    const box = await page.locator(`canvas[data-map="${map}"]`).getAttribute('data-box');
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 120);
    const scrolled = await page
      .waitForFunction(() => window.scrollY > 0, null, { timeout: 2000 })
      .then(
        () => true,
        () => false,
      );
    must(scrolled, `${map}: the wheel does not scroll the page`);
    must(
      (await page.locator(`canvas[data-map="${map}"]`).getAttribute('data-box')) === box,
      `${map}: the wheel moved the view`,
    );
  }
  await page.evaluate(() => window.scrollTo(0, 0));
  return found;
}

/** I4: a press during play pauses at the N shown, adds the point, and the rest wait. */
export async function I4(page) {
  const { found, must } = collector();
  await page.click('[data-act="play"]');
  await page.waitForFunction(
    () =>
      document.querySelector('main').dataset.play === 'playing' &&
      Number(document.querySelector('input.count').value) >= 5 &&
      Number(document.querySelector('input.count').value) < 150,
    null,
    { timeout: 60_000 },
  );
  const [x, y] = await placeOf(page, 'plugin', -10.5, 10.5);
  await page.mouse.click(x, y);
  await page.waitForFunction(() => document.querySelector('main').dataset.play !== 'playing');
  await rest(page);
  const [shown, total] = (await page.locator('.tally').innerText()).split('/').map(Number);
  must(total === 201, `${total} points after one was added to 200`);
  must(shown > 5 && shown < 200, `${shown} points shown: the rest do not wait`);
  const { points } = modelOf(await hashOf(page));
  must(points.length === shown && points.at(-1).i === -1, 'the point added is not the last of those shown');
  must((await page.locator('main').getAttribute('data-play')) === 'paused', 'play is not paused');
  await page.click('[data-act="play"]');
  must(
    await page
      .waitForFunction((n) => Number(document.querySelector('input.count').value) > n, shown, { timeout: 30_000 })
      .then(
        () => true,
        () => false,
      ),
    'Play does not go on',
  );
  await page.click('[data-act="play"]');
  await rest(page);
  return found;
}

const list = (count, place) => Array.from({ length: count }, (_, i) => place(i).join(',')).join(';');
const ring = (i) => [Number((2 * Math.cos(i)).toFixed(3)), Number((2 * Math.sin(i)).toFixed(3))];

/** E1: empty and degenerate data. `open` gives a tab on a hash. */
export async function E1(open) {
  const { found, must } = collector();
  const cases = [
    { edits: 'none', says: 'No points. Tap a map to place the first.', flat: true },
    { edits: '1,1,1', says: null },
    { edits: list(40, (i) => [...ring(i), 0]), says: 'All points are ● so far.' },
    { edits: list(40, () => [1, 1, 1]), says: '40 points share one spot.', one: true },
    { edits: list(40, (i) => [1, 1, i % 2]), says: 'Both classes at one spot', middle: true },
  ];
  for (const { edits, says, flat, one, middle } of cases) {
    const page = await open(`1&w=chain&edits=${edits}`);
    const { maps } = await decode(page);
    const name = edits.slice(0, 20);
    const text = await visibleText(page);
    must(
      text.length > 100 && !LEAKS.test(text),
      `${name}: ${text.split('\n').find((line) => LEAKS.test(line)) ?? 'no text'}`,
    );
    if (says) must(text.includes(says), `${name}: the sentence “${says}” is missing`);
    must((await page.locator('.caption').innerText()).trim() !== '' || flat, `${name}: no caption`);
    for (const map of maps) {
      const known = map.bands.filter((band) => band !== NONE);
      must(known.length > 0.5 * map.bands.length, `${name}: ${map.name} is not painted`);
      if (flat) must(new Set(known).size === 1, `${name}: ${map.name} has ${new Set(known).size} colours`);
      if (middle)
        must(
          known.every((band) => band === 5 || band === 6),
          `${name}: ${map.name} leaves the two middle cells`,
        );
    }
    if (one)
      must(
        average(maps[1], sure).mean <= 0.78,
        `${name}: the right map is ${average(maps[1], sure).mean.toFixed(3)} sure`,
      );
    if (page.errors.length) found.push(...page.errors);
  }
  return found;
}

export { revision };
