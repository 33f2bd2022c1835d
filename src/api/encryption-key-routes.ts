// /v1/encryption-keys: how much is sealed with which key, page by page, and the same pages sealed anew with the key that seals now.
import { z } from 'zod'
import { type SealedPage, type SealedPlace, UnknownPlace, unmarked, type WalkSealed } from '../database/sealed-column.ts'
import type { Sealer } from '../runtime/seal.ts'
import type { App } from './create-app.ts'
import { encodeCursor } from './cursor.ts'
import { describeCall } from './describe-call.ts'
import { refuseFields } from './invalid-input.ts'

type Deps = { sealer: Pick<Sealer, 'keyId' | 'keyIds'>; walkSealed: WalkSealed }

const whichPage = z
  .object({
    from: z.exactOptional(z.string().min(1).max(8_000)).describe('`next` of the page before; left out, the first one'),
  })
  .meta({ examples: [{}] })
const keyId = z.string().describe('8 digits of hex, made of the key')
const page = {
  keyId: keyId.describe('of ENCRYPTION_KEY, which seals'),
  keyIds: z.array(keyId).describe('of all keys that open, that one first'),
  values: z.number().describe('how many this page has'),
  keys: z
    .record(z.string(), z.number())
    .describe(`how many of them are under each key, by its id; ${unmarked}: sealed before keys had ids`),
  next: z.string().nullable().describe('null: this is the last page'),
}
const example = { keyId: '5d0a3c91', keyIds: ['5d0a3c91', '0b77e2f4'], values: 1000, next: null }
const seen = z.object(page).meta({ examples: [{ ...example, keys: { '5d0a3c91': 990, '0b77e2f4': 10 } }] })
const rotated = z
  .object({ ...page, resealed: z.number().describe('how many of them this call sealed anew') })
  .meta({ examples: [{ ...example, keys: { '5d0a3c91': 1000 }, resealed: 10 }] })

export function encryptionKeyRoutes(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/encryption-keys',
    schema: describeCall('How much is sealed with which key, a page of it', { querystring: whichPage, answers: { 200: seen } }),
    handler: async ({ query: { from } }) => pageOf(deps, await walked(deps, from, { reseal: false })),
  })
  app.route({
    method: 'POST',
    url: '/v1/encryption-keys/rotate',
    schema: describeCall('Seal a page of what is kept anew with ENCRYPTION_KEY', { body: whichPage, answers: { 200: rotated } }),
    handler: async ({ body: { from } }) => {
      const done = await walked(deps, from, { reseal: true })
      return { ...pageOf(deps, done), resealed: done.resealed }
    },
  })
}

const pageOf = ({ sealer }: Deps, { keys, next }: SealedPage) => ({
  keyId: sealer.keyId,
  keyIds: [...sealer.keyIds],
  values: Object.values(keys).reduce((sum, one) => sum + one, 0),
  keys: { ...keys },
  next: next && encodeCursor(next),
})

async function walked({ walkSealed }: Deps, from: string | undefined, how: { reseal: boolean }): Promise<SealedPage> {
  const refused = () => refusedPlace(from, how.reseal ? 'pointer' : 'parameter')
  const place = from === undefined ? null : placeOf(from)
  if (place === undefined) throw refused()
  try {
    return await walkSealed(place, how)
  } catch (error) {
    if (error instanceof UnknownPlace) throw refused()
    throw error
  }
}

/** undefined: it is none of ours. */
function placeOf(text: string): SealedPlace | undefined {
  const parts = place.safeParse(parse(text))
  if (!parts.success) return undefined
  const [column = '', ...key] = parts.data
  return [column, ...key]
}

const place = z.array(z.string().regex(/^[^\0]*$/)).min(1)

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return null // not one of ours
  }
}

function refusedPlace(from = '', where: 'pointer' | 'parameter') {
  const named = where === 'pointer' ? { pointer: '/from' } : { parameter: 'from' }
  return refuseFields(where, [{ ...named, expected: '`next` of an earlier page', received: from.slice(0, 200) }])
}
