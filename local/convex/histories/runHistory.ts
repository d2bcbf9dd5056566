import { Authenticator } from "../auth/authenticator.ts";
import { Faults } from "../faults/faults.ts";
import { seededRandom } from "../faults/seededRandom.ts";
import { Executor } from "../host/executor.ts";
import { FunctionLogBuffer } from "../host/functionLogs.ts";
import { FileStore } from "../storage/fileStore.ts";
import type { CommitTs, ConvexJson, Store } from "../store/types.ts";
import { LiveQueries } from "../sync/liveQueries.ts";
import { type Execution, ITEM_SCHEMA, itemDeployment, removeItems, turns } from "./itemFunctions.ts";
import { Model } from "./model.ts";
import { below, type Random, type Range, randomProgram, randomRange } from "./program.ts";
import { SimulatedClient, type View } from "./SimulatedClient.ts";

const CLIENTS = 3;
const EVENTS = 30;
/** In which subscriptions see the last commit. */
const LAST_TURNS = 40;
const QUIET_TURNS_MAX = 2_000;

/** Where a history happens. */
export interface HistoryStores {
  open(): Store;
  /** A restart on the same data; null when this history has none. */
  reopen: (() => Promise<Store>) | null;
  /** For files. */
  directory: string;
}

/** What one life of the deployment has done. */
interface Life {
  context: ConstructorParameters<typeof SimulatedClient>[0];
  store: Store;
  executor: Executor;
  close(): void;
  /** A store that is closing still commits. */
  stopWatching(): void;
}
/** Everything that is checked in the end. */
interface Record {
  executions: Execution[];
  durable: Set<CommitTs>;
  views: View[];
  clients: SimulatedClient[];
}

/** Runs clients against store, transactions and subscriptions as the seed says; throws where the model says otherwise. */
export async function runHistory(seed: number, stores: HistoryStores): Promise<void> {
  const random = seededRandom(seed);
  const record: Record = { executions: [], durable: new Set(), views: [], clients: [] };
  const first = stores.open();
  await first.transact((writer) => removeItems(writer));
  let life = await begin(first, record, stores.directory);
  const restartAt = stores.reopen === null ? -1 : below(random, EVENTS);
  const newClient = (index: number) => new SimulatedClient(life.context, `${seed} ${index}`);
  let clients = Array.from({ length: CLIENTS }, (_, index) => newClient(index));
  record.clients.push(...clients);
  for (const client of clients) client.connect();
  for (let event = 0; event < EVENTS; event++) {
    if (event === restartAt && stores.reopen !== null) {
      for (const client of clients) client.drop();
      life.close();
      life = await begin(await stores.reopen(), record, stores.directory);
      clients = clients.map((_, index) => newClient(index + CLIENTS));
      record.clients.push(...clients);
      for (const client of clients) client.connect();
    }
    const client = clients[below(random, CLIENTS)];
    if (client) act(client, life, { random, event, record });
    if (random() < 0.5) await turns(below(random, 4));
  }
  await settle(clients);
  for (const client of clients) client.drop();
  life.close();
  life.stopWatching();
  check(record, life.store);
}

async function begin(store: Store, record: Record, directory: string): Promise<Life> {
  await store.transact((writer) => store.applySchema(writer, ITEM_SCHEMA));
  const files = await FileStore.open({ store, directory, cloudUrl: "http://127.0.0.1:1" });
  const deployment = itemDeployment(record.executions);
  const executor = new Executor({
    store,
    files,
    instanceName: "history",
    deployment: () => deployment,
    logs: new FunctionLogBuffer(),
    faults: new Faults(),
    deploymentClass: "s256",
  });
  const stopWatching = store.onCommit(({ ts }) => void record.durable.add(ts));
  const live = new LiveQueries(store, (call) => executor.runQuery(call));
  const authenticator = new Authenticator({ adminKey: "history|key", providers: () => [] });
  const host = {
    store,
    runMutation: executor.runMutation.bind(executor),
    runAction: executor.runAction.bind(executor),
  };
  const close = () => {
    files.close();
    live.close();
  };
  return { context: { host, live, authenticator }, store, executor, close, stopWatching };
}

function act(
  client: SimulatedClient,
  life: Life,
  { random, event, record }: { random: Random; event: number; record: Record },
): void {
  const dice = random();
  if (dice < 0.5) client.mutate(randomProgram(random, event));
  else if (dice < 0.75) client.subscribe(randomRange(random));
  else if (dice < 0.82) client.unsubscribe();
  else if (dice < 0.9) {
    client.drop();
    client.connect();
  } else void query(life, randomRange(random), record);
}

async function query({ executor }: Life, range: Range, record: Record): Promise<void> {
  const { outcome, ts } = await executor.runQuery({
    path: "items:range",
    args: { range: { ...range }, turns: 1 },
    identity: { kind: "none" },
    visibility: "public",
    request: { ip: null, userAgent: null, requestId: "0000000000000000" },
  });
  if (!outcome.ok) throw new Error(outcome.errorMessage);
  record.views.push({ ts, results: [{ range, value: outcome.value }] });
}

async function settle(clients: readonly SimulatedClient[]): Promise<void> {
  for (let turn = 0; turn < QUIET_TURNS_MAX; turn++) {
    await turns(1);
    if (clients.every((client) => client.isQuiet)) {
      await turns(LAST_TURNS);
      return;
    }
  }
  throw new Error(`The clients were not answered in ${QUIET_TURNS_MAX} turns.`);
}

function check({ executions, durable, views, clients }: Record, store: Store): void {
  const problems = clients.flatMap((client) => client.problems);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const committed = executions
    .filter((execution) => durable.has(execution.commitTs))
    .sort((a, b) => (a.commitTs < b.commitTs ? -1 : 1));
  checkAcknowledged(committed, clients);
  const all = [...views, ...clients.flatMap((client) => client.views)].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  const model = new Model();
  let next = 0;
  for (const view of [...all, { ts: store.latestTs, results: [] }]) {
    for (let run = committed[next]; run !== undefined && run.commitTs <= view.ts; run = committed[++next]) {
      expectSame(model.run(run.program), run.reads, `the reads of program ${run.program.id}`);
    }
    for (const { range, value } of view.results) {
      expectSame(model.values(range), value, `${JSON.stringify(range)} at ${view.ts}`);
    }
  }
  for (const client of clients.slice(-CLIENTS)) {
    for (const { range, value } of client.shown()) {
      expectSame(model.values(range), value, `what a client shows in the end of ${JSON.stringify(range)}`);
    }
  }
}

function checkAcknowledged(committed: readonly Execution[], clients: readonly SimulatedClient[]): void {
  const runs = new Map<number, number>();
  for (const { program } of committed) {
    runs.set(program.id, (runs.get(program.id) ?? 0) + 1);
  }
  for (const [id, count] of runs) {
    if (count > 1) throw new Error(`Program ${id} was committed ${count} times.`);
  }
  for (const [id, success] of clients.flatMap((client) => [...client.acknowledged])) {
    if (success !== runs.has(id)) {
      throw new Error(`Program ${id} ${success ? "succeeded and was not" : "failed and was"} committed.`);
    }
  }
}

function expectSame(expected: ConvexJson, actual: ConvexJson, what: string): void {
  const [left, right] = [JSON.stringify(expected), JSON.stringify(actual)];
  if (left !== right) throw new Error(`Expected ${left} for ${what}, got ${right}`);
}
