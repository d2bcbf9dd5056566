import { inject } from "vitest";
import { asAdmin } from "./target.ts";

interface ImportOptions {
  table: string | null;
  mode: "requireEmpty" | "append" | "replace" | "replaceAll";
  format: "csv" | "jsonLines" | "jsonArray" | "zip";
}

interface ImportState {
  state: "uploaded" | "waiting_for_confirmation" | "in_progress" | "completed" | "failed";
  error_message?: string;
  num_rows_written?: bigint;
}

/** The calls that `convex import` makes. Resolves to the number of documents; rejects with the deployment's message. */
export async function importOverApi(content: Uint8Array | string, options: ImportOptions): Promise<number> {
  const { uploadToken } = await post("/api/import/start_upload");
  const part = await post(`/api/import/upload_part?uploadToken=${uploadToken}&partNumber=1`, content);
  const { table, mode, format } = options;
  const body = { import: { tableName: table, mode, format }, uploadToken, partTokens: [part] };
  const { importId } = await post("/api/import/finish_upload", JSON.stringify(body));
  await until(importId, ["waiting_for_confirmation"]);
  await post("/api/perform_import", JSON.stringify({ importId }));
  const { num_rows_written: count } = await until(importId, ["completed"]);
  return Number(count);
}

async function until(importId: string, states: ImportState["state"][]): Promise<ImportState> {
  for (;;) {
    const { state } = await asAdmin().query<{ state: ImportState }>("_system/cli/queryImport", { importId });
    if (state.state === "failed") throw new Error(state.error_message);
    if (states.includes(state.state)) return state;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function post(path: string, body: Uint8Array | string = "") {
  const { cloudUrl, adminKey } = inject("deployment");
  const headers = { authorization: `Convex ${adminKey}`, "content-type": "application/json" };
  const response = await fetch(`${cloudUrl}${path}`, { method: "POST", headers, body: Buffer.from(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
