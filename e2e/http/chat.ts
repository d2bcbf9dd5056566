import { randomUUID } from "node:crypto";
import { type GatewayUnderTest, shared } from "./gateway.ts";
import { WEB_ORIGIN } from "./Stack.ts";

export interface Member {
  email: string;
  password: string;
  token: string;
  gateway: GatewayUnderTest;
}

/** Invites somebody and signs them up, as the web app does. */
export async function signUp(
  role: "owner" | "admin" | "member" | "viewer",
  gateway = shared,
): Promise<Member> {
  const email = `${role}-${randomUUID().slice(0, 8)}@example.com`;
  const { url } = (await gateway.client.run("admin:invite", { email, role })) as { url: string };
  const inviteToken = url.slice(url.lastIndexOf("/") + 1);
  const visitor = { email, password: `password-${randomUUID()}`, token: "", gateway };
  return await openSession(visitor, { flow: "signUp", inviteToken });
}

/** Another session of a member, as from another browser. */
export async function signIn(email: string, password: string, gateway = shared): Promise<Member> {
  return await openSession({ email, password, token: "", gateway }, { flow: "signIn" });
}

async function openSession(visitor: Member, flow: object): Promise<Member> {
  const { email, password } = visitor;
  const { tokens } = await call<{ tokens: { token: string } }>(
    "action",
    "auth:signIn",
    { provider: "password", params: { ...flow, email, password } },
    visitor,
  );
  return { ...visitor, token: tokens.token };
}

/** A public function, as the web app calls it; throws its ConvexError's data or its message. */
export async function call<Result>(
  kind: "query" | "mutation" | "action",
  path: string,
  args: object,
  member?: Member,
): Promise<Result> {
  const { client } = member?.gateway ?? shared;
  const response = await fetch(`${client.url}/api/${kind}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(member?.token ? { authorization: `Bearer ${member.token}` } : {}),
    },
    body: JSON.stringify({ path, args, format: "json" }),
  });
  const answer = (await response.json()) as {
    status: string;
    value: Result;
    errorData?: { code: string };
    errorMessage?: string;
  };
  if (answer.status !== "success") {
    throw Object.assign(new Error(`${path}: ${answer.errorMessage}`), { data: answer.errorData });
  }
  return answer.value;
}

/** A turn of the web chat, from the web app's origin unless told otherwise. */
export async function postChat(
  member: Member | null,
  turn: object,
  { origin = WEB_ORIGIN, signal }: { origin?: string; signal?: AbortSignal } = {},
): Promise<Response> {
  return await fetch(`${(member?.gateway ?? shared).siteUrl}/chat`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      origin,
      ...(member ? { authorization: `Bearer ${member.token}` } : {}),
    },
    body: JSON.stringify({ threadId: null, ...turn }),
    ...(signal ? { signal } : {}),
  });
}

export interface ChatMessage {
  role: string;
  status: string;
  content: { type: string; text?: string }[];
  requestId: string | null;
  errorMessage: string | null;
  ledger: { status: string; costNanoUsd: number; tokens: { outputTokens: number } } | null;
}

/** The answer of a turn as the thread shows it, once it is closed. */
export async function closedAnswer(member: Member, threadId: string): Promise<ChatMessage> {
  for (let tries = 0; tries < 150; tries++) {
    const { page } = await call<{ page: ChatMessage[] }>(
      "query",
      "messages:list",
      { threadId, paginationOpts: { numItems: 10, cursor: null } },
      member,
    );
    const [newest] = page;
    if (newest?.role === "assistant" && newest.status !== "streaming") return newest;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the answer in ${threadId} was never closed`);
}

/** All pages of a stream as one text. */
export async function readPages(
  member: Member,
  requestId: string,
): Promise<{ text: string; isDone: boolean }> {
  let text = "";
  for (let fromIndex = 0; ; ) {
    const { pages, isDone } = await call<{ pages: { text: string }[]; isDone: boolean }>(
      "query",
      "streamPages:list",
      { requestId, fromIndex },
      member,
    );
    text += pages.map((page) => page.text).join("");
    fromIndex += pages.length;
    if (isDone || pages.length === 0) return { text, isDone };
  }
}
