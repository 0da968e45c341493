// The Worker: takes requests one at a time, the newest run first, and answers each with its revision. Long work
// pauses now and then to look for a newer request; what it was doing is then dropped.
import * as library from '../wasm/index.js';
import { createCompute } from './compute.js';

const SLICE = 12; // milliseconds between two looks at the post
const compute = createCompute(library);
const searching = createCompute(library); // of their own, for what must not disturb the picture at hand
const drawing = createCompute(library);
/** @type {any[]} */
let post = [];
let working = false;

const door = new MessageChannel();
/** @type {(() => void) | null} */
let wake = null;
door.port1.onmessage = () => wake?.();
const pause = () =>
  new Promise((resolve) => {
    wake = () => resolve(undefined);
    door.port2.postMessage(0);
  });

/** @param {Generator<void, any>} steps
 * @param {() => boolean} stale */
async function walk(steps, stale) {
  let since = performance.now();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    if (performance.now() - since < SLICE) continue;
    await pause();
    if (stale()) return undefined;
    since = performance.now();
  }
}

/** What a waiting or running request is overtaken by: a picture and what is computed of one by the next picture, a
 * strip by the next strip. */
const RIVALS = /** @type {Record<string, string>} */ ({ run: 'run', maximise: 'run', frames: 'frames' });
const overtaken = (/** @type {any} */ m) => post.some((later) => later.task === RIVALS[m.task]);

/** Long work beside the picture: gives way to all else and goes on after it.
 * @param {any} m
 * @param {() => Generator<void, any>} make */
async function aside(m, make) {
  m.steps ??= make();
  const value = await walk(m.steps, () => post.length > 0);
  if (value !== undefined) return [value, []];
  if (overtaken(m)) return undefined;
  post.push(m);
  return 'later';
}

const tasks = {
  /** @param {any} m */
  run: async (m) => {
    const answer = await walk(compute.run(m.state, m.ask), () => overtaken(m));
    return answer ? [answer, Object.values(answer.fields).map((f) => f.buffer)] : undefined;
  },
  /** @param {any} m */
  probe: async (m) => [compute.probe(m.x, m.y, m.link), []],
  /** @param {any} m */
  maximise: (m) => aside(m, () => searching.maximise(m.state, m.ask)),
  /** @param {any} m */
  frames: (m) => aside(m, () => drawing.frames(m.state, m.counts)),
  samples: async () => [{ samples: compute.samples(), tables: library.tables }, []],
};

async function work() {
  if (working) return;
  working = true;
  for (let m = post.shift(); m; m = post.shift()) {
    try {
      const done = await tasks[/** @type {keyof typeof tasks} */ (m.task)](m);
      if (done === 'later') continue;
      if (done) postMessage({ id: m.id, revision: m.revision, value: done[0] }, { transfer: done[1] });
      else postMessage({ id: m.id, revision: m.revision, dropped: true });
    } catch (error) {
      const { message, code = 'ERR' } = /** @type {any} */ (error);
      const told = { message: String(message), code: String(code), stage: compute.doing };
      postMessage({ id: m.id, revision: m.revision, error: told });
    }
  }
  working = false;
}

addEventListener('message', (event) => {
  const { data } = /** @type {MessageEvent} */ (event);
  post = post.filter((m) => RIVALS[m.task] !== data.task || (postMessage({ id: m.id, dropped: true }), false));
  post.push(data);
  work();
});
