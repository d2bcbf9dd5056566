import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { handleApi } from "./api/apiServer.ts";
import { type HttpActionContext, handleHttpAction } from "./api/httpActionServer.ts";
import { createQueryRunner } from "./api/queryRunner.ts";
import type { ApiContext } from "./api/route.ts";
import { loadAdminKey } from "./auth/adminKey.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { Faults } from "./faults/faults.ts";
import { createFunctionHost } from "./host/createFunctionHost.ts";
import type { DeploymentClass } from "./host/deploymentClass.ts";
import { openStore } from "./store/openStore.ts";
import { LiveQueries } from "./sync/liveQueries.ts";
import { SyncServer } from "./sync/syncServer.ts";

export interface DeploymentOptions {
  /** Holds the database, the pushed code and the admin key; made when absent. */
  dataDir: string;
  /** Port of the API, the WebSocket and `/http/*`; 0 takes a free one. */
  cloudPort: number;
  /** Port of the HTTP actions; 0 takes a free one. */
  sitePort: number;
  /** Address to listen on. */
  host?: string;
  instanceName?: string;
  /** Fixed admin key; by default one is made and kept in `dataDir`. */
  adminKey?: string;
  /** How much runs at once: `s16` is Convex's free class, `s256` (the default) its largest shared one. */
  deploymentClass?: DeploymentClass;
  /** Evaluates the modules anew for each call, as Convex does; default false, which is much faster. */
  isStrict?: boolean;
  /** Lets the holder of the admin key break things on purpose; see `faults/`. */
  faultInjection?: boolean;
}

export interface Deployment extends AsyncDisposable {
  cloudUrl: string;
  siteUrl: string;
  adminKey: string;
  /** Stops everything and starts it again on the same data and ports, as after a crash. */
  restart(): Promise<void>;
  /** Closes the ports, running functions and the database. Idempotent. */
  stop(): Promise<void>;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const HTTP_PREFIX = "/http";

/** Starts a Convex-compatible deployment in this process. Rejects when a port is taken. */
export async function startDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { dataDir, instanceName = "local" } = options;
  const adminKey = options.adminKey ?? (await loadAdminKey(dataDir, instanceName));
  const faults = options.faultInjection ? new Faults() : null;
  let isStopped = false;
  let change: Promise<void> = Promise.resolve();
  const start = (ports: { cloudPort: number; sitePort: number }) =>
    openPorts({ ...options, ...ports, instanceName, adminKey, faults, restart: () => void restart() });
  let running = await start(options);
  const { cloudUrl, siteUrl } = running;
  const ports = { cloudPort: Number(new URL(cloudUrl).port), sitePort: Number(new URL(siteUrl).port) };
  const restart = () => {
    change = change.then(async () => {
      if (isStopped) return;
      await running.stop();
      running = await start(ports);
    });
    return change;
  };
  const stop = () => {
    if (!isStopped) {
      isStopped = true;
      change = change.then(() => running.stop());
    }
    return change;
  };
  return { cloudUrl, siteUrl, adminKey, restart, stop, [Symbol.asyncDispose]: stop };
}

interface ServeOptions extends DeploymentOptions {
  instanceName: string;
  adminKey: string;
  faults: Faults | null;
  restart: () => void;
}
interface Ports {
  cloud: LateServer;
  site: LateServer;
  cloudUrl: string;
  siteUrl: string;
}

async function openPorts(
  options: ServeOptions,
): Promise<{ cloudUrl: string; siteUrl: string; stop: () => Promise<void> }> {
  const { host = "127.0.0.1" } = options;
  const cloud = new LateServer();
  const site = new LateServer();
  try {
    const cloudUrl = `http://${host}:${await cloud.listen(options.cloudPort, host)}`;
    const siteUrl = `http://${host}:${await site.listen(options.sitePort, host)}`;
    return { cloudUrl, siteUrl, stop: await serve({ cloud, site, cloudUrl, siteUrl }, options) };
  } catch (error) {
    await Promise.all([cloud.close(), site.close()]);
    throw error;
  }
}

/** Wires store, functions, API and sockets together; returns what stops them. */
async function serve(
  { cloud, site, cloudUrl, siteUrl }: Ports,
  options: ServeOptions,
): Promise<() => Promise<void>> {
  const { dataDir, instanceName, adminKey, faults, restart } = options;
  const store = await openStore({ path: join(dataDir, "convex.sqlite") });
  const host = await createFunctionHost({
    store,
    dataDir,
    cloudUrl,
    siteUrl,
    instanceName,
    faults: faults ?? undefined,
    deploymentClass: options.deploymentClass,
    isStrict: options.isStrict,
  });
  const authenticator = new Authenticator({ adminKey, providers: () => host.authProviders });
  const queries = createQueryRunner(host, cloudUrl);
  const live = new LiveQueries(store, queries.run);
  const sync = new SyncServer({ host, authenticator, live });
  const stopping = new AbortController();
  host.onInvalidateAll(() => {
    authenticator.clear();
    live.invalidateAll();
  });
  const api: ApiContext = {
    host,
    queries,
    authenticator,
    instanceName,
    cloudUrl,
    siteUrl,
    faults,
    restart,
    stopping: stopping.signal,
  };
  const actions: HttpActionContext = { host, authenticator, siteHost: new URL(siteUrl).host };
  cloud.server.on("upgrade", (request, socket, head) => sync.upgrade(request, socket, head));
  cloud.start((request, response) => {
    const isHttpAction = request.url?.startsWith(HTTP_PREFIX) && /^(?:\/|\?|$)/.test(request.url.slice(5));
    void (isHttpAction
      ? handleHttpAction(actions, request, response, HTTP_PREFIX.length)
      : handleApi(api, request, response));
  });
  site.start((request, response) => void handleHttpAction(actions, request, response, 0));
  return async () => {
    stopping.abort();
    sync.close();
    await Promise.all([cloud.close(), site.close()]);
    live.close();
    await host.close();
    await store.close();
  };
}

/** A server that listens before it can answer, so that its port is known; early requests wait. */
class LateServer {
  readonly server: Server;
  readonly #ready: Promise<Listener>;
  #listener: Listener | null = null;
  #start: (listener: Listener) => void = () => {};

  constructor() {
    this.#ready = new Promise((resolve) => {
      this.#start = resolve;
    });
    this.server = createServer({ noDelay: true, requestTimeout: 0 }, (request, response) => {
      if (this.#listener !== null) {
        this.#listener(request, response);
        return;
      }
      void this.#ready.then((listener) => listener(request, response));
    });
  }

  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, host, () => {
        this.server.off("error", reject);
        const address = this.server.address() as AddressInfo;
        resolve(address.port);
      });
    });
  }

  start(listener: Listener): void {
    this.#listener = listener;
    this.#start(listener);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.server.listening) {
        resolve();
        return;
      }
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
