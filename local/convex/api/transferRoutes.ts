import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { TransferError } from "../transfer/transfers.ts";
import { ApiError, notSupported } from "./apiError.ts";
import { requireAdmin } from "./functionRoutes.ts";
import { readJson } from "./readBody.ts";
import type { ApiContext, ApiRequest, RouteHandler, RouteTable } from "./route.ts";

const EXPORT_PATH = "/api/export/zip/";

const finishSchema = z.object({
  import: z.object({
    tableName: z.string().nullish(),
    componentPath: z.string().nullish(),
    mode: z.enum(["requireEmpty", "append", "replace", "replaceAll"]),
    format: z.enum(["csv", "jsonLines", "jsonArray", "zip"]),
  }),
  uploadToken: z.string(),
  partTokens: z.array(z.string()),
});

/** What `convex export` and `convex import` call. */
export const transferRoutes: RouteTable = {
  "POST /api/export/request/zip": admin(async ({ host }, { url }) => {
    await host.transfers.startExport(url.searchParams.get("includeStorage") === "true");
    return {};
  }),
  "POST /api/import/start_upload": admin(async ({ host }) => ({
    uploadToken: await host.transfers.startUpload(),
  })),
  "POST /api/import/upload_part": admin(({ host }, { url, message }) =>
    host.transfers.uploadPart(
      url.searchParams.get("uploadToken") ?? "",
      Number(url.searchParams.get("partNumber")),
      message,
    ),
  ),
  "POST /api/import/finish_upload": admin(async ({ host }, { message }) => {
    const { import: options, uploadToken, partTokens } = finishSchema.parse(await readJson(message));
    if (options.componentPath) throw notSupported(`Importing into component ${options.componentPath}`);
    const { mode, format, tableName = null } = options;
    return {
      importId: await host.transfers.finishUpload(uploadToken, partTokens, { mode, format, tableName }),
    };
  }),
  "POST /api/perform_import": admin(async ({ host }, { message }) => {
    const { importId } = z.object({ importId: z.string() }).parse(await readJson(message));
    host.transfers.confirmImport(importId);
    return {};
  }),
};

export function isExportPath(method: string, path: string): boolean {
  return method === "GET" && path.startsWith(EXPORT_PATH);
}

/** Sends a finished export. */
export const sendExport: RouteHandler = admin(async ({ host }, { url, response }) => {
  const startTs = url.pathname.slice(EXPORT_PATH.length);
  const path = host.transfers.exportPath(startTs);
  if (path === null)
    throw new ApiError(400, "ExportNotFound", `There is no export ${startTs}; request one anew.`);
  response.writeHead(200, {
    "content-type": "application/zip",
    "content-length": (await stat(path)).size,
    "content-disposition": `attachment; filename=snapshot_${startTs}.zip`,
  });
  await pipeline(createReadStream(path), response);
});

function admin(handler: (context: ApiContext, request: ApiRequest) => Promise<unknown>): RouteHandler {
  return async (context, request) => {
    await requireAdmin(context, request);
    try {
      return await handler(context, request);
    } catch (error) {
      throw error instanceof TransferError ? new ApiError(400, error.code, error.message) : error;
    }
  };
}
