// Uploads in parts that nobody completed: abandoned, with all parts that arrived, a page of the bucket's list at a time.
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type MultipartUpload,
} from '@aws-sdk/client-s3'
import type { S3Bucket } from './s3-bucket.ts'
import { failureOf } from './s3-errors.ts'

/** Answers how many. An upload that somebody else ended meanwhile is gone as well. */
export async function abandonUploads(
  bucket: S3Bucket,
  { prefix, isMeant }: { prefix: string; isMeant(key: string): boolean },
  signal: AbortSignal,
): Promise<number> {
  let abandoned = 0
  for await (const { Key = '', UploadId } of listUploads(bucket, prefix, signal)) {
    if (!isMeant(Key)) continue
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
