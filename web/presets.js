// The article's figures with the article's own recipe, "as printed": its data, network, Adam at 1e-3 with one example
// a step, a penalty of ½λ²‖θ‖² on each example (a prior precision of N·λ² in training, while Laplace is given λ), the
// last layer and the empirical Fisher. `box`: the range of the data, widened by the figure's zoom.
import { opening } from './state.js';

const printed = {
  seed: 1,
  order: 1,
  activation: 'sigmoid',
  optimizer: 'adam',
  rate: 0.001,
  batch: 1,
  start: 1,
  w: 'start',
  subset: 'last_layer',
  curvature: 'ef',
  link: 'probit',
  play: 'fixed',
  view: 'probability',
  shown: null,
};
const logistic = {
  ...printed,
  data: 'toyDataLinear',
  n: 100,
  hidden: [],
  epochs: 50,
  lambda: 0.5,
  trained: 100 * 0.5 ** 2,
};
const network = {
  ...printed,
  data: 'toyDataNonLinear',
  n: 200,
  hidden: [32],
  epochs: 200,
  lambda: 0.01,
  trained: 200 * 0.01 ** 2,
};

/** @type {{ id: string, title: string, about: string, state: Record<string, any> }[]} */
export const PRESETS = [
  {
    id: 'opening',
    title: 'Opening',
    about: 'Four groups of points, a network with 32 units, trained to the optimum',
    state: {},
  },
  {
    id: 'figure-1',
    title: 'Figure 1',
    about: 'Logistic regression, as printed',
    state: { ...logistic, box: [0, 0, 5] },
  },
  {
    id: 'figure-2',
    title: 'Figure 2',
    about: 'A network with 32 units, as printed',
    state: { ...network, box: [0, 0, 5] },
  },
  {
    id: 'figure-3',
    title: 'Figure 3',
    about: 'Figure 2 zoomed out by 50, as printed',
    state: { ...network, box: [0, 0, 55] },
  },
  {
    id: 'head',
    title: 'Head animation',
    about: 'The posterior as points are counted, as printed',
    state: { ...network, order: 123, box: [0, 0, 7], shown: 0 },
  },
];

/** @param {string} id */
export const presetState = (id) => ({ ...opening(), ...PRESETS.find((p) => p.id === id)?.state });
