// Weights as text: float64, little endian, base64url. The worker needs no more of the state than this.

/** @param {Float64Array} w */
export function weightsText(w) {
  const bytes = new Uint8Array(w.buffer, w.byteOffset, w.byteLength);
  let s = '';
  for (const b of bytes) s += String.fromCharCode(b);
  return btoa(s).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @param {string} text
 * @returns {Float64Array | undefined} */
export function weightsFrom(text) {
  try {
    const s = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    if (s.length === 0 || s.length % 8) return undefined;
    const w = new Float64Array(Uint8Array.from(s, (c) => c.charCodeAt(0)).buffer);
    return w.every(Number.isFinite) ? w : undefined;
  } catch {
    return undefined;
  }
}
