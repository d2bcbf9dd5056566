import { setTimeout as sleep } from "node:timers/promises";
import { SystemError } from "../host/systemError.ts";
import type { Commit, Store, Writer } from "../store/types.ts";
import { type FaultName, type FaultSettings, vFaultSettings } from "./faultSettings.ts";
import { KillSwitch } from "./killSwitch.ts";
import { seededRandom } from "./seededRandom.ts";

const maxRetries = 4;
const firstBackoffMs = 100;
const maxBackoffMs = 2000;

type Transact = <T>(body: (writer: Writer) => Promise<T> | T) => Promise<Commit<T>>;

/** Faults that a laptop never shows, happening on demand. Off, it costs one comparison per call. */
export class Faults {
  #settings: FaultSettings | null = null;
  #random = seededRandom(1);
  #happened: Record<FaultName, number> = noneHappened();

  #store: Store | null = null;

  /** The store whose disk may be full; a deployment that starts again has another. */
  attach(store: Store): void {
    this.#store = store;
    this.#limitGrowth();
  }

  get isOn(): boolean {
    return this.#settings !== null;
  }

  /** Replaces all settings and counts from zero; `{}` turns everything off. Throws a ZodError on others. */
  configure(settings: unknown): void {
    const parsed = vFaultSettings.parse(settings);
    const { writeConflicts, killedActions, slowCommits, fullDisk } = parsed;
    const isOn = [writeConflicts, killedActions, slowCommits, fullDisk].some((fault) => fault !== undefined);
    this.#settings = isOn ? parsed : null;
    this.#random = seededRandom(parsed.seed);
    this.#happened = noneHappened();
    this.#limitGrowth();
  }

  /** The settings in force and how often each fault has happened. */
  describe(): { settings: FaultSettings | null; happened: Record<FaultName, number> } {
    return { settings: this.#settings, happened: { ...this.#happened } };
  }

  /** `transact` for the mutation at `path`, with conflicts and slow commits. */
  async transact<T>(
    path: string,
    body: (writer: Writer) => Promise<T> | T,
    transact: Transact,
  ): Promise<Commit<T>> {
    const conflicting = async (writer: Writer) => {
      const result = await body(writer);
      if (writer.hasBegun && this.#happens("writeConflicts", path)) throw new WriteConflict();
      return result;
    };
    for (let retries = 0; ; retries++) {
      try {
        const commit = await transact(conflicting);
        await this.#slowDown(path);
        return commit;
      } catch (error) {
        if (!(error instanceof WriteConflict)) throw error;
        if (retries === maxRetries) throw tooManyConflicts();
        await sleep(Math.min(firstBackoffMs * 2 ** retries, maxBackoffMs) * Math.random());
      }
    }
  }

  /** For one run of an action or HTTP action; null when it may live. */
  killSwitch(path: string): KillSwitch | null {
    const kill = this.#settings?.killedActions;
    return kill !== undefined && this.#happens("killedActions", path) ? new KillSwitch(kill.at) : null;
  }

  #limitGrowth(): void {
    this.#store?.limitGrowth(this.#settings?.fullDisk?.spareBytes ?? null);
  }

  async #slowDown(path: string): Promise<void> {
    const slow = this.#settings?.slowCommits;
    if (slow !== undefined && this.#happens("slowCommits", path)) await sleep(slow.delayMs);
  }

  #happens(name: FaultName, path: string): boolean {
    const fault = this.#settings?.[name];
    if (fault === undefined || fault.functions?.includes(path) === false) return false;
    if (fault.times !== undefined && this.#happened[name] >= fault.times) return false;
    if (this.#random() >= fault.ratio) return false;
    this.#happened[name] += 1;
    return true;
  }
}

/** Takes a transaction back; never leaves this file. */
class WriteConflict extends Error {}

function tooManyConflicts(): SystemError {
  return new SystemError(
    503,
    "OptimisticConcurrencyControlFailure",
    "Documents read from or written to some table changed while this mutation was being run and on every subsequent retry. See https://docs.convex.dev/error#1",
  );
}

function noneHappened(): Record<FaultName, number> {
  return { writeConflicts: 0, killedActions: 0, slowCommits: 0 };
}
