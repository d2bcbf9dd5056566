import { isObject, type MessagesRequest, type Tool } from "./parseMessagesRequest.ts";

const paragraphs = [
  "A simulated answer has no opinion and knows nothing. It exists so that everything around it can be seen and measured: the stream, the counters, the costs and the pages that show them.",
  "The same prompt always gets the same answer, word for word. That makes it possible to compare what was sent with what arrived, to the last character, and to notice a single one that is lost.",
  "Its tokens are counted from the length of the text, four characters to a token, so that costs and budgets move as they would with a real model, although no money is spent.",
  "Long answers are made of these few paragraphs, repeated. They are dull on purpose: whoever reads this far is testing scrolling, stopping or reloading in the middle of an answer.",
];

/** The readable markdown answer that is derived from a request: the same request always gets the same text. */
export function composeAnswer(request: MessagesRequest, prompt: string): string {
  const facts = [
    `- **Model asked for:** \`${request.model.id}\``,
    `- **Conversation:** ${plural(request.turns, "message")}, the last one ${plural(prompt.length, "character")} long`,
    `- **System prompt:** ${request.system === "" ? "none" : `${plural(request.system.length, "character")}`}`,
    `- **Answer limit:** ${plural(request.maxTokens, "token")}`,
  ];
  if (request.images > 0) facts.push(`- **Images:** ${request.images} (accepted, not looked at)`);
  if (request.documents > 0) facts.push(`- **Documents:** ${request.documents} (accepted, not read)`);
  if (request.tools.length > 0)
    facts.push(`- **Tools:** ${request.tools.map((tool) => `\`${tool.name}\``).join(", ")}`);
  const opening = request.endsInToolResult ? "It received the tool's result." : "You wrote:";
  return [
    `This is the **simulated Claude**: no model wrote this answer. ${opening}`,
    ...(request.endsInToolResult ? [] : [quote(prompt)]),
    "What arrived with it:",
    facts.join("\n"),
    ...filler(prompt),
    "To get real answers, give the deployment a real key:",
    "```bash\nnpx convex env set ANTHROPIC_API_KEY sk-ant-...\nnpx convex env remove ANTHROPIC_BASE_URL\n```",
  ].join("\n\n");
}

/** What a thinking model would have thought. */
export function composeThinking(prompt: string): string {
  return `The last message has ${plural(prompt.length, "character")}. I am simulated, so I only describe what arrived.`;
}

/** The tool that the request wants called now, or null: forced by `tool_choice`, or named in the prompt. */
export function chooseTool(request: MessagesRequest, prompt: string): Tool | null {
  const { tools, toolChoice } = request;
  if (toolChoice.type === "none") return null;
  if (toolChoice.type === "tool") return tools.find((tool) => tool.name === toolChoice.name) ?? null;
  if (request.endsInToolResult) return null;
  const named = tools.find((tool) => prompt.includes(tool.name));
  return named ?? (toolChoice.type === "any" ? (tools[0] ?? null) : null);
}

/** A value that satisfies the plain parts of a JSON schema: types, enums, required and optional properties. */
export function exampleOf(schema: unknown, prompt: string): unknown {
  if (!isObject(schema)) return {};
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? null;
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "string":
      return prompt.slice(0, 80);
    case "number":
    case "integer":
      return typeof schema.minimum === "number" ? schema.minimum : 1;
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return [exampleOf(schema.items, prompt)];
    default: {
      const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
      return Object.fromEntries(properties.map(([name, property]) => [name, exampleOf(property, prompt)]));
    }
  }
}

function quote(prompt: string): string {
  const shown = prompt.length > 1_200 ? `${prompt.slice(0, 1_200)}…` : prompt;
  return shown
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}

/** Paragraphs for the length that the prompt names ("in 300 words"), else one for every 400 characters of it. */
function filler(prompt: string): string[] {
  const asked = /(\d{2,6})[ -]words?\b/i.exec(prompt.slice(0, 10_000))?.[1];
  const length = asked ? Math.ceil(Number(asked) / 34) : Math.min(8, Math.ceil(prompt.length / 400));
  return Array.from({ length }, (_, index) => paragraphs[index % paragraphs.length] ?? "");
}

function plural(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}
