// URLs that grant one method on one key for a while, with S3's semantics: what was signed cannot be stretched.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { checkKey } from './object-key.ts'
import { ObjectError, type PresignGrant } from './objects.ts'

/** As S3 has it: 7 days. */
const MAX_EXPIRES_IN_MS = 7 * 24 * 3_600_000

export type VerifiedGrant = Omit<PresignGrant, 'expiresInMs'> & { expiresAt: number }
export type PresignedCheck = { ok: true; grant: VerifiedGrant } | { ok: false; reason: 'malformed' | 'tampered' | 'expired' }

/** `${publicUrl}/objects/{key}?method=…&exp=…&sig=…`, exp in seconds. Throws ObjectError `refused`. */
export function presignUrl(signingKey: Uint8Array, publicUrl: string, grant: PresignGrant, nowAt: number) {
  checkKey(grant.key)
  if (!(grant.expiresInMs >= 1000 && grant.expiresInMs <= MAX_EXPIRES_IN_MS))
    throw new ObjectError('refused', `presigning ${grant.key}: expected 1 second to 7 days, got ${grant.expiresInMs} ms`)
  const expiresAt = Math.floor((nowAt + grant.expiresInMs) / 1000) * 1000
  const signed: VerifiedGrant = { ...grant, expiresAt }
  const query = new URLSearchParams({ method: grant.method, exp: String(expiresAt / 1000) })
  if (grant.contentType !== undefined) query.set('type', grant.contentType)
  if (grant.sizeBytes !== undefined) query.set('size', String(grant.sizeBytes))
  if (grant.downloadName !== undefined) query.set('name', grant.downloadName)
  query.set('sig', signatureOf(signingKey, signed))
  const path = grant.key.split('/').map(encodeURIComponent).join('/')
  return { url: `${publicUrl}/objects/${path}?${query}`, expiresAt }
}

/**
 * Pure. `url` is as requested, with or without its origin; `method` is the request's own. The caller still compares
 * the request's type and length with the grant's, and answers a downloadName as the attachment's name.
 */
export function verifyPresigned(signingKey: Uint8Array, request: { method: string; url: string }, nowAt: number): PresignedCheck {
  const asked = parseRequest(request.url)
  if (asked === null) return { ok: false, reason: 'malformed' }
  const expected = Buffer.from(signatureOf(signingKey, asked.grant))
  const got = Buffer.from(asked.signature)
  if (got.length !== expected.length || !timingSafeEqual(got, expected)) return { ok: false, reason: 'tampered' }
  if (request.method !== asked.grant.method) return { ok: false, reason: 'tampered' }
  return nowAt < asked.grant.expiresAt ? { ok: true, grant: asked.grant } : { ok: false, reason: 'expired' }
}

function parseRequest(text: string): { grant: VerifiedGrant; signature: string } | null {
  const url = URL.canParse(text, 'http://localhost') ? new URL(text, 'http://localhost') : null
  const start = url?.pathname.indexOf('/objects/') ?? -1
  if (url === null || start === -1) return null
  const key = decodePath(url.pathname.slice(start + '/objects/'.length))
  const { method, exp, sig, type, size, name } = Object.fromEntries(url.searchParams)
  if (key === null || (method !== 'GET' && method !== 'PUT') || sig === undefined) return null
  if (!/^\d{1,12}$/.test(exp ?? '') || !/^\d{0,15}$/.test(size ?? '')) return null
  const grant: VerifiedGrant = { method, key, expiresAt: Number(exp) * 1000 }
  if (type !== undefined) grant.contentType = type
  if (size !== undefined) grant.sizeBytes = Number(size)
  if (name !== undefined) grant.downloadName = name
  return { grant, signature: sig }
}

function decodePath(path: string): string | null {
  try {
    return path.split('/').map(decodeURIComponent).join('/')
  } catch {
    return null // not percent-encoding: nothing we ever signed
  }
}

/** JSON keeps the fields apart: no two grants have the same text. */
const signatureOf = (signingKey: Uint8Array, of: VerifiedGrant): string =>
  createHmac('sha256', signingKey)
    .update(
      JSON.stringify([of.method, of.key, of.expiresAt, of.contentType ?? null, of.sizeBytes ?? null, of.downloadName ?? null]),
    )
    .digest('base64url')
