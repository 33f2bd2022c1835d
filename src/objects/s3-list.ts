// The objects of a bucket under a prefix, a page at a time: listed in ascending order of their keys' bytes, as S3 does, and deleted.
import { DeleteObjectsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { checkKey } from './object-key.ts'
import type { ObjectHead } from './objects.ts'
import type { S3Bucket } from './s3-bucket.ts'
import { translateS3Error } from './s3-errors.ts'
import { wholeSeconds } from './s3-head.ts'
import { refuseAborted } from './until-aborted.ts'

/** S3's own. */
const MAX_DELETED_AT_ONCE = 1000

export async function* listObjects(
  bucket: S3Bucket,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<Pick<ObjectHead, 'key' | 'sizeBytes' | 'modifiedAt'>, void, undefined> {
  let from: string | undefined
  do {
    // Keys may hold what XML cannot.
    const page = { Bucket: bucket.name, Prefix: prefix, EncodingType: 'url' as const }
    const command = new ListObjectsV2Command(from === undefined ? page : { ...page, ContinuationToken: from })
    const call = { doing: `listing ${prefix}`, slow: true }
    const answer = await bucket.within({ ...call, request: options => bucket.client.send(command, options) }, signal)
    for (const { Key = '', Size = 0, LastModified } of answer.Contents ?? []) {
      refuseAborted(`listing ${prefix}`, signal)
      const key = answer.EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key
      yield { key, sizeBytes: Size, modifiedAt: wholeSeconds(LastModified) }
    }
    from = answer.IsTruncated === true ? answer.NextContinuationToken : undefined
  } while (from !== undefined)
}

/** Rejects after the first batch that S3 did not delete whole, naming the first key it kept. */
export async function deleteObjects(bucket: S3Bucket, keys: readonly string[], signal: AbortSignal): Promise<void> {
  refuseAborted(`deleting ${keys.length} objects`, signal)
  keys.forEach(checkKey)
  for (let from = 0; from < keys.length; from += MAX_DELETED_AT_ONCE)
    await deleteAtOnce(bucket, keys.slice(from, from + MAX_DELETED_AT_ONCE), signal)
}

async function deleteAtOnce(bucket: S3Bucket, keys: readonly string[], signal: AbortSignal): Promise<void> {
  const doing = `deleting ${keys.length} objects`
  const command = new DeleteObjectsCommand({
    Bucket: bucket.name,
    Delete: { Quiet: true, Objects: keys.map(Key => ({ Key })) },
  })
  const call = { doing, slow: true }
  const { Errors } = await bucket.within({ ...call, request: options => bucket.client.send(command, options) }, signal)
  const kept = (Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey')
  const [first] = kept
  if (first === undefined) return
  const words = `${kept.length} were not, the first is ${first.Key}: ${first.Message ?? ''}`
  throw translateS3Error(doing, Object.assign(new Error(words), { name: first.Code ?? '', $metadata: { httpStatusCode: 200 } }))
}
