import { createServer } from "node:net";
import { StartError } from "./StartError.ts";

/**
 * Makes sure that a loopback port is free and returns it; 0 becomes a free one. Throws a StartError that names the
 * variable with which another port is chosen.
 */
export async function reservePort(port: number, variable: string, purpose: string): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    const address = server.address();
    return typeof address === "object" && address ? address.port : port;
  } catch (error) {
    const reason =
      error instanceof Error && "code" in error && error.code === "EADDRINUSE" ? "is taken" : String(error);
    throw new StartError(
      `Port ${port} (${purpose}) ${reason}. Stop what uses it, or choose another: ${variable}=${port + 100} npm start`,
    );
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
