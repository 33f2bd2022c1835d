// The bytes of an upload, from where they are: put by its client, in the store under another key, or at a URL that somebody else names.

import type { Dispatcher } from 'undici'
import type { FileKind } from '../../events/command-bodies/files.ts'
import { maxUploadBytes, type UploadLimits } from '../../instances/upload-kinds.ts'
import type { UploadRow, UploadSource } from '../../instances/uploads.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import { fetchMedia } from '../download/fetch-media.ts'
import { UploadError } from './upload-error.ts'

export type BringDeps = {
  objects: Pick<ObjectStore, 'get'>
  /** Dials what is outside alone. */
  dispatcher: Dispatcher
  limits: UploadLimits
  timeouts: { idleTimeoutMs: number; minTotalTimeoutMs: number }
}
type Bytes = AsyncIterable<Uint8Array>
export type Wanted = { row: UploadRow; source: UploadSource; kind: FileKind; attempt: number }

/** Throws UploadError, also while it is read, MediaError, or ObjectError. */
export async function bringFile(deps: BringDeps, { row, source, kind, attempt }: Wanted, signal: AbortSignal): Promise<Bytes> {
  switch (source.from) {
    case 'upload':
      return await stored(deps, row.incomingKey, signal)
    case 'object':
      return await stored(deps, source.objectKey, signal)
    case 'url':
      return fetchMedia(
        deps,
        {
          ...deps.timeouts,
          ...{ url: urlOf(source.url), from: 'anywhere', announcedBytes: null, timeoutFactor: attempt },
          maxBytes: maxUploadBytes(deps.limits, kind),
        },
        signal,
      )
  }
}

async function stored({ objects }: BringDeps, key: string, signal: AbortSignal): Promise<Bytes> {
  const found = await objects.get({ key }, signal)
  if (found === null) throw new UploadError('gone', `bringing a file: there is nothing under ${key}`)
  return found.body
}

/** Its credentials would go to wherever it leads. */
function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new UploadError('gone', 'bringing a file: expected an http or https URL without credentials')
  return url
}
