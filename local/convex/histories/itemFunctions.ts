import type { Deployment, FunctionEntry, FunctionType } from "../host/deployment.ts";
import { emptyDeployment } from "../host/deployment.ts";
import { currentInvocation, type TransactionScope } from "../host/invocation.ts";
import { StoreWriter } from "../store/storeWriter.ts";
import { collect, expression, indexRange, schemaOf, tableScan } from "../store/testStore.ts";
import type { CommitTs, ConvexJson, ConvexObject, Reader, Writer } from "../store/types.ts";
import type { Program, Range, Step } from "./program.ts";

export const ITEM_SCHEMA = schemaOf({ items: { by_place: ["group", "rank"] } });

/** One run of a program, committed or not. */
export interface Execution {
  program: Program;
  commitTs: CommitTs;
  reads: number[][];
}

/** Functions over a table of items, in place of pushed code: `items:range` and `items:run`. */
export function itemDeployment(executions: Execution[]): Deployment {
  const range = entry("items:range", "Query", async (scope, args) => {
    await turns(args.turns as number);
    return values(scope.reader, args.range as unknown as Range);
  });
  const run = entry("items:run", "Mutation", async ({ writer }, args) => {
    if (!(writer instanceof StoreWriter)) throw new Error("a mutation without a writer");
    const program = args.program as unknown as Program;
    const execution: Execution = { program, commitTs: writer.commitTs, reads: [] };
    await runSteps(writer, program.steps, execution.reads);
    if (program.fails) throw new Error("the program fails");
    executions.push(execution);
    return execution.reads;
  });
  return { ...emptyDeployment, functions: new Map([range, run].map((each) => [each.path, each])) };
}

type Handler = (scope: TransactionScope, args: ConvexObject) => Promise<ConvexJson>;

function entry(path: string, type: FunctionType, handler: Handler): FunctionEntry {
  return {
    path,
    udfPath: path,
    type,
    isPublic: true,
    environment: "isolate",
    args: { type: "any" },
    returns: null,
    invoke: async (_requestId, { passed }) => {
      const scope = currentInvocation.getStore()?.scope;
      if (!scope) throw new Error("an item function outside of a transaction");
      return { passed: await handler(scope, passed[0] as ConvexObject) };
    },
  };
}

export function removeItems(writer: Writer): void {
  for (const item of collect(writer, tableScan("items"))) writer.delete(String(item._id));
}

function items(reader: Reader, { group, from, to, order, limit }: Range): ConvexObject[] {
  const bounds = [
    expression("Eq", "group", group),
    expression("Gte", "rank", from),
    expression("Lt", "rank", to),
  ];
  return collect(reader, indexRange("items.by_place", bounds, { order, operators: [{ limit }] }));
}

function values(reader: Reader, range: Range): number[] {
  return items(reader, range).map((item) => item.value as number);
}

async function runSteps(writer: StoreWriter, steps: readonly Step[], reads: number[][]): Promise<void> {
  for (const step of steps) {
    await Promise.resolve();
    await runStep(writer, step, reads);
  }
}

async function runStep(writer: StoreWriter, step: Step, reads: number[][]): Promise<void> {
  switch (step.do) {
    case "insert":
      writer.insert("items", { group: step.group, rank: step.rank, value: step.value });
      return;
    case "add":
      return change(writer, step, (id, item) =>
        writer.patch(id, { value: (item.value as number) + step.value }),
      );
    case "move":
      return change(writer, step, (id) => writer.patch(id, { group: step.group, rank: step.rank }));
    case "delete":
      return change(writer, step, (id) => void writer.delete(id));
    case "read":
      reads.push(values(writer, step.range));
      return;
    case "wait":
      return turns(step.turns);
    case "nested":
      return runNested(writer, step, reads);
    default:
      step satisfies never;
  }
}

async function runNested(
  writer: StoreWriter,
  step: Step & { do: "nested" },
  reads: number[][],
): Promise<void> {
  const failure = new Error("the sub-transaction fails");
  try {
    await writer.nested(async () => {
      await runSteps(writer, step.steps, reads);
      if (step.fails) throw failure;
    });
  } catch (error) {
    if (error !== failure) throw error;
  }
}

function change(
  writer: StoreWriter,
  { range, nth }: { range: Range; nth: number },
  apply: (id: string, item: ConvexObject) => void,
): void {
  const item = items(writer, range)[nth];
  if (item) apply(String(item._id), item);
}

/** So many turns of the event loop, in which others go on. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
