// Parts of the page that need no browser: the steps of undo, the text of a state.
import * as assert from 'uvu/assert';
import { History } from '../web/history.js';
import { decode, opening } from '../web/state.js';
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
  ])
    assert.is(decode(text).notices.length, good ? 0 : 1, text);
});

test.run();
