/** The tables, in the order of the core's tables.h. */
export const NOUNS = ['activation', 'likelihood', 'structure', 'curvature', 'optimizer', 'link', 'quantity', 'dataset'];
