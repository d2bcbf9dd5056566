/**
 * All bytes of a stream, in one piece. `check` sees the number of bytes after each chunk and throws to stop.
 */
export async function readStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  check: (totalBytes: number) => Promise<void> | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let totalBytes = 0;
  const reader = stream?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) {
      return joined(chunks, totalBytes);
    }
    chunks.push(chunk.value);
    totalBytes += chunk.value.length;
    const checked = check(totalBytes);
    if (checked) {
      await checked;
    }
  }
}

function joined(chunks: Uint8Array<ArrayBuffer>[], totalBytes: number): Uint8Array<ArrayBuffer> {
  const [first] = chunks;
  if (first && chunks.length === 1) {
    return first;
  }
  const bytes = new Uint8Array(totalBytes);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
