import { randomUUID } from "node:crypto";

/** As on Convex: what is longer comes in parts, so that no proxy on the way refuses a frame for its size. */
const CHUNK_CHARACTERS = 5 * 1024 * 1024;
/** The first version of the client that puts them together again. */
const FIRST_VERSION = [1, 28] as const;

/** True when the client that asks for `url` (`/api/{version}/sync`) understands TransitionChunk. */
export function understandsChunks(url: string): boolean {
  const [, major = "0", minor = "0"] = /^\/api\/(\d+)\.(\d+)/.exec(url) ?? [];
  const [firstMajor, firstMinor] = FIRST_VERSION;
  return Number(major) > firstMajor || (Number(major) === firstMajor && Number(minor) >= firstMinor);
}

/** The frames that carry a message: itself, or the parts of a long Transition. */
export function framesOf(text: string, chunkCharacters = CHUNK_CHARACTERS): string[] {
  if (text.length <= chunkCharacters || !text.startsWith('{"type":"Transition"')) return [text];
  const totalParts = Math.ceil(text.length / chunkCharacters);
  const transitionId = randomUUID();
  return Array.from({ length: totalParts }, (_, partNumber) => {
    const start = partNumber * chunkCharacters;
    const chunk = text.slice(start, start + chunkCharacters);
    return JSON.stringify({ type: "TransitionChunk", chunk, partNumber, totalParts, transitionId });
  });
}
