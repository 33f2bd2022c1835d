// A filesystem store in a directory of its own, thrown away afterwards.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFilesystemStore } from '../../../src/objects/filesystem.ts'
import { verifyPresigned } from '../../../src/objects/presigned-url.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import type { StoreUnderTest } from '../../contracts/object-store-under-test.ts'

const signingKey = Buffer.alloc(32, 7)

export async function openStore(): Promise<StoreUnderTest & { directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-objects-'))
  const logger = createLogger({ level: 'silent' })
  const store = await openFilesystemStore({ directory, publicUrl: 'http://127.0.0.1:7070', signingKey, logger })
  return {
    directory,
    store,
    admits: async ({ method, url, contentType, sizeBytes }, nowAt) => {
      const check = verifyPresigned(signingKey, { method, url }, nowAt)
      if (!check.ok) return false
      const { grant } = check
      return grant.contentType === contentType && (grant.sizeBytes === undefined || grant.sizeBytes === sizeBytes)
    },
    close: () => rm(directory, { recursive: true, force: true }),
  }
}
