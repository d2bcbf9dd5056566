import { z } from "zod";

const which = {
  /** Share of the occasions at which the fault happens. */
  ratio: z.number().min(0).max(1).default(1),
  /** After so many the fault is over; absent: never. */
  times: z.int().positive().optional(),
  /** Functions that it happens to, as `module:export` or `POST /path`; absent: all. */
  functions: z.array(z.string()).optional(),
};

const vKillPoint = z.union([
  z.strictObject({ beforeCall: z.int().positive() }),
  z.strictObject({ afterCall: z.int().positive() }),
  z.strictObject({ afterChunk: z.int().nonnegative() }),
  z.literal("start"),
]);
/**
 * Where an action ends: before it starts; before or after its nth call of the platform (`ctx.runMutation` …; after: the
 * call has happened, its result is lost); or after so many chunks of its response body, 0 being right after the head.
 */
export type KillPoint = z.infer<typeof vKillPoint>;

/** What `POST /api/embedded/faults` takes: the whole of it, an absent fault is off. */
export const vFaultSettings = z.strictObject({
  /** Makes the choices of `ratio` repeat. */
  seed: z.int().default(1),
  /** A mutation that wrote is taken back at its commit and run again, as if another one had come first. */
  writeConflicts: z.strictObject(which).optional(),
  killedActions: z.strictObject({ ...which, at: vKillPoint }).optional(),
  /** The commit is durable, and its caller learns of it later. */
  slowCommits: z.strictObject({ ...which, delayMs: z.int().positive().max(60_000) }).optional(),
  /** The database may grow by so many bytes; what needs more fails as on a full disk. */
  fullDisk: z.strictObject({ spareBytes: z.int().nonnegative() }).optional(),
});
export type FaultSettings = z.infer<typeof vFaultSettings>;
export type FaultName = "writeConflicts" | "killedActions" | "slowCommits";
