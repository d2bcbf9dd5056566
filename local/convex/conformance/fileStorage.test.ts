import { createHash } from "node:crypto";
import { describe, expect, inject, test } from "vitest";
import { behaviour, wire } from "./target.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64");
const missingId = "kg2aaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

describe("file storage", () => {
  behaviour("an action reads back what it stored, with its type", async (target) => {
    const id = await target.action("files:storeInAction", { text: "hello", type: "text/plain" });
    expect(await target.action("files:readInAction", { id })).toEqual({
      text: "hello",
      type: "text/plain",
    });
  });

  behaviour("a stored file has a document in _storage", async (target) => {
    const id = await target.action("files:storeInAction", { text: "hello", type: "text/plain" });
    expect(await target.query("files:document", { id })).toMatchObject({
      _id: id,
      size: 5,
      sha256: sha256("hello"),
    });
    expect(await target.query("files:list")).toHaveLength(1);
  });

  behaviour("a deleted file is gone", async (target) => {
    const id = await target.action("files:storeInAction", { text: "hello" });
    await target.action("files:deleteInAction", { id });
    expect(await target.action("files:readInAction", { id })).toBeNull();
    expect(await target.query("files:url", { id })).toBeNull();
    const other = await target.action("files:storeInAction", { text: "hello" });
    await target.mutation("files:deleteInMutation", { id: other });
    expect(await target.query("files:url", { id: other })).toBeNull();
  });

  behaviour(
    "a mutation stores and reads files",
    async (target) => {
      const id = await target.mutation("files:storeInMutation", { text: "from a mutation" });
      expect(await target.mutation("files:readInMutation", { id })).toBe("from a mutation");
    },
    { wireOnly: "convex-test 0.0.60 has no ctx.storage.store in mutations" },
  );

  behaviour("a mutation that throws deletes no file", async (target) => {
    const id = await target.action("files:storeInAction", { text: "kept" });
    await expect(target.mutation("files:deleteThenThrow", { id })).rejects.toThrow("taken back");
    expect(await target.action("files:readInAction", { id })).toMatchObject({ text: "kept" });
  });
});

describe("files over HTTP", () => {
  const upload = async (body: BodyInit, headers: Record<string, string> = {}) => {
    const url = await wire().mutation<string>("files:uploadUrl");
    return fetch(url, { method: "POST", body, headers });
  };
  const stored = async (body: BodyInit, headers?: Record<string, string>) => {
    const { storageId }: { storageId: string } = await (await upload(body, headers)).json();
    const url = await wire().query<string>("files:url", { id: storageId });
    return { storageId, url };
  };

  test("an uploaded file is served with its type, length and digest", async () => {
    const { url } = await stored("hello world", { "content-type": "text/x-test" });
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/x-test",
      "content-length": "11",
      digest: `sha-256=${sha256("hello world")}`,
      "accept-ranges": "bytes",
      "cache-control": "private, max-age=2592000",
    });
    expect(await response.text()).toBe("hello world");
  });

  test.each([
    ["bytes=0-4", "hello", "bytes 0-4/11"],
    ["bytes=6-", "world", "bytes 6-10/11"],
    ["bytes=-5", "world", "bytes 6-10/11"],
    ["bytes=6-999", "world", "bytes 6-10/11"],
  ])("range %s is answered with status 206", async (range, text, contentRange) => {
    const { url } = await stored("hello world");
    const response = await fetch(url, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(contentRange);
    expect(await response.text()).toBe(text);
  });

  test.each(["bytes=11-", "bytes=0-1,3-4", "bytes=5-2"])(
    "range %s is refused with status 416",
    async (range) => {
      const { url } = await stored("hello world");
      expect((await fetch(url, { headers: { range } })).status).toBe(416);
    },
  );

  test("an upload whose digest is wrong is refused and leaves no file", async () => {
    const before = (await wire().query<unknown[]>("files:list")).length;
    const response = await upload("hello", { digest: `sha-256=${sha256("other")}` });
    expect([response.status, (await response.json()).code]).toEqual([400, "Sha256Mismatch"]);
    expect(await wire().query("files:list")).toHaveLength(before);
    expect((await upload("hello", { digest: `sha-256=${sha256("hello")}` })).status).toBe(200);
  });

  test("an upload needs a valid token", async () => {
    const url = await wire().mutation<string>("files:uploadUrl");
    const forged = url.replace(/token=.{4}/, "token=9999");
    expect((await fetch(forged, { method: "POST", body: "x" })).status).toBeGreaterThanOrEqual(400);
  });

  test("browsers of other origins may upload", async () => {
    const url = await wire().mutation<string>("files:uploadUrl");
    const headers = {
      origin: "https://app.test",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,digest",
    };
    const preflight = await fetch(url, { method: "OPTIONS", headers });
    expect(preflight.headers.get("access-control-allow-origin")).toBe("https://app.test");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("digest");
  });

  test("the URL of a file shows nothing of its id, and ends with the file", async () => {
    const { storageId, url } = await stored("short-lived");
    expect(url).not.toContain(storageId);
    await wire().mutation("files:deleteInMutation", { id: storageId });
    expect((await fetch(url)).status).toBe(404);
    const { cloudUrl } = inject("deployment");
    expect((await fetch(`${cloudUrl}/api/storage/not-a-uuid`)).status).toBe(400);
  });

  test("an id that is none is refused by name", async () => {
    await expect(wire().query("files:url", { id: missingId })).rejects.toThrow("ArgumentValidationError");
  });

  test("a large file goes up and comes down whole", async () => {
    const bytes = new Uint8Array(24 * 1024 * 1024).map((_, index) => index % 251);
    const { url } = await stored(bytes);
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
  });
});
