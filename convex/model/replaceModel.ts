const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A JSON body with another `model`, every other byte as it was. Null when the object has no such field of its own.
 * The body has been parsed before, so it is known to be JSON.
 */
export function replaceModel(body: Uint8Array<ArrayBuffer>, model: string): Uint8Array<ArrayBuffer> | null {
  const found = findModelValue(body);
  if (!found) {
    return null;
  }
  const value = encoder.encode(JSON.stringify(model));
  const replaced = new Uint8Array(body.length - (found.end - found.start) + value.length);
  replaced.set(body.subarray(0, found.start));
  replaced.set(value, found.start);
  replaced.set(body.subarray(found.end), found.start + value.length);
  return replaced;
}

/** Of several, the last one: the one that counts. */
function findModelValue(body: Uint8Array): { start: number; end: number } | null {
  let found: { start: number; end: number } | null = null;
  let depth = 0;
  let isValueOfModel = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      const end = stringEnd(body, at);
      if (depth === 1 && isValueOfModel) {
        found = { start: at, end };
        isValueOfModel = false;
      } else if (depth === 1 && isKey(body, end)) {
        isValueOfModel = end - at < 64 && JSON.parse(decoder.decode(body.subarray(at, end))) === "model";
      }
      at = end - 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  return found;
}

/** The position after the closing quote. */
function stringEnd(body: Uint8Array, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    if (body[at] === BACKSLASH) {
      at++;
    } else if (body[at] === QUOTE) {
      return at + 1;
    }
  }
  return body.length;
}

function isKey(body: Uint8Array, end: number): boolean {
  let at = end;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) {
    at++;
  }
  return body[at] === 0x3a;
}
