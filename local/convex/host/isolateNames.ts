import { runInNewContext } from "node:vm";

/** What JavaScript itself brings along, on whatever version of Node this is. */
const languageNames: string[] = runInNewContext("Object.getOwnPropertyNames(globalThis)");

/** What Convex's isolate adds to it. */
const webNames = [
  ...["fetch", "Request", "Response", "Headers", "FormData", "Blob", "File", "URL", "URLSearchParams"],
  ...["Event", "EventTarget", "DOMException", "AbortController", "AbortSignal"],
  ...["ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader"],
  ...["WritableStream", "WritableStreamDefaultWriter", "TransformStream"],
  ...["TextEncoder", "TextDecoder", "TextEncoderStream", "TextDecoderStream", "atob", "btoa"],
  ...["structuredClone", "setTimeout", "setInterval", "clearTimeout", "clearInterval"],
  ...["crypto", "Crypto", "CryptoKey", "SubtleCrypto"],
  ...["performance", "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure"],
  ...["console", "self", "process", "AsyncLocalStorage", "AsyncResource", "Convex"],
];

/** The names of all globals that functions of the default runtime see. */
export const ISOLATE_NAMES: ReadonlySet<string> = new Set([...languageNames, ...webNames]);

/** What Node has and Convex's isolate has not. */
export function hiddenNames(): string[] {
  return Object.getOwnPropertyNames(globalThis).filter((name) => !ISOLATE_NAMES.has(name));
}
