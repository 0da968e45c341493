// The page: address ↔ state, attributes on <main>, the Share button. The only file that touches ids, the hash or the
// document.
import { mount } from './app.js';
import { CANARIES, canaryOf } from './canary.js';
import { decode, encode } from './state.js';

const main = /** @type {HTMLElement} */ (document.querySelector('main'));
const root = /** @type {HTMLElement} */ (document.getElementById('app'));
const read = () => decode(location.hash.slice(1));
let { state, unknown, notices } = read();
const connection = /** @type {any} */ (navigator).connection;

let text = location.hash.slice(1);
let wrote = -1e9;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let writing;

/** The address follows the state at rest, at most once a second, and never makes a history entry.
 * @param {any} rested */
function write(rested) {
  clearTimeout(writing);
  text = encode(CANARIES && canaryOf(location.search) === 'no-weights' ? { ...rested, w: 'start' } : rested, unknown);
  const wait = Math.max(0, wrote + 1000 - performance.now());
  writing = setTimeout(() => {
    wrote = performance.now();
    if (location.hash.slice(1) === text) return;
    history.replaceState(history.state, '', text ? `#${text}` : location.pathname + location.search);
  }, wait);
}

const share = /** @type {HTMLElement} */ (document.getElementById('share'));
const form = /** @type {HTMLFormElement} */ (document.getElementById('link'));
const [input, output] = [/** @type {HTMLInputElement} */ (form.querySelector('input')), form.querySelector('output')];
const LONG = 400; // weights above which a link is told its length and offered without them
const [copy, shorten] = form.querySelectorAll('button');

/** The link to the picture that stands; none until one does. */
function offer() {
  if (form.hidden) return;
  const ready = main.dataset.state === 'ready';
  const { href } = new URL(text && `#${text}`, location.href.split('#')[0]);
  copy.disabled = !ready;
  if (input.value === (ready ? href : '')) return;
  input.value = ready ? href : '';
  const long = ready && app.state.w.length > LONG && href.length > 4 * LONG;
  shorten.hidden = !long;
  if (output) output.textContent = long ? `${href.length} characters, most of them the network’s weights.` : '';
  if (document.activeElement === input) input.select();
}

const app = mount(root, {
  state,
  notices,
  canary: canaryOf(location.search),
  spawn: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }),
  autoplay: location.hash === '' && !connection?.saveData,
  status: ({ state: now, revision, play }) => {
    Object.assign(main.dataset, { state: now, revision: String(revision), play });
    offer();
  },
  rest: write,
});

// A link opened in the same tab: the address is the reader's, the page follows.
addEventListener('hashchange', () => {
  if (location.hash.slice(1) === text) return;
  ({ state, unknown, notices } = read());
  app.change(state, { whole: true });
  app.notify(notices.join(' '));
});

shorten.addEventListener('click', () => app.change({ w: 'start' }));
share.addEventListener('click', () => {
  form.hidden = !form.hidden;
  share.setAttribute('aria-expanded', String(!form.hidden));
  app.touched();
  offer();
  input.focus();
  input.select();
});
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
    if (output) output.textContent = 'Copied.';
  } catch {
    if (output) output.textContent = 'Press Ctrl-C to copy.';
  }
});
