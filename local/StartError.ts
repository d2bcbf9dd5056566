/** Why `npm start` cannot go on, in words for the person at the terminal; shown without a stack. */
export class StartError extends Error {}
