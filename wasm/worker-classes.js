// worker-classes.js — classes whose objects live in a thread, made from the methods and properties of the library's
// own: a method gives a promise, a property is read by await and written by set(name, value).
import { fail, oneOf, show } from './errors.js';
import { asyncDisposal } from './handle.js';
import { Laplace, MLP } from './index.js';
import { readOptions } from './options.js';
import { Channel, scriptAddress } from './worker-channel.js';
import { decode } from './worker-wire.js';

/**
 * Names of the methods and properties of a class and those above it.
 * @param {any} type
 */
function membersOf(type) {
  const methods = new Set();
  const properties = new Set();
  const writable = new Set();
  for (let at = type.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name === 'constructor') continue;
      if (set) writable.add(name);
      if (get) properties.add(name);
      else if (typeof value === 'function') methods.add(name);
    }
  }
  const statics = new Set();
  for (let at = type; at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function') statics.add(name);
  }
  return {
    methods: [...methods],
    properties: [...properties],
    writable: [...writable],
    statics: [...statics],
  };
}

/** Objects that only answers give. */
const OTHERS = {
  PosteriorPrior: { methods: ['dispose'], properties: ['about'], writable: [], statics: [] },
  Steps: { methods: ['next', 'return'], properties: [], writable: [], statics: [] },
};

/**
 * A result in the places of the caller, where the options of the call name some: the thread has filled copies of them.
 * @param {any} result
 * @param {any} request
 */
function filled(result, { op, args = [] }) {
  const out = op === 'call' && args.map((/** @type {any} */ arg) => arg?.out).find(Boolean);
  if (!out) return result;
  const fill = (/** @type {any} */ place, /** @type {any} */ values) => {
    place?.set(values);
    return place ?? values;
  };
  if (ArrayBuffer.isView(result)) return fill(out, result);
  for (const [name, values] of Object.entries(result ?? {}))
    if (ArrayBuffer.isView(values)) result[name] = fill(out[name], values);
  return result;
}

/**
 * The library behind one thread.
 * @param {{ script?: import('./worker-channel.js').Address }} [options]
 */
export function createClasses(options) {
  const { script } = readOptions(options, 'createWorker', { script: scriptAddress });
  const channel = new Channel(script);
  let made = 0;
  const registry = new FinalizationRegistry((/** @type {number} */ ref) => {
    if (!channel.end) channel.request({ op: 'release', ref }).catch(() => {});
  });
  const hold = (/** @type {object} */ object, /** @type {number} */ ref) => {
    channel.place(object, ref);
    registry.register(object, ref);
    return object;
  };

  /** @type {Record<string, any>} */
  const types = {};
  const ask = async (/** @type {any} */ request, /** @type {object | undefined} */ self = undefined) => {
    const { value, self: same } = await channel.request(request);
    if (same) return self;
    const result = decode(value, {
      object({ type, ref }) {
        const object = Object.create(types[type].prototype);
        object.ready = Promise.resolve();
        return hold(object, ref);
      },
    });
    return filled(result, request);
  };

  /**
   * @param {string} type
   * @param {{ methods: string[], properties: string[], writable: string[], statics: string[] }} members
   */
  function define(type, { methods, properties, writable, statics }) {
    const Class = class {
      /** @param {unknown[]} args */
      constructor(...args) {
        made += 1;
        hold(this, made);
        /** Settles when the object is there; what was wrong is also thrown by every later call. */
        this.ready = ask({ op: 'new', type, ref: made, args });
        this.ready.catch(() => {}); // nobody need await it
      }

      /**
       * @param {string} name
       * @param {unknown} value
       */
      async set(name, value) {
        if (!writable.includes(name)) fail('ERR_OPTION', `${type}.set`, show(name), oneOf(writable));
        await ask({ op: 'set', ref: channel.refOf(this, type), name, args: [value] });
      }
    };
    const { prototype } = Class;
    const method = (/** @type {object} */ on, /** @type {string | symbol} */ name, /** @type {Function} */ value) =>
      Object.defineProperty(on, name, { value, configurable: true, writable: true });
    Object.defineProperty(Class, 'name', { value: type });
    for (const name of methods) {
      /** @this {object} @param {unknown[]} args */
      const call = function (...args) {
        return ask({ op: 'call', ref: channel.refOf(this, name), name, args }, this);
      };
      method(prototype, name, call);
      if (name === 'dispose') method(prototype, asyncDisposal, call);
    }
    for (const name of properties) {
      Object.defineProperty(prototype, name, {
        /** @this {object} */
        get() {
          return ask({ op: 'get', ref: channel.refOf(this, name), name });
        },
        configurable: true,
      });
    }
    for (const name of statics)
      method(Class, name, (/** @type {unknown[]} */ ...args) => ask({ op: 'static', type, name, args }));
    types[type] = Class;
    return Class;
  }

  for (const [type, local] of Object.entries({ MLP, Laplace })) define(type, membersOf(local));
  for (const [type, members] of Object.entries(OTHERS)) define(type, members);
  Object.defineProperty(types.Steps.prototype, Symbol.asyncIterator, {
    value() {
      return this;
    },
  });
  Object.defineProperty(types.Steps.prototype, asyncDisposal, {
    /** @this {AsyncGenerator} */
    async value() {
      await this.return(undefined);
    },
  });
  Object.defineProperty(types.Steps.prototype, 'throw', {
    /** @this {object} @param {unknown} error which is what it fails with, as it does here */
    async value(error) {
      await ask({ op: 'call', ref: channel.refOf(this, 'throw'), name: 'throw' }).catch(() => {});
      throw error;
    },
  });
  // functions by name: whoever awaits the object itself must not find a `then`
  const functions = (/** @type {string} */ group) =>
    new Proxy(
      {},
      {
        get: (_, name) =>
          typeof name === 'symbol' || name === 'then'
            ? undefined
            : (/** @type {unknown[]} */ ...args) => ask({ op: 'run', path: [group, name], args }),
      },
    );
  const single =
    (/** @type {string} */ name) =>
    (/** @type {unknown[]} */ ...args) =>
      ask({ op: 'run', path: [name], args });

  return {
    MLP: types.MLP,
    Laplace: types.Laplace,
    datasets: functions('datasets'),
    metrics: functions('metrics'),
    marglikTrain: single('marglikTrain'),
    estimate: single('estimate'),
    dispose: () => channel.dispose(),
    [asyncDisposal]: () => channel.dispose(),
  };
}
