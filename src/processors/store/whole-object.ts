// Small objects at once: pictures, which a decoder takes whole.
import { createHash } from 'node:crypto'
import type { ObjectStore } from '../../objects/objects.ts'

/** Empty where it vanished meanwhile. */
export async function readWhole(objects: Pick<ObjectStore, 'get'>, key: string, signal: AbortSignal): Promise<Buffer> {
  const whole = await objects.get({ key }, signal)
  return whole === null ? Buffer.of() : Buffer.concat(await Array.fromAsync(whole.body))
}

export async function putWhole(
  objects: Pick<ObjectStore, 'put'>,
  { key, bytes, contentType }: { key: string; bytes: Uint8Array; contentType: string },
  signal: AbortSignal,
): Promise<{ sizeBytes: number; sha256: string }> {
  const { sizeBytes } = await objects.put({ key, body: only(bytes), contentType, metadata: {} }, signal)
  return { sizeBytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

export async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
