/** Abuse of the protocol: the client gets a FatalError and must not reconnect. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProtocolError";
  }
}
