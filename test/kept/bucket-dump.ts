// The objects of a bucket with what is said of each.
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Server } from '../../infra/services/s3.ts'
import { S3_TEST_REGION } from '../ground/scenarios/s3-settings.ts'

export type BucketDump = { key: string; bytes: Buffer; about: About }[]
type About = { ContentType?: string; ContentDisposition?: string; CacheControl?: string; Metadata?: Record<string, string> }
type Place = Pick<S3Server, 'endpoint' | 'credentials'>

export const dumpBucket = (place: Place, bucket: string): Promise<BucketDump> =>
  withClient(place, async client => {
    const { Contents = [], IsTruncated } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
    if (IsTruncated) throw new Error(`listing the bucket ${bucket}: expected fewer than 1000 objects`)
    const dump: BucketDump = []
    for (const { Key: key = '' } of Contents) {
      const { Body, ContentType, ContentDisposition, CacheControl, Metadata } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key }),
      )
      const about = { ContentType, ContentDisposition, CacheControl, Metadata }
      const said = Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined)) as About
      dump.push({ key, bytes: Buffer.from((await Body?.transformToByteArray()) ?? []), about: said })
    }
    return dump
  })

export const makeBucket = (place: Place, bucket: string): Promise<unknown> =>
  withClient(place, client => client.send(new CreateBucketCommand({ Bucket: bucket })))

/** Into a bucket that is there. */
export const restoreBucket = (place: Place, bucket: string, dump: BucketDump): Promise<void> =>
  withClient(place, async client => {
    for (const { key, bytes, about } of dump)
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ...about }))
  })

async function withClient<Answer>(
  { endpoint, credentials }: Place,
  work: (client: S3Client) => Promise<Answer>,
): Promise<Answer> {
  const client = new S3Client({ endpoint, credentials, region: S3_TEST_REGION, forcePathStyle: true })
  try {
    return await work(client)
  } finally {
    client.destroy()
  }
}
