import { httpActionGeneric as httpAction, httpRouter, makeFunctionReference } from "convex/server";

const http = httpRouter();
const send = makeFunctionReference<"mutation">("messages:send");

http.route({
  path: "/length",
  method: "POST",
  handler: httpAction(async (_ctx, request) => {
    let length = 0;
    for await (const chunk of request.body ?? []) {
      length += chunk.length;
    }
    return Response.json({ length, url: request.url, agent: request.headers.get("user-agent") });
  }),
});

http.route({
  path: "/refuse-upload",
  method: "POST",
  handler: httpAction(async () => new Response("too large", { status: 413 })),
});

http.route({
  path: "/identity",
  method: "GET",
  handler: httpAction(async (ctx) => {
    try {
      const identity = await ctx.auth.getUserIdentity();
      return new Response(identity?.subject ?? "nobody");
    } catch {
      return new Response("invalid");
    }
  }),
});

/** Streams until the client leaves, then records that it has noticed. */
http.route({
  pathPrefix: "/stream/",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const channel = new URL(request.url).pathname.slice("/stream/".length);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const record = (body: string) => ctx.runMutation(send, { channel, body });
    const produce = async () => {
      await writer.write(new TextEncoder().encode("data: started\n\n"));
      await new Promise<void>((resolve) => {
        request.signal.addEventListener("abort", () => resolve());
      });
      await record("aborted");
      await writer.write(new TextEncoder().encode("data: nobody reads this\n\n"));
      await record("ran to the end");
      await writer.close();
    };
    void produce();
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  }),
});

http.route({
  path: "/throw",
  method: "GET",
  handler: httpAction(async () => {
    throw new Error("broken on purpose");
  }),
});

export default http;
