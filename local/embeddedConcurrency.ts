/** The embedded deployment runs 512 HTTP actions at once; eight are left for answers that say no. */
export const embeddedConcurrency = "504";
