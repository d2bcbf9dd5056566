import { ConvexError } from "convex/values";

/**
 * The sentence to show for something a Convex function threw. A `ConvexError<{code, message}>` carries its own; anything
 * else is a defect or a lost connection, and says what to try.
 */
export function errorText(error: unknown): string {
  return (
    errorData(error)?.message ??
    "Something went wrong on the server. Try again; the deployment's log has the details."
  );
}

function errorData(error: unknown): { code: string; message: string } | null {
  if (error instanceof ConvexError) return codeAndMessage(error.data);
  // Sign-in goes through the web server, which passes on the message alone: the data is JSON text inside it.
  if (error instanceof Error) return dataInMessage(error.message);
  return null;
}

function dataInMessage(message: string): { code: string; message: string } | null {
  const json = /\{.*\}/.exec(message)?.[0];
  if (json === undefined) return null;
  try {
    return codeAndMessage(JSON.parse(json));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function codeAndMessage(data: unknown): { code: string; message: string } | null {
  if (typeof data !== "object" || data === null || !("code" in data) || !("message" in data)) return null;
  const { code, message } = data;
  return typeof code === "string" && typeof message === "string" ? { code, message } : null;
}
