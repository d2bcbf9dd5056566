import { parsedDocument } from "../store/parsedDocument.ts";
import type { ConvexJson, ConvexObject, PageRequest, ReadDocument, Writer } from "../store/types.ts";
import type { Invocation, TransactionScope } from "./invocation.ts";
import { argumentsOf, type TransactionOperation } from "./operation.ts";

interface DocumentArguments {
  id: string;
  table?: string;
  isSystem?: boolean;
  value: ConvexObject;
}

/** `ctx.db` of queries and mutations. */
export const databaseOperations: Record<string, TransactionOperation> = {
  "1.0/get": ({ reader }, argument, invocation) => {
    const { id, table, isSystem } = argumentsOf<DocumentArguments>(argument);
    const isOfSystemTable = isSystemId(invocation, id, table);
    if (isOfSystemTable !== (isSystem === true)) {
      throw new Error(
        isSystem
          ? "User tables can only be accessed from db.get()."
          : "System tables can only be accessed from db.system.get().",
      );
    }
    return documentOrNull(reader.get(id, table));
  },
  "1.0/queryStreamNext": (_, argument, invocation) => {
    const { queryId } = argumentsOf<{ queryId: number }>(argument);
    const read = invocation.stream(queryId)();
    return { value: documentOrNull(read), done: read === null };
  },
  "1.0/queryPage": ({ reader }, argument, invocation) => {
    const request = argumentsOf<PageRequest>(argument);
    if (invocation.hasPaginated) {
      throw new Error(
        "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query in each function.",
      );
    }
    invocation.hasPaginated = true;
    const endCursor = request.endCursor ?? invocation.previousJournal;
    const { page, ...rest } = reader.page({ ...request, endCursor });
    invocation.journal = rest.continueCursor;
    return { page: page.map(parsedDocument), ...rest };
  },
  "1.0/count": ({ reader }, argument) => reader.count(argumentsOf<{ table: string }>(argument).table),
  "1.0/insert": (scope, argument) => {
    const { table, value } = argumentsOf<{ table: string; value: ConvexObject }>(argument);
    return { _id: userWriter(scope, table).insert(table, value) };
  },
  "1.0/shallowMerge": (scope, argument, invocation) => {
    const { id, table, value } = argumentsOf<DocumentArguments>(argument);
    documentWriter(scope, invocation, id).patch(id, value, table);
    return null;
  },
  "1.0/replace": (scope, argument, invocation) => {
    const { id, table, value } = argumentsOf<DocumentArguments>(argument);
    documentWriter(scope, invocation, id).replace(id, value, table);
    return null;
  },
  "1.0/remove": (scope, argument, invocation) => {
    const { id, table } = argumentsOf<DocumentArguments>(argument);
    return documentOrNull(documentWriter(scope, invocation, id).delete(id, table));
  },
};

function documentOrNull(read: ReadDocument | null): ConvexJson {
  return read && parsedDocument(read);
}

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
