// training.js — the loop around the core's trainer: steps as a generator, run to the end at once, or with pauses for the event loop.
import { fail, nearest, oneOf, show } from './errors.js';
import { Handle } from './handle.js';
import { hyperReaders, listed } from './hyper.js';
import { boolean, callback, choice, count, finite, nonNegative, number, readOptions, signal } from './options.js';
