// worker-thread.js — the thread's side: the library on a module compiled elsewhere, its objects by number, and requests
// answered one after another in the order they came. Only an abort is heard at once. A request is
//   { id, op: 'new', type, ref, args }    an object; a failure is kept and thrown by every later call of it
//   { id, op: 'call', ref, name, args }   a method of it           { id, op: 'static', type, name, args }
//   { id, op: 'get' | 'set', ref, name }  a property               { id, op: 'run', path, args }   a function
//   { id, op: 'task', name, args }        a job of the pool        { id, op: 'release', ref }
import { fail } from './errors.js';
import { PosteriorPrior } from './prior.js';
import { createRuntime } from './runtime.js';
import { createTasks } from './worker-tasks.js';
import { buffersOf, decode, packError } from './worker-wire.js';

/** @type {any} */
const scope = globalThis;
const port =
  typeof scope.postMessage === 'function'
    ? scope
    : (scope.process.getBuiltinModule ?? scope.require)('node:worker_threads').parentPort;

/** @type {any} */
let library;
/** @type {Record<string, (...args: any[]) => any>} */
let tasks;
/** @type {Map<number, { value?: any, failure?: unknown }>} */
const objects = new Map();
let made = 0;

/** Objects stay here and go by a number; every answer gives a new one, so that each can be released alone. */
function answer(/** @type {any} */ value, /** @type {any} */ self) {
  if (value === self && self !== undefined) return { self: true };
  const type =
    value instanceof library.MLP
      ? 'MLP'
      : value instanceof library.Laplace
        ? 'Laplace'
        : value instanceof PosteriorPrior
          ? 'PosteriorPrior'
          : typeof value?.next === 'function'
            ? 'Steps'
            : undefined;
  if (type === undefined) return { value };
  made -= 1;
  objects.set(made, { value });
  return { type, ref: made };
}

function objectOf(/** @type {number} */ ref) {
  const held = /** @type {{ value?: any, failure?: unknown }} */ (objects.get(ref));
  if ('failure' in held) throw held.failure;
  return held.value;
}

/** @type {Map<number, AbortController>} */
const signals = new Map();

function argumentsOf(/** @type {any} */ { id, args }) {
  return decode(args, {
    object: ({ ref }) => objectOf(ref),
    callback:
      ({ number }) =>
      (/** @type {any[]} */ ...values) =>
        port.postMessage({ id, callback: number, values }),
    signal({ number, aborted }) {
      const controller = /** @type {AbortController} */ (signals.get(number));
      if (aborted) controller.abort();
      return controller.signal;
    },
  });
}

/** A method; where a signal must be heard meanwhile, its twin that looks up now and then. */
function methodOf(/** @type {any} */ object, /** @type {string} */ name, /** @type {boolean} */ listens) {
  const twin = `${name}Async`;
  return listens && typeof object[twin] === 'function' ? object[twin] : object[name];
}

/** @type {Record<string, (request: any) => any>} */
const operations = {
  new({ type, ref, ...request }) {
    try {
      objects.set(ref, { value: new library[type](...argumentsOf(request)) });
    } catch (failure) {
      objects.set(ref, { failure });
      throw failure;
    }
    return {};
  },
  async call({ ref, name, ...request }) {
    const self = objectOf(ref);
    return answer(await methodOf(self, name, request.signals.length > 0).apply(self, argumentsOf(request)), self);
  },
  async static({ type, name, ...request }) {
    return answer(await library[type][name](...argumentsOf(request)), undefined);
  },
  get: ({ ref, name }) => answer(objectOf(ref)[name], undefined),
  set({ ref, name, ...request }) {
    [objectOf(ref)[name]] = argumentsOf(request);
    return {};
  },
  async run({ path, ...request }) {
    const owner = path.slice(0, -1).reduce((/** @type {any} */ at, /** @type {string} */ key) => at[key], library);
    const use = owner[path.at(-1)];
    if (typeof use !== 'function') fail('ERR_OPTION', 'worker', path.join('.'), 'a function of the library');
    return answer(await use(...argumentsOf(request)), undefined);
  },
  async task({ name, ...request }) {
    return { value: await tasks[name](...argumentsOf(request)) };
  },
  release({ ref }) {
    objects.delete(ref);
    return {};
  },
};

/** @type {any[]} */
const waiting = [];
let working = false;

async function work() {
  if (working) return;
  working = true;
  for (let request = waiting.shift(); request; request = waiting.shift()) {
    const { id } = request;
    try {
      const done = await operations[request.op](request);
      port.postMessage({ id, ...done }, buffersOf(done.value));
    } catch (error) {
      port.postMessage({ id, error: packError(error) });
    }
    for (const number of request.signals ?? []) signals.delete(number);
  }
  working = false;
}

function hear(/** @type {any} */ message) {
  if (message.module) {
    library = createRuntime(message.module);
    tasks = createTasks(library);
  } else if (message.abort !== undefined) {
    signals.get(message.abort)?.abort();
  } else {
    for (const number of message.signals ?? []) signals.set(number, new AbortController());
    waiting.push(message);
    work();
  }
}

if (port === scope) scope.onmessage = (/** @type {MessageEvent} */ event) => hear(event.data);
else port.on('message', hear);
