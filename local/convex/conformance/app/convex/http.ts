import { httpActionGeneric as httpAction, httpRouter, makeFunctionReference } from "convex/server";

const http = httpRouter();
const insert = makeFunctionReference<"mutation">("documents:insert");
const list = makeFunctionReference<"query">("documents:list");

http.route({
  path: "/hello",
  method: "GET",
  handler: httpAction(async () => new Response("hello", { headers: { "x-test": "yes" } })),
});

http.route({
  path: "/redirect",
  method: "GET",
  handler: httpAction(async () => Response.redirect("https://app.test/there", 303)),
});

http.route({
  path: "/cookies",
  method: "GET",
  handler: httpAction(async () => {
    const headers = new Headers({ "x-test": "yes" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    return new Response(null, { headers });
  }),
});

http.route({
  path: "/json",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const body = await request.json();
    await ctx.runMutation(insert, { value: body });
    return Response.json({ received: body, stored: (await ctx.runQuery(list, {})).length }, { status: 201 });
  }),
});

http.route({
  pathPrefix: "/prefix/",
  method: "GET",
  handler: httpAction(async (_ctx, request) => {
    const { pathname, searchParams } = new URL(request.url);
    return Response.json({ pathname, query: searchParams.get("q") });
  }),
});

http.route({
  pathPrefix: "/prefix/longer/",
  method: "GET",
  handler: httpAction(async () => new Response("the longer prefix")),
});

http.route({
  path: "/prefix/longer/exact",
  method: "GET",
  handler: httpAction(async () => new Response("the exact path")),
});

http.route({
  path: "/identity",
  method: "GET",
  handler: httpAction(async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    return new Response(identity?.subject ?? "nobody");
  }),
});

http.route({
  path: "/stream",
  method: "GET",
  handler: httpAction(async () => {
    const { readable, writable } = new TransformStream();
    const produce = async () => {
      const writer = writable.getWriter();
      for (const part of ["one ", "two ", "three"]) await writer.write(new TextEncoder().encode(part));
      await writer.close();
    };
    void produce();
    return new Response(readable);
  }),
});

http.route({
  path: "/echo",
  method: "POST",
  handler: httpAction(async (_ctx, request) => new Response(await request.blob())),
});

http.route({
  path: "/throw",
  method: "GET",
  handler: httpAction(async () => {
    throw new Error("broken on purpose");
  }),
});

export default http;
