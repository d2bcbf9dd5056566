import { z } from "zod";
import type { FunctionCall, FunctionHost, QueryOutcome } from "../host/types.ts";
import type { ConvexJson, Reader, ReadSet } from "../store/types.ts";
import { exportJson, importJson } from "../transfer/transferJson.ts";

const SYSTEM_PREFIX = "_system/";

/** For what is not kept in tables and so has no ranges: any commit may have changed it. */
const READS_EVERYTHING: ReadSet = { ranges: [], intersects: () => true };
/** Environment, functions, URLs: changes of those re-run every subscription anyway. */
const READS_NOTHING: ReadSet = { ranges: [], intersects: () => false };

interface SystemAnswer {
  value: ConvexJson;
  readSet: ReadSet;
  journal?: string | null;
}
interface SystemContext {
  host: FunctionHost;
  cloudUrl: string;
  reader: Reader;
  journal: string | null;
}
type SystemQuery = (context: SystemContext, args: unknown) => SystemAnswer;

const pageSchema = z.object({
  table: z.string(),
  order: z.enum(["asc", "desc"]).nullish(),
  paginationOpts: z.object({ cursor: z.string().nullable(), numItems: z.number().int().positive() }),
});

const systemQueries: Record<string, SystemQuery> = {
  "_system/cli/queryEnvironmentVariables:default": ({ host }) => ({
    value: host.env.list().map(({ name, value }) => ({ name, value })),
    readSet: READS_NOTHING,
  }),
  "_system/cli/queryEnvironmentVariables:get": ({ host }, args) => {
    const { name } = z.object({ name: z.string() }).parse(args);
    const found = host.env.list().find((variable) => variable.name === name);
    return { value: found ? { name: found.name, value: found.value } : null, readSet: READS_NOTHING };
  },
  "_system/cli/tables:default": ({ reader }) => ({
    value: { page: reader.tableNames().map((name) => ({ name })), isDone: true, continueCursor: "end" },
    readSet: READS_EVERYTHING,
  }),
  "_system/cli/tableData:default": readTablePage,
  "_system/cli/tableSize:default": ({ reader }, args) => {
    const { tableName } = z.object({ tableName: z.string() }).parse(args);
    return { value: reader.count(tableName), readSet: reader.readSet };
  },
  "_system/cli/queryTable:default": ({ reader }, args) => {
    const { tableName } = z.object({ tableName: z.string() }).parse(args);
    reader.count(tableName);
    return { value: reader.ts.toString(), readSet: reader.readSet };
  },
  "_system/cli/modules:apiSpec": ({ host }) => ({
    value: z.array(z.json()).parse(host.pushes.functionSpec()),
    readSet: READS_NOTHING,
  }),
  "_system/cli/exports:getLatest": ({ host }) => ({
    value: exportJson(host.transfers.latestExport),
    readSet: READS_EVERYTHING,
  }),
  "_system/cli/queryImport:list": ({ host }) => ({
    value: host.transfers.imports.map((state) => ({ state: importJson(state) })),
    readSet: READS_EVERYTHING,
  }),
  "_system/cli/queryImport:default": ({ host }, args) => {
    const { importId } = z.object({ importId: z.string() }).parse(args);
    const state = host.transfers.importState(importId);
    return { value: state && { state: importJson(state) }, readSet: READS_EVERYTHING };
  },
  "_system/cli/convexUrl:cloudUrl": ({ cloudUrl }) => ({ value: cloudUrl, readSet: READS_NOTHING }),
};

export function isSystemPath(path: string): boolean {
  return path.startsWith(SYSTEM_PREFIX);
}

/** The CLI's own queries: environment, tables, functions. Admins only. */
export async function runSystemQuery(
  host: FunctionHost,
  cloudUrl: string,
  call: FunctionCall & { journal?: string | null },
): Promise<QueryOutcome> {
  return await host.store.read((reader) => {
    try {
      const {
        value,
        readSet,
        journal = null,
      } = answer({ host, cloudUrl, reader, journal: call.journal ?? null }, call);
      return { outcome: { ok: true, value, logLines: [] }, ts: reader.ts, readSet, journal };
    } catch (error) {
      const errorMessage = error instanceof Error ? error.message : String(error);
      const outcome = { ok: false as const, errorMessage, logLines: [] };
      return { outcome, ts: reader.ts, readSet: READS_EVERYTHING, journal: null };
    }
  });
}

function answer(context: SystemContext, call: FunctionCall): SystemAnswer {
  if (call.identity.kind !== "admin") {
    throw new Error(
      `You do not have permission to perform this operation (${call.path} needs the admin key).`,
    );
  }
  const path = call.path.includes(":") ? call.path : `${call.path}:default`;
  const query = systemQueries[path];
  if (query === undefined) {
    throw new Error(`NotSupported: ${path} is not supported by the embedded local deployment.`);
  }
  return query(context, call.args);
}

function readTablePage({ reader, journal }: SystemContext, args: unknown): SystemAnswer {
  const { table, order, paginationOpts } = pageSchema.parse(args);
  const page = reader.page({
    query: { source: { type: "FullTableScan", tableName: table, order: order ?? "asc" }, operators: [] },
    cursor: paginationOpts.cursor,
    endCursor: journal,
    pageSize: paginationOpts.numItems,
  });
  const documents = page.page.map((document) => z.json().parse(JSON.parse(document.json)));
  return {
    value: { page: documents, isDone: page.isDone, continueCursor: page.continueCursor },
    readSet: reader.readSet,
    journal: page.continueCursor,
  };
}
