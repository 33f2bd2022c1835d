// Objects in a bucket of S3, or of any server that speaks it: each whole or not there, in constant memory.
import { CopyObjectCommand, type ObjectCannedACL } from '@aws-sdk/client-s3'
import { never } from '../runtime/or-abort.ts'
import { checkDescription } from './object-file.ts'
import { checkKey } from './object-key.ts'
import type { ObjectHead, ObjectStore } from './objects.ts'
import { abandonUploads } from './s3-abandon.ts'
import { openS3Bucket, type S3Options } from './s3-bucket.ts'
import { unlessMissing, unquoted } from './s3-head.ts'
import { deleteObjects, listObjects } from './s3-list.ts'
import { encodeMetadata } from './s3-metadata.ts'
import { createPresign } from './s3-presign.ts'
import { readHead, readObject } from './s3-read.ts'
import { type S3Description, uploadBody } from './s3-upload.ts'
import { refuseAborted } from './until-aborted.ts'

/**
 * Rejects ObjectError: `misconfigured` where there is no such bucket, `denied` without s3:ListBucket, `unreachable` where nobody answers.
 * Copies up to 5 GiB, S3's limit for one request; larger sources are `refused`. What is left of an upload by a kill -9, or by an outage in which no try
 * to begin it was answered, is the bucket's lifecycle's (AbortIncompleteMultipartUpload), or goes with `abandon`. Needs no close: idle connections do
 * not keep the process.
 */
export async function openS3Store(options: S3Options, signal: AbortSignal = never): Promise<ObjectStore> {
  const { clock = Date.now, keyPrefix = '' } = options
  const bucket = await openS3Bucket(options, signal)
  const presign = createPresign(bucket)
  const acl = options.acl === undefined ? {} : { ACL: options.acl as ObjectCannedACL }
  const describe = (key: string, of: Pick<ObjectHead, 'contentType' | 'metadata'>): S3Description => {
    checkKey(key)
    checkDescription(key, of)
    return { Bucket: bucket.name, Key: key, ...acl, ContentType: of.contentType, Metadata: encodeMetadata(key, of.metadata) }
  }

  const put: ObjectStore['put'] = async (object, signal) => {
    refuseAborted(`putting ${object.key}`, signal)
    const { key, contentType, metadata } = object
    const { etag, sizeBytes } = await uploadBody(bucket, { ...object, description: describe(key, object) }, signal)
    return { key, sizeBytes, contentType, metadata, etag: unquoted(etag) }
  }

  const copy: ObjectStore['copy'] = async ({ fromKey, toKey, ...of }, signal) => {
    checkKey(fromKey)
    const CopySource = `${bucket.name}/${fromKey.split('/').map(encodeURIComponent).join('/')}`
    const command = new CopyObjectCommand({ ...describe(toKey, of), CopySource, MetadataDirective: 'REPLACE' })
    const request = unlessMissing(requestOptions => bucket.client.send(command, requestOptions))
    const copied = await bucket.within({ doing: `copying ${fromKey} to ${toKey}`, slow: true, request }, signal)
    return copied && { key: toKey, ...of, etag: unquoted(copied.CopyObjectResult?.ETag ?? '') }
  }

  return {
    newKey: name => `${keyPrefix}${name}`,
    put,
    get: (range, signal) => readObject(bucket, range, signal),
    head: (key, signal) => readHead(bucket, key, signal),
    copy,
    delete: (keys, signal) => deleteObjects(bucket, keys, signal),
    abandon: (unfinished, signal) => abandonUploads(bucket, unfinished, signal),
    list: (prefix, signal) => listObjects(bucket, prefix, signal),
    presign: async (grant, signal) => {
      refuseAborted(`presigning ${grant.key}`, signal)
      checkKey(grant.key)
      return await presign(grant, clock())
    },
  }
}
