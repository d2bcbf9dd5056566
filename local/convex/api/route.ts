import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Faults } from "../faults/faults.ts";
import type { FunctionHost, RequestMetadata } from "../host/types.ts";
import type { QueryRunner } from "./queryRunner.ts";

/** What the routes of one deployment share. */
export interface ApiContext {
  host: FunctionHost;
  queries: QueryRunner;
  authenticator: Authenticator;
  instanceName: string;
  cloudUrl: string;
  siteUrl: string;
  /** Null unless the deployment was started with fault injection. */
  faults: Faults | null;
  /** Stops and starts the deployment again, in this process. */
  restart: () => void;
  /** Aborts when the deployment stops: ends long polls. */
  stopping: AbortSignal;
}

export interface ApiRequest {
  message: IncomingMessage;
  response: ServerResponse;
  /** Path and query string, resolved against the deployment's own URL. */
  url: URL;
  metadata: RequestMetadata;
}

/** The result is sent as JSON with status 200; undefined when the handler has answered by itself. */
export type RouteHandler = (context: ApiContext, request: ApiRequest) => Promise<unknown> | unknown;

/** Handlers by `METHOD /path`. */
export type RouteTable = Record<string, RouteHandler>;
