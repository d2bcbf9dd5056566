type Block = Record<string, unknown>;

interface OpenBlock {
  fields: Block;
  /** Text pieces per field, joined once at the end. */
  pieces: Map<string, string[]>;
  /** The JSON text of a tool's input, exactly as it was streamed. */
  inputJson: string;
}

/**
 * Puts an answer's content blocks together from its events, value-exact: strings equal, unknown blocks,
 * fields and deltas kept, tool input as the text that was received.
 */
export class ContentBlocks {
  private readonly blocks = new Map<number, OpenBlock>();

  /** SSE text of whole events; lines other than `data:` do not matter. */
  addEvents(text: string): void {
    for (const line of text.split(/\r\n|\r|\n/)) {
      if (line.startsWith("data:")) {
        this.addEvent(line.slice(5));
      }
    }
  }

  /** The data of one event, as JSON text; what is no content event is skipped. */
  addEvent(data: string): void {
    const event: unknown = parseOrNull(data);
    if (!isBlock(event) || typeof event.index !== "number") {
      return;
    }
    if (event.type === "content_block_start" && isBlock(event.content_block)) {
      this.blocks.set(event.index, { fields: event.content_block, pieces: new Map(), inputJson: "" });
    }
    const block = this.blocks.get(event.index);
    if (event.type === "content_block_delta" && isBlock(event.delta) && block) {
      addDelta(block, event.delta);
    }
  }

  /** JSON text of the array of blocks. Half a tool input, as a stop leaves it, becomes `{}`. */
  toJson(): string {
    const ordered = [...this.blocks.entries()].sort(([a], [b]) => a - b);
    return `[${ordered.map(([, block]) => blockJson(block)).join(",")}]`;
  }

  /** All text of the answer, for callers that want nothing else. */
  text(): string {
    const texts = [...this.blocks.values()].filter(({ fields }) => fields.type === "text");
    return texts.map((block) => textField(block, "text")).join("");
  }
}

function addDelta(block: OpenBlock, delta: Block): void {
  for (const [name, value] of Object.entries(delta)) {
    if (name === "type") {
      continue;
    }
    if (name === "partial_json" && typeof value === "string") {
      block.inputJson += value;
    } else if (name === "citation") {
      const { citations } = block.fields;
      block.fields.citations = [...(Array.isArray(citations) ? citations : []), value];
    } else if (typeof value === "string" && name !== "signature") {
      const pieces = block.pieces.get(name) ?? [];
      pieces.push(value);
      block.pieces.set(name, pieces);
    } else {
      block.fields[name] = value;
    }
  }
}

function textField(block: OpenBlock, name: string): string {
  const start = block.fields[name];
  return (typeof start === "string" ? start : "") + (block.pieces.get(name)?.join("") ?? "");
}

function blockJson(block: OpenBlock): string {
  const names = new Set([...Object.keys(block.fields), ...block.pieces.keys()]);
  const input = parseOrNull(block.inputJson) === null ? null : block.inputJson;
  const fields = [...names].map((name) => {
    if (name === "input" && input !== null) {
      return `"input":${input}`;
    }
    const value = block.pieces.has(name) ? textField(block, name) : block.fields[name];
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  });
  return `{${fields.join(",")}}`;
}

function parseOrNull(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
