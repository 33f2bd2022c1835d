// A bucket of its own on a real S3 server, thrown away with its server; and a client that looks behind the store's back.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { openS3Server, type S3Server } from '../../../infra/services/s3.ts'
import type { ObjectStore } from '../../../src/objects/objects.ts'
import { openS3Store } from '../../../src/objects/s3.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import type { StoreUnderTest } from '../../contracts/object-store-under-test.ts'

type Options = Partial<Parameters<typeof openS3Store>[0]>
export type S3World = {
  server: S3Server
  directory: string
  bucket: string
  client: S3Client
  open(options?: Options): Promise<ObjectStore>
  /** Keys whose upload in parts was begun and neither completed nor abandoned. */
  unfinishedUploads(): Promise<readonly string[]>
  /** How many parts of that one have arrived. */
  partsOf(unfinished: string): Promise<number>
  /** Somebody whose every right to the bucket is one policy, until it is taken back; `allow` gives it again. */
  addGuest(): Promise<S3Guest>
  admits: StoreUnderTest['admits']
  close(): Promise<void>
}
type S3Guest = { credentials: S3Server['credentials']; allow(): Promise<void>; deny(): Promise<void> }

export async function openS3World(bucket: string): Promise<S3World> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-s3-'))
  const server = await openS3Server({ directory })
  const { endpoint, credentials } = server
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  const logger = createLogger({ level: 'silent' })
  return {
    server,
    directory,
    bucket,
    client,
    open: options => openS3Store({ bucket, endpoint, credentials, logger, ...options }),
    unfinishedUploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      return Uploads.map(({ Key = '' }) => Key)
    },
    partsOf: async unfinished => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: unfinished }))
      const [upload] = Uploads
      if (upload === undefined) return 0
      const { Parts = [] } = await client.send(
        new ListPartsCommand({ Bucket: bucket, Key: unfinished, UploadId: upload.UploadId }),
      )
      return Parts.length
    },
    addGuest: async () => {
      const guest = await server.addUser()
      const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]
      const Statement = [{ Effect: 'Allow', Principal: { AWS: [guest.accessKeyId] }, Action: ['s3:*'], Resource }]
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
      const allow = async () => void (await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy })))
      const deny = async () => void (await client.send(new DeleteBucketPolicyCommand({ Bucket: bucket })))
      await allow()
      return { credentials: guest, allow, deny }
    },
    admits,
    close: async () => {
      client.destroy()
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/**
 * Asks the server, whose clock nobody sets: it is asked now, and what it would answer at `nowAt` follows from the end that the
 * URL names and that it was seen to keep ('[C7] the server ends a URL when it says').
 */
const admits: StoreUnderTest['admits'] = async ({ method, url, contentType, sizeBytes }, nowAt) => {
  if (nowAt >= endOf(url)) return false
  const response = await fetch(url, {
    method,
    ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
    ...(method === 'PUT' && { body: Buffer.alloc(sizeBytes ?? 0) }),
  })
  const answer = await response.text()
  if (response.status >= 500) throw new Error(`asking ${method}: expected a verdict, got status ${response.status}`)
  return response.ok || answer.includes('<Code>NoSuchKey</Code>')
}

export function endOf(url: string): number {
  const query = new URL(url).searchParams
  const signedAt = query.get('X-Amz-Date')?.replace(/^(....)(..)(..T..)(..)(..)Z$/, '$1-$2-$3:$4:$5Z') ?? ''
  return Date.parse(signedAt) + Number(query.get('X-Amz-Expires')) * 1000
}
