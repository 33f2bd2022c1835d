// Bytes as a stream gives them: in pieces of any size.

export async function* piecesOf(bytes: Uint8Array, sizes: readonly number[] = [64 * 1024]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    yield bytes.subarray(at, at + size)
    at += size
  }
}

export async function allOf<One>(entries: AsyncIterable<One>): Promise<One[]> {
  const all: One[] = []
  for await (const entry of entries) all.push(entry)
  return all
}
