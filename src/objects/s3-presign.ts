// URLs that grant one method on one key until their true end, which temporary credentials may bring forward: then that is said.
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { ObjectError, type PresignGrant } from './objects.ts'
import type { S3Bucket } from './s3-bucket.ts'
import { translateS3Error } from './s3-errors.ts'

/** S3's own: 7 days. */
const MAX_EXPIRES_IN_MS = 7 * 24 * 3_600_000

type Presign = (grant: PresignGrant, nowAt: number) => Promise<{ url: string; expiresAt: number }>

/** The answer rejects ObjectError: `refused` for a time that S3 does not grant, `denied` where the credentials have ended. */
export function createPresign(bucket: S3Bucket): Presign {
  let saidOfEndAt = 0

  /** Once per set of credentials: the SDK renews those of a role every few hours. */
  const sayIfEarly = (grant: PresignGrant, of: { grantedMs: number; credentialsEndAt: number }) => {
    if (of.grantedMs >= grant.expiresInMs - 1000 || of.credentialsEndAt === saidOfEndAt) return
    saidOfEndAt = of.credentialsEndAt
    const { key, expiresInMs: askedMs } = grant
    bucket.logger.warn('objects.url-ends-early', { key, askedMs, grantedMs: of.grantedMs, reason: 'temporary credentials' })
  }

  return async (grant, nowAt) => {
    const doing = `presigning ${grant.method} ${grant.key}`
    if (!(grant.expiresInMs >= 1000 && grant.expiresInMs <= MAX_EXPIRES_IN_MS))
      throw new ObjectError('refused', `${doing}: expected 1 second to 7 days, got ${grant.expiresInMs} ms`)
    try {
      const signedAt = toSeconds(nowAt) * 1000
      const credentialsEndAt = await endOfCredentials(bucket)
      const expiresIn = toSeconds(Math.min(nowAt + grant.expiresInMs, credentialsEndAt)) - toSeconds(nowAt)
      if (expiresIn < 1) throw new ObjectError('denied', `${doing}: the credentials have ended`)
      sayIfEarly(grant, { grantedMs: expiresIn * 1000, credentialsEndAt })
      // A length is signed as the header it is, and so is a type where SigV4 is told: another one is another request.
      const options = { expiresIn, signingDate: new Date(signedAt), signableHeaders: new Set(['content-type']) }
      const url = await getSignedUrl(bucket.client, commandOf(bucket, grant), options)
      return { url, expiresAt: signedAt + expiresIn * 1000 }
    } catch (cause) {
      throw translateS3Error(doing, cause)
    }
  }
}

/** Infinity: they do not end. */
async function endOfCredentials({ client }: S3Bucket): Promise<number> {
  const { expiration } = await client.config.credentials()
  return expiration?.getTime() ?? Number.POSITIVE_INFINITY
}

function commandOf({ name }: S3Bucket, { method, key, contentType, sizeBytes, downloadName }: PresignGrant) {
  const object = { Bucket: name, Key: key }
  if (method === 'PUT')
    return new PutObjectCommand({
      ...object,
      ...(contentType !== undefined && { ContentType: contentType }),
      ...(sizeBytes !== undefined && { ContentLength: sizeBytes }),
    })
  return new GetObjectCommand({
    ...object,
    ...(contentType !== undefined && { ResponseContentType: contentType }),
    ...(downloadName !== undefined && { ResponseContentDisposition: attachment(downloadName) }),
  })
}

/** RFC 6266: an ASCII name for old clients, the true one beside it. */
function attachment(given: string): string {
  const name = given.toWellFormed()
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, '_')
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

const toSeconds = (ms: number): number => Math.floor(ms / 1000)
