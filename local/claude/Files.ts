import { ApiError } from "./ApiError.ts";
import { ObjectStore } from "./ObjectStore.ts";

interface StoredFile {
  readonly id: string;
  readonly createdAt: string;
  readonly filename: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

/** An answer without a stream: JSON text, or bytes with their type. */
export type PlainAnswer = string | { readonly bytes: Uint8Array; readonly contentType: string };

/** `/v1/files`: uploads as multipart forms, kept in memory. Uploaded files can be downloaded here, unlike Anthropic's. */
export class Files {
  readonly #files = new ObjectStore<StoredFile>("File");
  #count = 0;

  constructor(private readonly idPrefix: string) {}

  async answer(method: string, url: URL, body: Buffer, contentType: string): Promise<PlainAnswer> {
    const [id = "", part] = url.pathname.slice("/v1/files".length).split("/").slice(1);
    if (id === "") {
      return method === "POST"
        ? await this.#upload(body, contentType)
        : this.#files.list(url.searchParams, metadata);
    }
    const file = this.#files.get(id);
    if (method === "DELETE") {
      this.#files.delete(id);
      return JSON.stringify({ id, type: "file_deleted" });
    }
    return part === "content"
      ? { bytes: file.bytes, contentType: file.mimeType }
      : JSON.stringify(metadata(file));
  }

  async #upload(body: Buffer, contentType: string): Promise<string> {
    const form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } })
      .formData()
      .catch(() => {
        throw new ApiError("invalid_request_error", "The request body is not a multipart form.");
      });
    const upload = form.get("file");
    if (!(upload instanceof File)) throw new ApiError("invalid_request_error", "file: Field required");
    const file: StoredFile = {
      id: `file_${this.idPrefix}${String(++this.#count).padStart(8, "0")}`,
      createdAt: new Date().toISOString(),
      filename: upload.name,
      mimeType: upload.type || "application/octet-stream",
      bytes: new Uint8Array(await upload.arrayBuffer()),
    };
    this.#files.add(file);
    return JSON.stringify(metadata(file));
  }
}

function metadata(file: StoredFile) {
  return {
    type: "file",
    id: file.id,
    filename: file.filename,
    mime_type: file.mimeType,
    size_bytes: file.bytes.length,
    created_at: file.createdAt,
    downloadable: true,
  };
}
