// Draws the pictures of this folder with the page itself: npm run pictures. page.png is the opening state as a reader
// sees it; the figures are the article's, with its own recipe, from the page's presets; head-animation.png shows some
// of its frames.
import { mkdirSync, writeFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import { openPages } from '../tests/browser/helpers/page.js';
import { PRESETS, presetState } from '../web/presets.js';
import { encode } from '../web/state.js';

const FOLDER = 'docs';
const FRAMES = [0, 1, 4, 12, 40, 200]; // points counted
const pages = await openPages();
mkdirSync(FOLDER, { recursive: true });

/** The two maps with their names and the bar, as a PNG. */
async function maps(state, ratio = 2) {
  const page = await pages.open(encode(state), { ratio });
  const [first, last] = [await page.locator('.maps').boundingBox(), await page.locator('.bar').boundingBox()];
  const margin = 12;
  const picture = await page.screenshot({
    clip: {
      x: first.x - margin,
      y: first.y - margin,
      width: first.width + 2 * margin,
      height: last.y + last.height - first.y + margin,
    },
  });
  if (page.errors.length > 0) throw new Error(page.errors.join('\n'));
  await page.context().close();
  return picture;
}

/** Pictures of one size above each other, two in a row. */
function sheet(pictures) {
  const parts = pictures.map((picture) => PNG.sync.read(picture));
  const [{ width, height }] = parts;
  const out = new PNG({ width: 2 * width, height: Math.ceil(parts.length / 2) * height });
  parts.forEach((part, i) => PNG.bitblt(part, out, 0, 0, width, height, (i % 2) * width, Math.floor(i / 2) * height));
  return PNG.sync.write(out);
}

try {
  const page = await pages.open('', { ratio: 2 });
  writeFileSync(`${FOLDER}/page.png`, await page.screenshot());
  for (const { id } of PRESETS.filter(({ id: name }) => name.startsWith('figure'))) {
    writeFileSync(`${FOLDER}/${id}.png`, await maps(presetState(id)));
  }
  const frames = [];
  for (const shown of FRAMES) frames.push(await maps({ ...presetState('head'), shown }, 1));
  writeFileSync(`${FOLDER}/head-animation.png`, sheet(frames));
} finally {
  await pages.close();
}
