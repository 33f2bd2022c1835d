// Uploads in parts that nobody completed: abandoned, with all parts that arrived, a page of the bucket's list at a time.
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  type MultipartUpload,
} from '@aws-sdk/client-s3'
import type { S3Bucket } from './s3-bucket.ts'
import { failureOf } from './s3-errors.ts'

/** In parts; `UploadId` is what S3 named it. */
export type Upload = { Bucket: string | undefined; Key: string | undefined; UploadId: string | undefined }

const ABANDON_TIMEOUT_MS = 10_000
const MAX_ABANDONS = 3

/** Answers how many. An upload that somebody else ended meanwhile is gone as well. */
export async function abandonUploads(
  bucket: S3Bucket,
  { prefix, isMeant }: { prefix: string; isMeant(key: string, uploadId: string | undefined): boolean },
  signal: AbortSignal,
): Promise<number> {
  let abandoned = 0
  for await (const { Key = '', UploadId } of listUploads(bucket, prefix, signal)) {
    if (!isMeant(Key, UploadId)) continue
    await abandon(bucket, { Key, UploadId }, signal)
    abandoned += 1
  }
  return abandoned
}

type Markers = { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined }

async function* listUploads(bucket: S3Bucket, prefix: string, signal: AbortSignal): AsyncGenerator<MultipartUpload> {
  let from: Markers | null = {}
  while (from !== null) {
    const page = await readPage(bucket, { prefix, from }, signal)
    yield* page.Uploads ?? []
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
    from = page.IsTruncated === true ? { KeyMarker, UploadIdMarker } : null
  }
}

function readPage(
  bucket: S3Bucket,
  { prefix, from }: { prefix: string; from: Markers },
  signal: AbortSignal,
): Promise<ListMultipartUploadsCommandOutput> {
  const command = new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: prefix, ...from })
  const call = { doing: `listing the unfinished uploads under ${prefix}`, slow: true }
  return bucket.within({ ...call, request: options => bucket.client.send(command, options) }, signal)
}

const abandon = (bucket: S3Bucket, of: { Key: string; UploadId: string | undefined }, signal: AbortSignal): Promise<void> =>
  bucket.within(
    {
      doing: `abandoning the upload of ${of.Key}`,
      request: async options => {
        try {
          await bucket.client.send(new AbortMultipartUploadCommand({ Bucket: bucket.name, ...of }), options)
        } catch (error) {
          if (failureOf(error).name !== 'NoSuchUpload') throw error
        }
      },
    },
    signal,
  )

/** Not by the caller's signal, which may be the reason. A part that was cut on its way may still arrive: then once more. */
export async function abandonUpload(bucket: S3Bucket, upload: Upload): Promise<void> {
  const signal = AbortSignal.timeout(ABANDON_TIMEOUT_MS)
  try {
    for (let left = true, nth = 1; left && nth <= MAX_ABANDONS; nth += 1) {
      await unlessGone(options => bucket.client.send(new AbortMultipartUploadCommand(upload), options))
      left = (await unlessGone(options => bucket.client.send(new ListPartsCommand(upload), options))) !== null
    }
  } catch (error) {
    bucket.logger.warn('objects.upload-left', { key: upload.Key, uploadId: upload.UploadId, error })
  }

  function unlessGone<Answer>(send: (options: { abortSignal: AbortSignal }) => Promise<Answer>): Promise<Answer | null> {
    return bucket.within(
      {
        doing: `abandoning the upload of ${upload.Key}`,
        request: async options => {
          try {
            return await send(options)
          } catch (error) {
            if (failureOf(error).name === 'NoSuchUpload') return null
            throw error
          }
        },
      },
      signal,
    )
  }
}

/** Of whoever puts the same object at the same time, too: that put fails, and is tried again. */
export async function abandonOthers(bucket: S3Bucket, { Key = '', UploadId }: Upload): Promise<void> {
  try {
    const isMeant = (key: string, uploadId: string | undefined) => key === Key && uploadId !== UploadId
    await abandonUploads(bucket, { prefix: Key, isMeant }, AbortSignal.timeout(ABANDON_TIMEOUT_MS))
  } catch (error) {
    bucket.logger.warn('objects.upload-left', { key: Key, error })
  }
}
