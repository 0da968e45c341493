// Elements in one line each.

/**
 * @param {Document} doc
 */
export function maker(doc) {
  /** @param {Element} node
   * @param {Record<string, any>} props 'on…' listeners, true/false attributes, the rest as text
   * @param {any[]} children */
  function dress(node, props, children) {
    for (const [key, value] of Object.entries(props)) {
      if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
      else if (value === true) node.setAttribute(key, '');
      else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, String(value));
    }
    node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
    return node;
  }
  return {
    /** @param {string} tag
     * @param {Record<string, any>} [props]
     * @param {any[]} children
     * @returns {any} */
    el: (tag, props = {}, ...children) => dress(doc.createElement(tag), props, children),
    /** @param {string} tag
     * @param {Record<string, any>} [props]
     * @param {any[]} children
     * @returns {any} */
    svg: (tag, props = {}, ...children) =>
      dress(doc.createElementNS('http://www.w3.org/2000/svg', tag), props, children),
  };
}

/** Sets text only when it differs, so that nothing is announced or laid out again for nothing.
 * @param {any} node
 * @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A number for people: three significant digits, no exponent between 1e-3 and 1e5.
 * @param {number} v */
export function figure(v) {
  if (!Number.isFinite(v)) return '–';
  const a = Math.abs(v);
  if (a !== 0 && (a < 1e-3 || a >= 1e5))
    return v.toExponential(0).replace('e+', 'e').replace('-', '−').replace('e-', 'e−');
  return String(Number(v.toPrecision(a >= 100 ? 3 : 2))).replace('-', '−');
}

/** @param {number} p */
export const percent = (p) => `${Math.round(100 * p)} %`;

/** A certainty never reads 100 %: no network here has earned it. @param {number} p */
export const sureness = (p) => (p >= 0.995 ? '> 99 %' : percent(p));
