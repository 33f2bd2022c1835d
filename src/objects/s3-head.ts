// What S3 says of an object, in the port's words; null where there is none, never where there is no bucket.
import { type GetObjectCommandOutput, HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { checkKey } from './object-key.ts'
import type { ObjectHead } from './objects.ts'
import { checkBucket, type RequestOptions, type S3Bucket } from './s3-bucket.ts'
import { isMissingObject } from './s3-errors.ts'
import { decodeMetadata } from './s3-metadata.ts'

export async function headObject(bucket: S3Bucket, key: string, signal: AbortSignal): Promise<ObjectHead | null> {
  checkKey(key)
  const command = new HeadObjectCommand({ Bucket: bucket.name, Key: key })
  const request = unlessMissing(options => bucket.client.send(command, options))
  const found = await bucket.within({ doing: `reading the head of ${key}`, request }, signal)
  if (found !== null) return toHead(key, found, found.ContentLength ?? 0)
  await checkBucket(bucket, signal) // the answer to a HEAD does not say which of the two is missing
  return null
}

/** Wraps a request whose 404 is an answer. */
export const unlessMissing =
  <Answer>(request: (options: RequestOptions) => Promise<Answer>) =>
  async (options: RequestOptions): Promise<Answer | null> => {
    try {
      return await request(options)
    } catch (error) {
      if (isMissingObject(error)) return null
      throw error
    }
  }

export function toHead(key: string, found: HeadObjectCommandOutput | GetObjectCommandOutput, sizeBytes: number): ObjectHead {
  return {
    key,
    sizeBytes,
    contentType: found.ContentType ?? 'application/octet-stream',
    metadata: decodeMetadata(found.Metadata ?? {}),
    etag: unquoted(found.ETag ?? ''),
    modifiedAt: wholeSeconds(found.LastModified),
  }
}

export const unquoted = (etag: string): string => etag.replaceAll('"', '')

/** Heads have no fractions of a second, listings may. */
export const wholeSeconds = (at: Date | undefined): number => Math.floor((at?.getTime() ?? 0) / 1000) * 1000
