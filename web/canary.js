// Deliberate faults for the test build: `?canary=mirror-y` breaks one thing, and the check that guards it must turn
// red. The production bundle defines CANARY as false, so every `if (CANARIES && …)` falls out of it.

// @ts-expect-error CANARY is put in by the bundler; where there is none, there are no faults.
export const CANARIES = typeof CANARY !== 'undefined' && CANARY;

/**
 * @param {string} search the query part of an address
 * @returns {string} the fault asked for, '' for none
 */
export const canaryOf = (search) => (CANARIES ? (new URLSearchParams(search).get('canary') ?? '') : '');
