// The path of tests/native/hash.c through the module's raw exports: the same calls, the same bits, the same hash. Runs
// in any engine: it is given the module's bytes and imports nothing.

// tables.h
const TABLES = ['activation', 'likelihood', 'structure', 'curvature', 'optimizer', 'link', 'quantity', 'dataset'];

const PROBLEMS = [
  {
    dataset: 'moons',
    activation: 'tanh',
    likelihood: 'bernoulli',
    space: 'weight',
    hidden: 6,
    outputs: 1,
    curvature: 0,
    last: 0,
  },
  {
    dataset: 'toyDataMulti',
    activation: 'gelu',
    likelihood: 'categorical',
    space: 'function',
    hidden: 5,
    outputs: 4,
    curvature: 0,
    last: 0,
  },
  {
    dataset: 'toyDataNonLinear',
    activation: 'sigmoid',
    likelihood: 'bernoulli',
    space: 'weight',
    hidden: 8,
    outputs: 1,
    curvature: 1,
    last: 1,
  },
  {
    dataset: 'sinusoid',
    activation: 'silu',
    likelihood: 'gaussian',
    space: 'function',
    hidden: 7,
    outputs: 1,
    curvature: 0,
    last: 1,
  },
  {
    dataset: 'snelsonLike',
    activation: 'softplus',
    likelihood: 'gaussian',
    space: 'weight',
    hidden: 5,
    outputs: 1,
    curvature: 1,
    last: 0,
  },
];
const N = 40;
const GRID = 9;
const EVIDENCE_PARTS = 7;

/**
 * @param {ArrayBuffer | Uint8Array} bytes of the module
 * @returns {string} sixteen hexadecimal digits
 */
export function hashOf(bytes) {
  const module = new WebAssembly.Module(/** @type {BufferSource} */ (bytes));
  const { exports } = new WebAssembly.Instance(module, { env: { emscripten_notify_memory_growth() {} } });
  const c = /** @type {Record<string, any>} */ (exports);
  c._initialize?.();
  let state = 0xcbf29ce484222325n;
  const add = (at, count) => {
    for (const byte of new Uint8Array(c.memory.buffer, at, count))
      state = BigInt.asUintN(64, (state ^ BigInt(byte)) * 0x100000001b3n);
  };
  const room = (count) => c.malloc(count);
  const put = (...values) => {
    const at = room(8 * values.length);
    new Float64Array(c.memory.buffer, at, values.length).set(values);
    return at;
  };
  const putInts = (...values) => {
    const at = room(4 * values.length);
    new Int32Array(c.memory.buffer, at, values.length).set(values);
    return at;
  };
  const text = (value) => {
    const at = room(value.length + 1);
    new Uint8Array(c.memory.buffer, at, value.length + 1).set([...value, '\0'].map((letter) => letter.charCodeAt(0)));
    return at;
  };
  const pointerAt = (at) => new Int32Array(c.memory.buffer, at, 1)[0];
  const nameAt = (at) => {
    const memory = new Uint8Array(c.memory.buffer);
    let word = '';
    for (let i = at; memory[i] !== 0; i++) word += String.fromCharCode(memory[i]);
    return word;
  };
  const find = (table, name) => {
    for (let id = 0, row; (row = c.bl_table_row(TABLES.indexOf(table), id)) !== 0; id++)
      if (nameAt(new Uint32Array(c.memory.buffer, row, 1)[0]) === name) return id;
    throw new Error(`no ${table} '${name}'`);
  };
  const must = (status) => {
    if (status !== 0) throw new Error(nameAt(c.bl_status_text(status)));
  };
  const scratch = c.bl_arena_new();
  const slot = room(8);

  const train = (net, size, X, y, optimizer, steps, batch) => {
    must(c.bl_net_prior_new(slot, net, put(0.3), 1, put(0), 1));
    const prior = pointerAt(slot);
    must(
      c.bl_trainer_new(
        slot,
        net,
        X,
        y,
        0,
        N,
        prior,
        0,
        put(1),
        1,
        find('optimizer', optimizer),
        0,
        batch,
        1e-6,
        3,
        scratch,
      ),
    );
    const trainer = pointerAt(slot);
    for (let i = 0; i < steps; i++) must(c.bl_trainer_step(trainer, scratch));
    add(c.bl_net_theta(net), 8 * size);
    add(put(c.bl_trainer_gradient_norm(trainer)), 8);
    c.bl_trainer_free(trainer);
    c.bl_prior_free(prior);
  };

  const posterior = (p, net, size, X, y, d) => {
    must(c.bl_laplace_new(slot, net, text('full'), text(p.space), p.curvature, p.last, 0, 0, 0, 0, 0, 0));
    const la = pointerAt(slot);
    must(c.bl_laplace_set_prior(la, put(0.3), 1, put(0), 1, scratch));
    must(c.bl_laplace_fit(la, net, X, y, 0, N, 0, scratch));
    const parts = room(8 * EVIDENCE_PARTS);
    must(c.bl_laplace_evidence(la, parts, scratch));
    const active = p.last ? (p.hidden + 1) * p.outputs : size;
    const draws = room(16 * active);
    must(c.bl_laplace_sample(la, draws, 2, 5, scratch));
    const ny = d === 2 ? GRID : 1;
    const quantities = [0, 2];
    const map = room(4 * quantities.length * p.outputs * GRID * ny);
    must(
      c.bl_predict_grid(
        la,
        map,
        room(16),
        put(-3, 3, -3, 3),
        GRID,
        ny,
        0,
        ny,
        0,
        putInts(...quantities),
        quantities.length,
        find('link', 'probit'),
        1e-2,
        16,
        7,
        scratch,
      ),
    );
    const likelihood = find('likelihood', p.likelihood);
    const planes = quantities.reduce((sum, id) => sum + c.bl_quantity_planes(id, likelihood, p.outputs), 0);
    add(parts, 8 * EVIDENCE_PARTS);
    add(draws, 16 * active);
    add(map, 4 * planes * GRID * ny);
    c.bl_laplace_free(la);
  };

  for (const p of PROBLEMS) {
    const data = find('dataset', p.dataset);
    const d = c.bl_dataset_inputs(data);
    const X = room(8 * N * d);
    const y = room(8 * N);
    const parameters = [];
    for (let row; (row = c.bl_dataset_parameter_row(data, parameters.length)) !== 0; )
      parameters.push(new Float64Array(c.memory.buffer, row + 8, 1)[0]);
    must(c.bl_dataset_make(data, X, y, N, put(...parameters, 0), 11));
    must(
      c.bl_net_new(
        slot,
        putInts(d, p.hidden, p.outputs),
        2,
        find('activation', p.activation),
        find('likelihood', p.likelihood),
        1,
      ),
    );
    const net = pointerAt(slot);
    const size = (d + 1) * p.hidden + (p.hidden + 1) * p.outputs;
    add(X, 8 * N * d);
    c.bl_net_init(net, 2);
    train(net, size, X, y, 'adam', 3, 8);
    train(net, size, X, y, 'lbfgs', 10, 0);
    train(net, size, X, y, 'lm', 10, 0);
    posterior(p, net, size, X, y, d);
    c.bl_net_free(net);
  }
  return state.toString(16).padStart(16, '0');
}
