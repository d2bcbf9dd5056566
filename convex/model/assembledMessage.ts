import { overlayUsage } from "./anthropicUsage";
import { ContentBlocks } from "./contentBlocks";
import { parseFrame } from "./sseFramer";

/** Puts Anthropic's Message object together from the events of its stream. */
export class AssembledMessage {
  private readonly blocks = new ContentBlocks();
  private message: Record<string, unknown> = {};

  addFrame(frame: Uint8Array): void {
    const { event, data } = parseFrame(frame);
    if (event === "message_start") {
      this.message = { ...objectOf(objectOf(JSON.parse(data)).message) };
    } else if (event === "message_delta") {
      const { delta, usage } = objectOf(JSON.parse(data));
      Object.assign(this.message, objectOf(delta), {
        usage: overlayUsage(objectOf(this.message.usage), objectOf(usage)),
      });
    } else {
      this.blocks.addEvent(data);
    }
  }

  /** All text of the answer. */
  text(): string {
    return this.blocks.text();
  }

  /** JSON text of the Message. */
  toJson(): string {
    const { content: _, ...fields } = this.message;
    const head = JSON.stringify(fields);
    return `${head.slice(0, -1)}${head === "{}" ? "" : ","}"content":${this.blocks.toJson()}}`;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
