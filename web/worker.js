// The Worker: takes requests one at a time, the newest run first, and answers each with its revision. Long work
// pauses now and then to look for a newer request; what it was doing is then dropped.
import * as library from '../wasm/index.js';
import { createCompute } from './compute.js';

const SLICE = 12; // milliseconds between two looks at the post
const compute = createCompute(library);
const aside = createCompute(library); // for what must not disturb the picture at hand
const background = createCompute(library); // for what gives way to everything else
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

const tasks = {
  /** @param {any} m */
  run: async (m) => {
    const answer = await walk(compute.run(m.state, m.ask), () => post.some((later) => later.task === 'run'));
    return answer ? [answer, Object.values(answer.fields).map((f) => f.buffer)] : undefined;
  },
  /** @param {any} m */
  probe: async (m) => [compute.probe(m.x, m.y, m.link), []],
  /** @param {any} m */
  maximise: async (m) => {
    const lambda = await walk(aside.maximise(m.state, m.ask), () => false);
    return [{ lambda }, []];
  },
  /** @param {any} m */
  frames: async (m) => {
    m.steps ??= background.frames(m.state, m.counts);
    const frames = await walk(m.steps, () => post.length > 0);
    if (frames) return [frames, []];
    post.push(m);
    return 'later';
  },
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
      postMessage({ id: m.id, revision: m.revision, error: { message: String(message), code: String(code) } });
    }
  }
  working = false;
}

addEventListener('message', (event) => {
  const { data } = /** @type {MessageEvent} */ (event);
  // A picture that waits is overtaken by the next one; so is a strip, wherever it stands.
  if (data.task === 'run' || data.task === 'frames') {
    post = post.filter((m) => m.task !== data.task || (postMessage({ id: m.id, dropped: true }), false));
  }
  post.push(data);
  work();
});
