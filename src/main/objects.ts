// The object store that the configuration chooses: a bucket, or a directory whose presigned URLs our API serves.
import { openFilesystemStore } from '../objects/filesystem.ts'
import { hasObjects } from '../objects/left-objects.ts'
import type { ObjectStore } from '../objects/objects.ts'
import { type PresignedCheck, verifyPresigned } from '../objects/presigned-url.ts'
import type { S3Options } from '../objects/s3-bucket.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { never } from '../runtime/or-abort.ts'
import type { Ground } from './ground.ts'
import type { Parts } from './parts.ts'
import type { Waits } from './waits.ts'

export type Objects = {
  objects: ObjectStore
  verifyObjectUrl: ((request: { method: string; url: string }, nowAt: number) => PresignedCheck) | null
}
type Deps = { config: Config['objects']; ground: Ground; parts: Parts; waits: Waits; publicUrl: string; logger: Logger }

export async function openObjects({ config, ground, parts, waits, publicUrl, logger }: Deps): Promise<Objects> {
  if (config.bucket !== null) {
    const options = s3Options(config, config.bucket, logger)
    await warnOfLeft(ground.dataDir.file('objects'), { bucket: config.bucket, logger })
    const { openS3Store } = await import('../objects/s3.ts') // and the SDK, which files do without
    return { objects: await waits.waitFor(parts.s3, signal => openS3Store(options, signal)), verifyObjectUrl: null }
  }
  const signingKey = ground.sealer.derive('object-urls')
  return {
    objects: await openFilesystemStore({ directory: ground.dataDir.file('objects'), publicUrl, signingKey, logger }),
    verifyObjectUrl: (request, nowAt) => verifyPresigned(signingKey, request, nowAt),
  }
}

/** Of files in DATA_DIR that nobody finds any more. No reason to stay away: perhaps nobody asks for them. */
export async function warnOfLeft(directory: string, { bucket, logger }: { bucket: string; logger: Logger }): Promise<void> {
  try {
    if (await hasObjects(directory, never)) logger.warn('objects.left-in-data-dir', { directory, bucket, linksAnswer: 404 })
  } catch (error) {
    logger.warn('objects.not-looked-for', { directory, error })
  }
}

export const s3Options = (config: Config['objects'], bucket: string, logger: Logger): S3Options => ({
  bucket,
  logger,
  ...(config.endpoint === null ? {} : { endpoint: config.endpoint }),
  ...(config.region === null ? {} : { region: config.region }),
  ...(config.accessKeyId === null || config.secretAccessKey === null
    ? {}
    : { credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey } }),
  ...(config.forcePathStyle === 'auto' ? {} : { forcePathStyle: config.forcePathStyle === 'true' }),
  ...(config.keyPrefix === null ? {} : { keyPrefix: config.keyPrefix }),
  ...(config.acl === null ? {} : { acl: config.acl }),
})
