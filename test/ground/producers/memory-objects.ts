// An object store in memory, as much of it as producers use.
import type { ObjectStore } from '../../../src/objects/objects.ts'

export function createMemoryObjects(): ObjectStore & { stored: Map<string, Buffer> } {
  const stored = new Map<string, Buffer>()
  const unused = () => Promise.reject(new Error('producers only put and get objects'))
  return {
    stored,
    newKey: name => name,
    put: async ({ key, body, contentType, metadata }) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      stored.set(key, bytes)
      return { key, sizeBytes: bytes.length, contentType, metadata, etag: '', modifiedAt: 0 }
    },
    get: async ({ key }) => {
      const bytes = stored.get(key)
      if (bytes === undefined) return null
      const head = { key, sizeBytes: bytes.length, contentType: '', metadata: {}, etag: '', modifiedAt: 0 }
      return { head, body: piecesOf(bytes) }
    },
    head: unused,
    copy: unused,
    delete: unused,
    abandon: unused,
    presign: unused,
    list: () => {
      throw new Error('producers only put and get objects')
    },
  }
}

/** None of them ends where a block does. */
async function* piecesOf(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 1_021) yield bytes.subarray(at, at + 1_021)
}
