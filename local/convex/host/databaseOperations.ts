import type { ConvexObject, PageRequest, Writer } from "../store/types.ts";
import type { Invocation, TransactionScope } from "./invocation.ts";
import { parseArguments, type TransactionOperation } from "./operation.ts";

interface DocumentArguments {
  id: string;
  table?: string;
  isSystem?: boolean;
  value: ConvexObject;
}

/** `ctx.db` of queries and mutations. */
export const databaseOperations: Record<string, TransactionOperation> = {
  "1.0/get": ({ reader }, json, invocation) => {
    const { id, table, isSystem } = parseArguments<DocumentArguments>(json);
    const isOfSystemTable = isSystemId(invocation, id, table);
    if (isOfSystemTable !== (isSystem === true)) {
      throw new Error(
        isSystem
          ? "User tables can only be accessed from db.get()."
          : "System tables can only be accessed from db.system.get().",
      );
    }
    return reader.get(id, table) ?? "null";
  },
  "1.0/queryStreamNext": (_, json, invocation) => {
    const { queryId } = parseArguments<{ queryId: number }>(json);
    const document = invocation.stream(queryId)();
    return document === null ? '{"value":null,"done":true}' : `{"value":${document},"done":false}`;
  },
  "1.0/queryPage": ({ reader }, json, invocation) => {
    const request = parseArguments<PageRequest>(json);
    if (invocation.hasPaginated) {
      throw new Error(
        "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query in each function.",
      );
    }
    invocation.hasPaginated = true;
    const endCursor = request.endCursor ?? invocation.previousJournal;
    const page = reader.page({ ...request, endCursor });
    invocation.journal = page.continueCursor;
    const { isDone, continueCursor, splitCursor, pageStatus } = page;
    const rest = JSON.stringify({ isDone, continueCursor, splitCursor, pageStatus });
    return `{"page":[${page.page.join(",")}],${rest.slice(1)}`;
  },
  "1.0/count": ({ reader }, json) => String(reader.count(parseArguments<{ table: string }>(json).table)),
  "1.0/insert": (scope, json) => {
    const { table, value } = parseArguments<{ table: string; value: ConvexObject }>(json);
    return `{"_id":"${userWriter(scope, table).insert(table, value)}"}`;
  },
  "1.0/shallowMerge": (scope, json, invocation) => {
    const { id, table, value } = parseArguments<DocumentArguments>(json);
    documentWriter(scope, invocation, id).patch(id, value, table);
    return "null";
  },
  "1.0/replace": (scope, json, invocation) => {
    const { id, table, value } = parseArguments<DocumentArguments>(json);
    documentWriter(scope, invocation, id).replace(id, value, table);
    return "null";
  },
  "1.0/remove": (scope, json, invocation) => {
    const { id, table } = parseArguments<DocumentArguments>(json);
    return documentWriter(scope, invocation, id).delete(id, table);
  },
};

function userWriter({ writer }: TransactionScope, table: string): Writer {
  if (writer === null) throw new Error("A query cannot write to the database.");
  if (table.startsWith("_")) throw new Error("System tables (prefixed with `_`) are read-only.");
  return writer;
}

function documentWriter(scope: TransactionScope, invocation: Invocation, id: string): Writer {
  return userWriter(scope, isSystemId(invocation, id) ? "_" : "");
}

function isSystemId({ executor }: Invocation, id: string, table?: string): boolean {
  return (table ?? executor.store.tableOfId(id))?.startsWith("_") ?? false;
}
