// The yardstick of media, in a process of its own: each file fetched from the CDN, verified and decrypted as it comes, and put where it stays,
// durably. It remembers nothing, looks into no file, and what a crash finds half done is lost.
import { createDecipheriv, createHash, createHmac } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { request } from 'undici'
import { deriveMediaKeys } from '../src/processors/download/media-keys.ts'
import { answerCalls } from './child.ts'
import type { SentFile } from './written-file.ts'

/** By the names of zaplog's settings; `directory` where the bucket is null. */
type Target = { directory: string; s3: Readonly<Record<string, string>> | null }
type Copying = { files: readonly SentFile[]; cdnUrl: string; target: Target; atOnce: number }
type Put = (name: string, sizeBytes: number, content: AsyncIterable<Buffer>) => Promise<void>

const MAC_BYTES = 10
let copied = 0

const calls = {
  copy: async ({ files, cdnUrl, target, atOnce }: Copying) => {
    const put = target.s3 === null ? putFile(target.directory) : putObject(target.s3)
    const left = [...files]
    const work = async () => {
      for (let file = left.shift(); file !== undefined; file = left.shift()) {
        const { body } = await request(new URL(file.path, cdnUrl))
        await put(`copy-${copied++}`, file.sizeBytes, opened(file, body))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  },
}
export type CopyCalls = typeof calls
answerCalls(calls)

/** The plain bytes; throws at the end where they are not those that were sent. */
async function* opened({ mediaKey, ...sent }: SentFile, encrypted: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { iv, cipherKey, macKey } = deriveMediaKeys(Buffer.from(mediaKey, 'base64'), 'video')
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  const [mac, plainHash, encryptedHash] = [createHmac('sha256', macKey).update(iv), createHash('sha256'), createHash('sha256')]
  let held = Buffer.alloc(0)
  for await (const chunk of encrypted) {
    encryptedHash.update(chunk)
    const all = Buffer.concat([held, chunk])
    held = all.subarray(Math.max(0, all.length - MAC_BYTES))
    const ciphertext = all.subarray(0, all.length - held.length)
    mac.update(ciphertext)
    const plain = decipher.update(ciphertext)
    plainHash.update(plain)
    if (plain.length > 0) yield plain
  }
  const last = decipher.final()
  const isWhole =
    mac.digest().subarray(0, MAC_BYTES).equals(held) &&
    encryptedHash.digest('base64') === sent.fileEncSha256 &&
    plainHash.update(last).digest('base64') === sent.fileSha256
  if (!isWhole) throw new Error(`copying ${sent.path}: its hashes do not fit`)
  yield last
}

/** Whole or absent, and on disk. */
const putFile =
  (directory: string): Put =>
  async (name, _, content) => {
    const path = join(directory, name)
    await using file = await open(`${path}.part`, 'w')
    for await (const chunk of content) await file.write(chunk)
    await file.sync()
    await rename(`${path}.part`, path)
  }

function putObject(s3: Readonly<Record<string, string>>): Put {
  const { S3_BUCKET: Bucket = '', S3_ENDPOINT = '', S3_REGION = '', S3_ACCESS_KEY_ID = '', S3_SECRET_ACCESS_KEY = '' } = s3
  const credentials = { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY }
  const client = new S3Client({ endpoint: S3_ENDPOINT, region: S3_REGION, credentials, forcePathStyle: true })
  return async (Key, sizeBytes, content) => {
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key }))
    const { statusCode, body } = await request(url, {
      method: 'PUT',
      headers: { 'content-length': String(sizeBytes) },
      body: Readable.from(content),
    })
    const said = await body.text()
    if (statusCode !== 200) throw new Error(`putting ${Key}: the S3 server answered ${statusCode} ${said}`)
  }
}
