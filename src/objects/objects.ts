// The object store port: whole objects or none, in constant memory. Every sentence is asserted by test/contracts/objects.ts.
// What is missing is null; rejections are ObjectError.
import { CodedError, type Known } from '../runtime/coded-error.ts'

export type ObjectHead = {
  key: string
  sizeBytes: number
  contentType: string
  /** Names in snake_case, values in UTF-8. */
  metadata: Readonly<Record<string, string>>
  etag: string
  modifiedAt: number
}

/** What is known without asking for it again. */
export type PutObject = Omit<ObjectHead, 'modifiedAt'>
export type CopiedObject = Omit<PutObject, 'sizeBytes'>

export type NewObject = {
  key: string
  /** A chunk is its own again once the next one is asked for: it may be filled anew. */
  body: AsyncIterable<Uint8Array>
  contentType: string
  metadata: ObjectHead['metadata']
  /** Of all bytes, in hexadecimal, where who puts them knows it: a body that turns out to have another one throws before its end. */
  sha256?: string
}
export type PresignGrant = {
  method: 'GET' | 'PUT'
  key: string
  expiresInMs: number
  contentType?: string
  sizeBytes?: number
  downloadName?: string
}

export type ObjectStore = {
  /** Where a new object of this name goes: below what the settings say. Everything else takes whole keys, so that older ones stay reachable. */
  newKey(name: string): string
  /** Nothing is visible under the key before the body has ended, and nothing at all if the body throws; memory does not grow with the size. */
  put(object: NewObject, signal: AbortSignal): Promise<PutObject>
  /** Bytes fromByte..toByte, both inclusive, of the object as it was when called. */
  get(
    object: { key: string; fromByte?: number; toByte?: number },
    signal: AbortSignal,
  ): Promise<{ head: ObjectHead; body: AsyncIterable<Uint8Array> } | null>
  head(key: string, signal: AbortSignal): Promise<ObjectHead | null>
  /** Bytes stay the same; content type and metadata are the given ones. null: there is nothing under fromKey. */
  copy(
    object: { fromKey: string; toKey: string; contentType: string; metadata: ObjectHead['metadata'] },
    signal: AbortSignal,
  ): Promise<CopiedObject | null>
  /** Keys that are not there are not an error. */
  delete(keys: readonly string[], signal: AbortSignal): Promise<void>
  /**
   * What puts that never ended left behind of keys under the prefix that are meant is gone; answers how many puts that was. One that is under
   * way meanwhile may reject. A store that leaves nothing of such puts has nothing to do.
   */
  abandon(unfinished: { prefix: string; isMeant(key: string): boolean }, signal: AbortSignal): Promise<number>
  /** In ascending key order. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<{ key: string; sizeBytes: number; modifiedAt: number }>
  /** expiresAt is the true end, also when credentials end earlier. */
  presign(grant: PresignGrant, signal: AbortSignal): Promise<{ url: string; expiresAt: number }>
}

export type ObjectErrorCode = 'denied' | 'throttled' | 'unreachable' | 'misconfigured' | 'refused' | 'aborted'

export class ObjectError extends CodedError<ObjectErrorCode> {
  override name = 'ObjectError'
  readonly port = 'objects'
  constructor(code: ObjectErrorCode, message: string, known: Known = {}) {
    super({ code, message, retryable: code === 'throttled' || code === 'unreachable', ...known })
  }
}
