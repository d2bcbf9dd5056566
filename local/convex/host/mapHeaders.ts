const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PLAIN_VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

/** Header names are few and come again with every request; those that callers invent must not pile up. */
const NAMES_MAX = 1_000;
const lowerCaseNames = new Map<string, string>();

/**
 * The `Headers` of requests and answers that the host makes. It does what the native one does, and is one for `instanceof`, for a
 * fraction of its cost. A loop sees the names that were there when it began.
 */
export class MapHeaders implements Headers {
  readonly #values: Map<string, string>;
  #cookies: string[] = [];

  constructor(init?: HeadersInit) {
    const isOfMap = init instanceof MapHeaders;
    this.#values = new Map(isOfMap ? init.#values : null);
    if (isOfMap) this.#cookies = [...init.#cookies];
    if (isOfMap || init === undefined) return;
    const pairs = Symbol.iterator in init ? init : Object.entries(init);
    for (const [name, value] of pairs) this.append(name, value);
  }

  /** From names and values in turn, as Node gives them. */
  static fromRaw(rawHeaders: readonly string[]): MapHeaders {
    const headers = new MapHeaders();
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
    }
    return headers;
  }

  /** Names and values in turn, as Node takes them, in the order in which they were set. */
  toRaw(): string[] {
    const raw: string[] = [];
    for (const [name, value] of this.#values) raw.push(name, value);
    for (const cookie of this.#cookies) raw.push("set-cookie", cookie);
    return raw;
  }

  append(name: string, value: string): void {
    const key = lowerCased(name);
    const text = checked(value);
    if (key === "set-cookie") {
      this.#cookies.push(text);
      return;
    }
    const before = this.#values.get(key);
    const separator = key === "cookie" ? "; " : ", ";
    this.#values.set(key, before === undefined ? text : before + separator + text);
  }

  set(name: string, value: string): void {
    const key = lowerCased(name);
    const text = checked(value);
    if (key === "set-cookie") this.#cookies = [text];
    else this.#values.set(key, text);
  }

  delete(name: string): void {
    const key = lowerCased(name);
    if (key === "set-cookie") this.#cookies = [];
    else this.#values.delete(key);
  }

  get(name: string): string | null {
    const key = lowerCased(name);
    if (key !== "set-cookie") return this.#values.get(key) ?? null;
    return this.#cookies.length > 0 ? this.#cookies.join(", ") : null;
  }

  getSetCookie(): string[] {
    return [...this.#cookies];
  }

  has(name: string): boolean {
    const key = lowerCased(name);
    return key === "set-cookie" ? this.#cookies.length > 0 : this.#values.has(key);
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArgument?: unknown): void {
    for (const [name, value] of this.#sorted()) callback.call(thisArgument, value, name, this);
  }

  entries(): HeadersIterator<[string, string]> {
    return this.#sorted().values();
  }

  keys(): HeadersIterator<string> {
    return this.#sorted()
      .map(([name]) => name)
      .values();
  }

  values(): HeadersIterator<string> {
    return this.#sorted()
      .map(([, value]) => value)
      .values();
  }

  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries();
  }

  /** As the Fetch standard orders them: by name, each cookie by itself. */
  #sorted(): [string, string][] {
    const pairs: [string, string][] = [...this.#values];
    for (const cookie of this.#cookies) pairs.push(["set-cookie", cookie]);
    return pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  }
}
Object.setPrototypeOf(MapHeaders.prototype, Headers.prototype);

function lowerCased(name: string): string {
  const known = lowerCaseNames.get(name);
  if (known !== undefined) return known;
  // The native one says what is wrong.
  if (!TOKEN.test(name)) new Headers().has(name);
  const key = name.toLowerCase();
  if (lowerCaseNames.size < NAMES_MAX) lowerCaseNames.set(name, key);
  return key;
}

/** The native one trims, or says what is wrong. */
function checked(value: string): string {
  return typeof value === "string" && PLAIN_VALUE.test(value)
    ? value
    : (new Headers([["x", value]]).get("x") ?? "");
}
