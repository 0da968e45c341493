// Parts of the page that need no browser: the steps of undo, the text of a state, and what the worker computes of it.
import * as assert from 'uvu/assert';
import * as library from '../wasm/index.js';
import { createCompute } from '../web/compute.js';
import { History } from '../web/history.js';
import { decode, differing, opening, without } from '../web/state.js';
import { suite } from './helpers/suite.js';

const test = suite('parts');
const at = (lambda) => ({ ...opening(), lambda });

test('a gesture is one step of undo, and called off it is none', () => {
  const history = new History(at(1));
  history.push(at(2));
  history.begin();
  for (const lambda of [3, 4, 5]) history.push(at(lambda));
  history.commit();
  assert.is(history.move(-1, at(5)).lambda, 2);
  assert.is(history.move(1, at(2)).lambda, 5);
  history.begin();
  for (const lambda of [6, 7]) history.push(at(lambda));
  assert.is(history.cancel(at(7)).lambda, 5);
  assert.not(history.canRedo);
  assert.is(history.cancel(at(5)), null, 'nothing is under way');
  assert.is(history.move(-1, at(5)).lambda, 2);
});

test('a gesture that was undone is over', () => {
  const history = new History(at(1));
  history.push(at(2));
  history.begin();
  history.push(at(3));
  assert.is(history.move(-1, at(3)).lambda, 2);
  assert.is(history.move(-1, at(2)).lambda, 1);
  assert.is(history.cancel(at(1)), null);
  assert.is(history.move(1, at(1)).lambda, 2, 'the steps are still there');
});

test('what could not be computed leaves no step', () => {
  const history = new History(at(1));
  const stood = at(2);
  history.push(stood);
  history.push(at(3));
  history.push(at(4));
  history.revert(stood);
  assert.not(history.canRedo);
  assert.is(history.move(-1, stood).lambda, 1);
});

test('places a link may name', () => {
  for (const [text, good] of [
    ['1&pin=3,-2', true],
    ['1&pin=1e308,1e308', false],
    ['1&pin=3', false],
    ['1&box=0,0,0', false],
    ['1&box=1e13,0,5', false],
    ['1&box=1,2,5', true],
    ['1&view=epistemic', true],
    ['1&view=foo', false],
  ])
    assert.is(decode(text).notices.length, good ? 0 : 1, text);
});

test('of a link that cannot be computed, only what failed is left out', () => {
  const { state } = decode('1&n=100&hidden=8&lambda=2&structure=foo&box=0,0,5');
  const less = without(state, 'curvature');
  assert.equal(differing(less, state), ['structure']);
  assert.equal(differing(without(less, 'curvature'), less), ['lambda'], 'or of the last stage before');
  const { state: looked } = decode('1&box=0,0,5&view=epistemic');
  assert.is(without(looked, 'prediction'), looked, 'there is nothing to leave out');
});

const ask = { box: [0, 0, 12], grid: 64, gesture: false, keep: false, curve: false, pinAt: null, canary: '' };
function end(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
const answer = (text, more = {}) => end(createCompute(library).run(decode(text).state, { ...ask, ...more }));

test('the figures of a picture are those of its state, whatever the window and the drawers', () => {
  for (const text of ['', '1&data=moons&w=start&n=60', '1&w=start&view=epistemic&n=60']) {
    const { errorBound, ...facts } = answer(text, { grid: 160 }).facts; // the bound is that of the map as painted
    for (const more of [{ grid: 233 }, { curve: true }]) {
      const { errorBound: _, ...others } = answer(text, more).facts;
      assert.equal(others, facts, `${text} ${JSON.stringify(more)}`);
    }
  }
  assert.ok(answer('1&edits=0,0,0;0,0,1').facts.edge, 'the evidence rises to the end');
  assert.not(answer('').facts.edge);
});

test('where there are no points, nothing says what the weights or λ should be', () => {
  const compute = createCompute(library);
  const { state } = decode('1&shown=0&play=fixed');
  assert.is(end(compute.maximise(state, ask)), state.lambda);
  end(compute.run({ ...state, play: 'refit' }, ask));
  assert.equal(compute.probe(1, 2, 'probit'), { left: 0.5, right: 0.5, epistemic: 0 });
});

test('what fails names its stage', () => {
  for (const [text, stage, what] of [
    ['1&data=snelsonLike', 'data', /two classes/],
    ['1&activation=foo&w=start', 'network', /activation/],
    ['1&optimizer=foo&w=start', 'training', /optimizer/],
    ['1&structure=foo', 'curvature', /Structure/],
    ['1&link=bridge', 'prediction', /bridge/],
  ]) {
    const compute = createCompute(library);
    assert.throws(() => end(compute.run(decode(text).state, ask)), what, text);
    assert.is(compute.doing, stage, text);
  }
});

test.run();
