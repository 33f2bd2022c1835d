// Bytes that were read are given back at once. The collector goes by objects and not by what they hold: it would let some fifty megabytes
// of a fast transfer's chunks pile up between two looks.

/** Who has it sees none from here on. What shares its memory with others, as small buffers do, is left to the collector. */
export function giveBackMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}

/** A chunk is the reader's until it asks for the next. */
export async function* givingBack(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    yield chunk
    giveBackMemory(chunk)
  }
}
