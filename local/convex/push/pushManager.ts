import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Deployment } from "../host/deployment.ts";
import type { Environment } from "../host/environment.ts";
import { type PushApi, PushError } from "../host/types.ts";
import { type CronDiff, reconcileCrons } from "../scheduler/cronJobs.ts";
import type { Store } from "../store/types.ts";
import { type EvaluatedPush, evaluatePush } from "./evaluatePush.ts";
import { functionSpec } from "./functionSpec.ts";
import { hashModule, pushSource, readPushRequest } from "./pushRequest.ts";
import { finishResponse, schemaChangeOf, startResponse } from "./pushResponses.ts";

const stateKey = "activePush";
const maxStaged = 4;

export interface PushManagerOptions {
  store: Store;
  env: Environment;
  /** Where pushed modules are written, one directory for each push. */
  directory: string;
  /** Each call gets modules of its own. */
  isStrict: boolean;
  /** Called inside the transaction that makes a push the active one. */
  activate(deployment: Deployment): void;
  /** Called once that transaction is durable. */
  onActivated(): void;
}

/** Stages pushes at `startPush` and makes one of them live at `finishPush`. */
export class PushManager implements PushApi {
  readonly #options: PushManagerOptions;
  readonly #staged = new Map<string, EvaluatedPush>();
  #active: EvaluatedPush | null = null;
  /** The push that was looked at last. The CLI sends it again to start it, and it is imported once. */
  #lookedAt: { key: string; push: EvaluatedPush } | null = null;

  constructor(options: PushManagerOptions) {
    this.#options = options;
  }

  /** Makes the push live that was live when the deployment stopped. */
  async restore(): Promise<void> {
    const { store } = this.#options;
    const saved = store.getState(stateKey);
    if (saved === null) return;
    this.#active = await this.#evaluate(pushSource.parse(JSON.parse(saved)));
    this.#options.activate(this.#active.deployment);
  }

  async configHashes(_body: unknown): Promise<unknown> {
    const source = this.#active?.source;
    return {
      config: { functions: "convex/", authInfo: this.#active?.deployment.authProviders ?? [] },
      moduleHashes: (source?.modules ?? []).map((module) => ({
        path: module.path,
        hash: hashModule(module),
        environment: module.environment,
      })),
      udfServerVersion: source?.serverVersion ?? null,
    };
  }

  async startPush(body: unknown): Promise<unknown> {
    const source = readPushRequest(body, this.#active?.source ?? null);
    const push = (await this.#takeLookedAt(this.#keyOf(source))) ?? (await this.#evaluate(source));
    this.#staged.set(push.deployment.pushId, push);
    for (const [oldestId, oldest] of this.#staged) {
      if (this.#staged.size <= maxStaged) break;
      this.#staged.delete(oldestId);
      await oldest.remove();
    }
    return startResponse(push, this.#options);
  }

  async evaluatePush(body: unknown): Promise<unknown> {
    const source = readPushRequest(body, this.#active?.source ?? null);
    const key = this.#keyOf(source);
    const push = (await this.#takeLookedAt(key)) ?? (await this.#evaluate(source));
    // Another push may have been looked at meanwhile.
    await this.#takeLookedAt(null);
    this.#lookedAt = { key, push };
    return { schemaChange: schemaChangeOf(push, this.#options.store) };
  }

  async waitForSchema(body: unknown): Promise<unknown> {
    const { schemaChange } = z.object({ schemaChange: z.object({ pushId: z.string() }) }).parse(body);
    const push = this.#staged.get(schemaChange.pushId);
    if (push === undefined) return { type: "raceDetected" };
    const violation = this.#violation(push);
    if (violation === null) return { type: "complete" };
    return { type: "failed", error: violation.message, componentPath: "", tableName: violation.table };
  }

  async finishPush(body: unknown): Promise<unknown> {
    const request = z
      .object({ startPush: z.object({ pushId: z.string() }), dryRun: z.boolean().optional() })
      .parse(body);
    const push = this.#staged.get(request.startPush.pushId);
    if (push === undefined) {
      throw new PushError(
        400,
        "RaceDetected",
        "The push is not known any more: the deployment restarted. Push again.",
      );
    }
    const previous = this.#active;
    if (request.dryRun) return finishResponse(push, previous, noCronChange);
    const violation = this.#violation(push);
    if (violation !== null) throw new PushError(400, "SchemaValidationError", violation.message);
    const { store } = this.#options;
    const diff = schemaChangeOf(push, store);
    const commit = await store.transact((writer) => {
      store.applySchema(writer, push.deployment.schema);
      writer.setState(stateKey, JSON.stringify(push.source));
      const crons = reconcileCrons(writer, push.deployment.crons, Date.now());
      // Still inside the transaction: no mutation may run old code on the new schema.
      this.#options.activate(push.deployment);
      return crons;
    });
    this.#staged.delete(push.deployment.pushId);
    this.#active = push;
    this.#options.onActivated();
    await previous?.remove();
    return finishResponse(push, previous, commit.result, diff.indexDiffs[""]);
  }

  functionSpec(): unknown[] {
    return this.#active === null ? [] : functionSpec(this.#active);
  }

  /** The push that was looked at last, if it is this one; another one is removed. */
  async #takeLookedAt(key: string | null): Promise<EvaluatedPush | null> {
    const lookedAt = this.#lookedAt;
    this.#lookedAt = null;
    if (lookedAt === null || lookedAt.key === key) return lookedAt?.push ?? null;
    await lookedAt.push.remove();
    return null;
  }

  /** The same for pushes that evaluate alike: their modules and the variables that they may read meanwhile. */
  #keyOf(source: EvaluatedPush["source"]): string {
    const { env } = this.#options;
    return createHash("sha256")
      .update(JSON.stringify([source, env.list()]))
      .digest("base64");
  }

  #evaluate(source: EvaluatedPush["source"]): Promise<EvaluatedPush> {
    const { directory, env, isStrict } = this.#options;
    return evaluatePush(source, { pushId: randomUUID(), directory, env, isStrict });
  }

  #violation({ deployment: { schema } }: EvaluatedPush): { table: string; message: string } | null {
    return schema === null || !schema.schemaValidation ? null : this.#options.store.findViolation(schema);
  }
}

const noCronChange: CronDiff = { added: [], updated: [], deleted: [] };
