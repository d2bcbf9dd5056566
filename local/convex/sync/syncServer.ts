import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { requestMetadata } from "../api/requestMetadata.ts";
import { SyncConnection, type SyncContext } from "./syncConnection.ts";
import { framesOf, understandsChunks } from "./transitionChunks.ts";

const SYNC_PATH = /^\/api\/(?:[^/?]+\/)?sync(?:\?|$)/;
const HEARTBEAT_MS = 5_000;
/** Clients reconnect after 60 s without a message. */
const PING_AFTER_MS = 10_000;
const DROP_AFTER_MS = 120_000;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

interface Peer {
  socket: WebSocket;
  connection: SyncConnection;
  sentAt: number;
  heardAt: number;
}

/** The sockets of the sync protocol: upgrade, heartbeat, shutdown. */
export class SyncServer {
  readonly #context: SyncContext;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  readonly #peers = new Set<Peer>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(context: SyncContext) {
    this.#context = context;
    this.#heartbeat = setInterval(() => this.#beat(Date.now()), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** Takes an HTTP upgrade request; refuses any path but `/api/sync` and `/api/{version}/sync`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!SYNC_PATH.test(request.url ?? "")) {
      socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request));
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const { socket } of this.#peers) {
      socket.close(1001, "Shutting down");
      socket.terminate();
    }
    this.#server.close();
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    const now = Date.now();
    const inChunks = understandsChunks(request.url ?? "");
    const connection = new SyncConnection(
      this.#context,
      {
        send: (text) => {
          peer.sentAt = Date.now();
          for (const frame of inChunks ? framesOf(text) : [text]) socket.send(frame);
        },
        close: (code, reason) => socket.close(code, reason),
      },
      requestMetadata(request),
    );
    const peer: Peer = { socket, connection, sentAt: now, heardAt: now };
    this.#peers.add(peer);
    socket.on("message", (data: Buffer) => {
      peer.heardAt = Date.now();
      connection.receive(data.toString("utf8"));
    });
    socket.on("pong", () => {
      peer.heardAt = Date.now();
    });
    // A socket error is followed by its close.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#peers.delete(peer);
      connection.dispose();
    });
  }

  #beat(now: number): void {
    for (const peer of this.#peers) {
      if (now - peer.heardAt > DROP_AFTER_MS) {
        peer.socket.terminate();
        continue;
      }
      peer.socket.ping();
      if (now - peer.sentAt >= PING_AFTER_MS) {
        peer.sentAt = now;
        peer.socket.send('{"type":"Ping"}');
      }
    }
  }
}
