// What the promises of an object store are asked of, and with.
import { ObjectError, type ObjectHead, type ObjectStore } from '../../src/objects/objects.ts'

export type StoreUnderTest = {
  store: ObjectStore
  /** Whether a presigned URL's server would let this request through at that instant. */
  admits(request: { method: string; url: string; contentType?: string; sizeBytes?: number }, nowAt: number): Promise<boolean>
  close(): Promise<void>
}
export type Check = (under: StoreUnderTest, prefix: string) => Promise<void>

export const never = new AbortController().signal
export const text = (value: string) => Buffer.from(value)
export async function* chunks(...values: readonly string[]) {
  for (const value of values) yield text(value)
}
export const object = (key: string, value: string, metadata: ObjectHead['metadata'] = {}) => ({
  key,
  body: chunks(value),
  contentType: 'text/plain',
  metadata,
})
export const readAll = async (body: AsyncIterable<Uint8Array>): Promise<Buffer> => Buffer.concat(await Array.fromAsync(body))
export const textAt = async (store: ObjectStore, key: string): Promise<string | null> => {
  const found = await store.get({ key }, never)
  return found === null ? null : (await readAll(found.body)).toString()
}
export const keysUnder = async (store: ObjectStore, prefix: string) =>
  (await Array.fromAsync(store.list(prefix, never))).map(one => one.key)
export const codeOf = (error: unknown) => (error instanceof ObjectError ? error.code : error)
