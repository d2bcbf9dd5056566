/** The records of CSV text: quoted fields may hold commas, line ends and doubled quotes. Empty lines are skipped. */
export async function* csvRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const parser = new CsvParser();
  for await (const chunk of chunks) yield* parser.push(decoder.decode(chunk, { stream: true }));
  yield* parser.push(decoder.decode());
  yield* parser.end();
}

class CsvParser {
  #row: string[] = [];
  #field = "";
  #isQuoted = false;
  /** A quote inside a quoted field: the end of it, unless another one follows. */
  #isQuotePending = false;
  #wasQuoted = false;

  *push(text: string): Generator<string[]> {
    for (const character of text) {
      if (this.#isQuoted && this.#isQuotePending) {
        this.#isQuotePending = false;
        if (character === '"') {
          this.#field += '"';
          continue;
        }
        this.#isQuoted = false;
      }
      if (this.#isQuoted) {
        if (character === '"') this.#isQuotePending = true;
        else this.#field += character;
      } else if (character === '"' && this.#field === "") {
        this.#isQuoted = true;
        this.#wasQuoted = true;
      } else if (character === ",") {
        this.#endField();
      } else if (character === "\n") {
        yield* this.#endRow();
      } else if (character !== "\r") {
        this.#field += character;
      }
    }
  }

  *end(): Generator<string[]> {
    if (this.#isQuoted && !this.#isQuotePending) throw new Error("A quoted CSV field has no end.");
    yield* this.#endRow();
  }

  #endField(): void {
    this.#row.push(this.#field);
    this.#field = "";
    this.#wasQuoted = false;
  }

  *#endRow(): Generator<string[]> {
    if (this.#row.length === 0 && this.#field === "" && !this.#wasQuoted) return;
    this.#endField();
    yield this.#row;
    this.#row = [];
  }
}
