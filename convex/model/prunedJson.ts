/** Stands for a string too long to decode; only its size is known. */
export class LongString {
  constructor(readonly byteLength: number) {}
}

export class JsonSyntaxError extends Error {}

/** Strings up to this many bytes are decoded, longer ones become a LongString. */
const DECODED_BYTES_MAX = 256;
/** A tree of this many values takes about 10 MB; Convex gives an action 64 MiB. */
const VALUES_MAX = 200_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Parses JSON bytes into a tree in which long strings are only measured: a 20 MB body of images costs
 * a few kilobytes. Throws JsonSyntaxError on malformed text, on nesting deeper than `depthMax` and on
 * more than 200,000 values. The inside of a long string is not checked: upstream does that.
 */
export function parsePrunedJson(bytes: Uint8Array, depthMax: number): unknown {
  return new PrunedJsonParser(bytes, depthMax).parse();
}

class PrunedJsonParser {
  private position = 0;
  private valueCount = 0;
  private readonly decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(
    private readonly bytes: Uint8Array,
    private readonly depthMax: number,
  ) {}

  parse(): unknown {
    const value = this.value(0);
    this.skipSpace();
    if (this.position < this.bytes.length) {
      throw this.unexpected();
    }
    return value;
  }

  private value(depth: number): unknown {
    if (depth > this.depthMax) {
      throw new JsonSyntaxError(`nested deeper than ${this.depthMax} levels`);
    }
    if (++this.valueCount > VALUES_MAX) {
      throw new JsonSyntaxError(`more than ${VALUES_MAX} values`);
    }
    this.skipSpace();
    switch (this.bytes[this.position]) {
      case OPEN_OBJECT:
        return this.object(depth);
      case OPEN_ARRAY:
        return this.array(depth);
      case QUOTE:
        return this.string();
      default:
        return this.literal();
    }
  }

  private object(depth: number): Record<string, unknown> {
    // Without a prototype, `__proto__` is a name like any other.
    const object: Record<string, unknown> = Object.create(null);
    this.position++;
    if (this.take(CLOSE_OBJECT)) {
      return object;
    }
    do {
      this.skipSpace();
      const name = this.string();
      this.expect(COLON);
      const value = this.value(depth + 1);
      if (typeof name === "string") {
        object[name] = value;
      }
    } while (this.take(COMMA));
    this.expect(CLOSE_OBJECT);
    return object;
  }

  private array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.position++;
    if (this.take(CLOSE_ARRAY)) {
      return array;
    }
    do {
      array.push(this.value(depth + 1));
    } while (this.take(COMMA));
    this.expect(CLOSE_ARRAY);
    return array;
  }

  private string(): string | LongString {
    if (this.bytes[this.position] !== QUOTE) {
      throw this.unexpected();
    }
    const start = this.position + 1;
    let end = this.bytes.indexOf(QUOTE, start);
    while (end !== -1 && this.isEscaped(end, start)) {
      end = this.bytes.indexOf(QUOTE, end + 1);
    }
    if (end === -1) {
      throw new JsonSyntaxError(`the string at byte ${start - 1} has no end`);
    }
    this.position = end + 1;
    if (end - start > DECODED_BYTES_MAX) {
      return new LongString(end - start);
    }
    return this.scalar(start - 1, end + 1);
  }

  private isEscaped(quote: number, start: number): boolean {
    let backslashes = 0;
    while (quote - backslashes > start && this.bytes[quote - backslashes - 1] === BACKSLASH) {
      backslashes++;
    }
    return backslashes % 2 === 1;
  }

  private literal(): unknown {
    const start = this.position;
    while (this.position < this.bytes.length && isLiteralByte(this.bytes[this.position])) {
      this.position++;
    }
    const text = this.decoder.decode(this.bytes.subarray(start, Math.min(this.position, start + 400)));
    if (text === "true" || text === "false" || text === "null" || NUMBER.test(text)) {
      return JSON.parse(text);
    }
    this.position = start;
    throw this.unexpected();
  }

  private scalar(start: number, end: number): string {
    try {
      return JSON.parse(this.decoder.decode(this.bytes.subarray(start, end)));
    } catch {
      throw new JsonSyntaxError(`the string at byte ${start} is not valid`);
    }
  }

  private skipSpace(): void {
    let byte = this.bytes[this.position];
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      byte = this.bytes[++this.position];
    }
  }

  private take(byte: number): boolean {
    this.skipSpace();
    if (this.bytes[this.position] !== byte) {
      return false;
    }
    this.position++;
    return true;
  }

  private expect(byte: number): void {
    if (!this.take(byte)) {
      throw this.unexpected();
    }
  }

  private unexpected(): JsonSyntaxError {
    return new JsonSyntaxError(
      this.position < this.bytes.length
        ? `unexpected character at byte ${this.position}`
        : "unexpected end of the text",
    );
  }
}

/** Letters, digits, sign and point: what numbers and the three words consist of. */
function isLiteralByte(byte: number | undefined): boolean {
  return (
    byte !== undefined &&
    ((byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2b ||
      byte === 0x2d ||
      byte === 0x2e ||
      byte === 0x45)
  );
}
