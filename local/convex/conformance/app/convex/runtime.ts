import { actionGeneric as action, queryGeneric as query } from "convex/server";

/** What Convex's own runtime has, as one table of claims. */
export const webApis = action({
  args: {},
  handler: async () => {
    const form = new FormData();
    form.append("text", "value");
    form.append("file", new File(["abc"], "a.txt", { type: "text/plain" }));
    const file = form.get("file");
    const events: string[] = [];
    const target = new EventTarget();
    target.addEventListener("ping", (event) => events.push(event.type));
    target.dispatchEvent(new Event("ping"));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc"));
    const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]);
    const signature = await crypto.subtle.sign("HMAC", key, new Uint8Array([1]));
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue("a");
        controller.close();
      },
    });
    const controller = new AbortController();
    controller.abort();
    return {
      blob: await new Blob(["ab", "c"]).text(),
      blobSlice: await new Blob(["abcdef"]).slice(1, 3).text(),
      formText: form.get("text"),
      fileName: file instanceof File ? [file.name, file.type, await file.text()] : null,
      events,
      digest: Array.from(new Uint8Array(digest).slice(0, 4)),
      isVerified: await crypto.subtle.verify("HMAC", key, signature, new Uint8Array([1])),
      uuid: crypto.randomUUID().length,
      read: (await stream.getReader().read()).value,
      isAborted: controller.signal.aborted,
      url: new URL("../b?c=1", "https://x.test/a/d").href,
      base64: atob(btoa("text")),
      clone: structuredClone({ a: [1] }),
      headers: [...new Headers({ B: "2", a: "1" })],
    };
  },
});

/** The same value within one query, and not the real time. */
export const frozenClock = query({
  args: {},
  handler: async (ctx) => {
    const before = Date.now();
    await ctx.db.query("things").collect();
    for (let index = 0; index < 100_000; index += 1) Math.sqrt(index);
    const dated = new Date();
    return [Date.now() - before, Number(dated) - before];
  },
});

export const fetchInQuery = query({
  args: {},
  handler: async () => {
    await fetch("http://127.0.0.1:1/");
  },
});

export const missingGlobals = query({
  args: {},
  handler: async () =>
    ["Buffer", "CompressionStream", "queueMicrotask", "WebSocket", "setImmediate"].filter(
      (name) => name in globalThis,
    ),
});
