// The page's side of the work: every applied change gets a revision, spoils its first stage and all after it, and is
// asked of the worker. One request is under way at a time; the newest waits behind it and replaces one that waits or
// takes long. An answer to an older revision than the last one shown is dropped. After a gesture's last change one
// request at rest follows.
import { CANARIES } from './canary.js';
import { STAGES, differing, stageOf } from './state.js';

const REST = 120; // milliseconds from the last input to the picture at rest
const LONG = 300; // a request under way this long is overtaken by a newer one
const GRIDS = [64, 96, 128, 160];
const WORK = 12; // milliseconds a gesture's frame may cost the worker, and the painter:
const PAINT = 4;

/** @typedef {import('./state.js').State} State */

/**
 * @param {{ spawn: () => Worker, answered: (answer: any,
 *   about: { revision: number, rest: boolean, state: State }) => void,
 *   failed: (error: { code: string, message: string }) => void, spoilt: (stage: string) => void, restarted: () => void,
 *   canary: string, side: () => number }} page
 */
export function createStages({ spawn, answered, failed, spoilt, restarted, canary, side }) {
  let revision = 0;
  let shownRevision = 0;
  let id = 0;
  let grid = GRIDS[0];
  let gesturing = false;
  const cost = { work: 0, paint: 0 };
  /** @type {any} */ let flying = null;
  /** @type {any} */ let waiting = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  /** @type {State | null} */ let last = null;
  /** @type {Map<number, { resolve: (v: any) => void, reject: (e: any) => void, message: any }>} */
  const asked = new Map();
  let crashes = 0;
  /** @type {Worker} */ let worker;

  function open() {
    worker = spawn();
    worker.addEventListener('message', ({ data }) => receive(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      worker.terminate();
      if (++crashes > 3) {
        failed({ code: 'ERR_WASM', message: event.message || 'The computation could not be started in this browser.' });
        return;
      }
      open();
      restarted();
      for (const { message } of asked.values()) worker.postMessage(message);
      if (flying) worker.postMessage(flying.message);
    });
  }

  function fly(/** @type {any} */ request) {
    request.message.id = ++id;
    request.since = performance.now();
    flying = request;
    worker.postMessage(request.message);
  }

  /** @param {any} data */
  function receive(data) {
    const reply = asked.get(data.id);
    if (reply) {
      asked.delete(data.id);
      if (data.error || data.dropped)
        reply.reject(data.error ?? { code: 'ERR_ABORTED', message: 'Overtaken by a newer request.' });
      else reply.resolve(data.value);
      return;
    }
    if (!flying || data.id !== flying.message.id) return;
    const done = flying;
    flying = null;
    if (waiting) {
      fly(waiting);
      waiting = null;
    }
    if (data.dropped) return;
    if (data.error) {
      if (data.revision === revision) {
        clearTimeout(timer);
        failed(data.error);
      }
      return;
    }
    const late = CANARIES && canary === 'late' ? false : data.revision < shownRevision;
    if (late) return;
    shownRevision = data.revision;
    const { ask, state } = done.message;
    if (ask.gesture) cost.work = data.value.ms.prediction / (ask.grid * ask.grid);
    answered(data.value, {
      revision: data.revision,
      rest: !ask.gesture && data.revision === revision && !flying,
      state,
    });
  }

  const restGrid = () => Math.min(256, Math.max(160, Math.round(side() / 2)));

  /** @param {State} state
   * @param {any} ask */
  function request(state, ask) {
    const message = { task: 'run', revision, state, ask: { ...ask, box: state.box, canary } };
    waiting = null;
    if (!flying || performance.now() - flying.since > LONG) fly({ message });
    else waiting = { message };
  }

  /** What the last asked state and this one differ in names the first spoilt stage. @param {State} state */
  function spoil(state) {
    const stages = last ? differing(last, state).map((key) => STAGES.indexOf(stageOf(key, state))) : [0];
    last = state;
    if (stages.length) spoilt(STAGES[Math.min(...stages)]);
  }

  open();
  return {
    get revision() {
      return revision;
    },
    get busy() {
      return Boolean(flying || waiting);
    },

    /** A change is applied. @param {State} state
     * @param {{ gesture: boolean, keep: boolean, curve: boolean, pinAt: number[] | null }} how
     *   gesture: a quick answer now, rest later */
    apply(state, how) {
      revision++;
      spoil(state);
      clearTimeout(timer);
      if (how.gesture) {
        if (!gesturing) {
          const fits = GRIDS.filter((g) => g * g * cost.work <= WORK && g * g * cost.paint <= PAINT);
          grid = cost.work ? (fits[fits.length - 1] ?? GRIDS[0]) : GRIDS[0];
          gesturing = true;
        }
        request(state, { ...how, grid });
        timer = setTimeout(() => this.settle(state, how), REST);
      } else this.settle(state, how);
      return revision;
    },

    /** The picture at rest of this state. @param {State} state
     * @param {any} how */
    settle(state, how) {
      gesturing = false;
      clearTimeout(timer);
      request(state, { ...how, gesture: false, pinAt: null, grid: restGrid() });
    },

    /** Frames of play: like a gesture, but rest is asked for by the player. @param {State} state
     * @param {any} how */
    frame(state, how) {
      revision++;
      spoil(state);
      clearTimeout(timer);
      request(state, { ...how, gesture: true, grid: GRIDS[0] });
      return revision;
    },

    painted(/** @type {number} */ ms, /** @type {number} */ size) {
      cost.paint = ms / (size * size);
    },

    /** Anything else of the worker. @param {any} message
     * @returns {Promise<any>} */
    ask(message) {
      message.id = ++id;
      return new Promise((resolve, reject) => {
        asked.set(message.id, { resolve, reject, message });
        worker.postMessage(message);
      });
    },

    close() {
      clearTimeout(timer);
      worker.terminate();
    },
  };
}
