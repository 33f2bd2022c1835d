// What the control API accepts; unknown fields are refused.
import { z } from 'zod'
import { sampleKinds } from '../accounts/sample-kinds.ts'
import { examplePhone } from './examples.ts'

const pn = z.string().regex(/^\d{6,15}$/, 'expected a phone number of 6 to 15 digits')
export const person = z.strictObject({
  pn,
  name: z.string().min(1).exactOptional(),
  lid: z.string().regex(/^\d+$/, 'expected digits').exactOptional(),
})
export const group = z.strictObject({
  id: z.string().regex(/^\d{10,25}(@g\.us)?$/, 'expected a group id of 10 to 25 digits'),
  subject: z.string().min(1),
  members: z.array(person).exactOptional(),
})
const count = z.int().min(0)
const status = z.int().min(400).max(599)

/** `share`: whether the phone shares the key of its app state with the device as soon as that has logged in, as phones do. */
const phone = { pn: pn.default(examplePhone), name: z.string().min(1).exactOptional(), share: z.boolean().default(true) }

/** `expiresAt` comes with a code that is handed on as zaplog answered it. */
const scanned = z.strictObject({
  qr: z.string('expected the text of a QR code').min(1),
  expiresAt: z.string().exactOptional(),
  ...phone,
})
const refusal = z.looseObject({ type: z.string().startsWith('urn:zaplog:problem:'), detail: z.string() })
/** Where zaplog had no code and its answer was handed on all the same, what it said is what matters. */
const orRefusal = <Body>(field: string, what: string, shape: z.ZodType<Body>) =>
  z.preprocess((body, context) => {
    const refused = refusal.safeParse(body)
    if (!refused.success) return body
    const message = `expected a ${what}, but zaplog had none: ${refused.data.detail}`
    context.addIssue({ code: 'custom', path: [field], message })
    return z.NEVER
  }, shape)
export const scanRequest = orRefusal('qr', 'QR code', scanned)

/** As zaplog answers it at POST /v1/instances/{id}/pairing-code. */
const typed = z.strictObject({
  code: z.string().regex(/^\s*([0-9A-Za-z]\s*-?\s*){8}$/, 'expected the 8 letters and digits of a pairing code'),
  expiresAt: z.string().exactOptional(),
  ...phone,
})
export const pairingCodeRequest = orRefusal('code', 'pairing code', typed)

/** `from` writes to the owner, in the group if there is one; `to` or a group without `from` is the owner's own phone writing. */
const envelope = z.strictObject({
  from: person.exactOptional(),
  to: person.exactOptional(),
  group: group.exactOptional(),
  id: z.string().min(1).exactOptional(),
  timestampMs: count.exactOptional(),
  pnAddressed: z.boolean().exactOptional(),
  corrupt: z.enum(['first', 'always']).exactOptional(),
})
/** The message an edit, reply, reaction or revoke is about; its author is the sender unless named. */
const about = { target: z.strictObject({ messageId: z.string().min(1), author: person.exactOptional() }) }
/** Without bytes a small sample is sent. */
const file = { bytes: z.base64().exactOptional(), mimetype: z.string().min(1).exactOptional() }
const names = z.array(z.string()).max(1000)
const caption = z.string().exactOptional()
const seconds = count.max(7200).exactOptional()

export const messageRequest = z
  .discriminatedUnion('kind', [
    envelope.extend({ kind: z.literal('text'), text: z.string() }),
    envelope.extend({ kind: z.literal('image'), ...file, caption, album: z.string().min(1).exactOptional() }),
    envelope.extend({ kind: z.literal('video'), ...file, caption, seconds }),
    envelope.extend({ kind: z.literal('gif'), ...file, caption }),
    envelope.extend({ kind: z.literal('ptv'), ...file, seconds }),
    envelope.extend({ kind: z.literal('audio'), ...file, seconds }),
    envelope.extend({ kind: z.literal('voice'), ...file, seconds }),
    envelope.extend({
      kind: z.literal('document'),
      ...file,
      caption,
      fileName: z.string().min(1).exactOptional(),
      pages: count.max(100).exactOptional(),
    }),
    envelope.extend({ kind: z.literal('sticker'), ...file }),
    envelope.extend({ kind: z.literal('reply'), text: z.string(), ...about }),
    envelope.extend({ kind: z.literal('reaction'), emoji: z.string(), ...about }),
    /** Sealed, as phones do; `plain` as they did until May 2026. */
    envelope.extend({ kind: z.literal('edit'), text: z.string(), plain: z.boolean().exactOptional(), ...about }),
    envelope.extend({ kind: z.literal('poll'), name: z.string(), options: names }),
    /** The whole choice; empty: withdrawn. */
    envelope.extend({ kind: z.literal('vote'), options: names, ...about }),
    envelope.extend({ kind: z.literal('event-answer'), answer: z.enum(['going', 'not-going', 'maybe']), ...about }),
    /** A placeholder; `text` is what the phone hands over when it is asked, without it the phone is off. */
    envelope.extend({ kind: z.literal('withheld'), type: z.string().min(1), text: z.string().exactOptional() }),
    /** In a group somebody else's is refused but to its admins; `forged` calls it the sender's own, which the server cannot see through. */
    envelope.extend({ kind: z.literal('revoke'), forged: z.boolean().exactOptional(), ...about }),
    envelope.extend({ kind: z.literal('pin'), on: z.boolean().default(true), ...about }),
    envelope.extend({ kind: z.literal('comment'), text: z.string(), ...about }),
    envelope.extend({
      kind: z.enum(sampleKinds),
      text: z.string().exactOptional(),
      target: about.target.exactOptional(),
    }),
    envelope.extend({ kind: z.literal('unknown') }),
  ])
  .superRefine(({ kind, from, to, group: inGroup }, context) => {
    if (!from && !to && !inGroup) context.addIssue({ code: 'custom', path: ['from'], message: 'expected from, to or group' })
    if (kind === 'withheld' && !from) context.addIssue({ code: 'custom', path: ['from'], message: 'expected who it is from' })
    if (to && (from || inGroup))
      context.addIssue({ code: 'custom', path: ['to'], message: 'expected to alone, without from and group' })
  })
export type MessageRequest = z.infer<typeof messageRequest>

export const receiptRequest = z.strictObject({
  messageIds: z.array(z.string().min(1)).min(1),
  from: person,
  group: group.exactOptional(),
  type: z.enum(['read', 'played']).exactOptional(),
})

export const deviceFaultRequest = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('drop') }),
  z.strictObject({ kind: z.literal('logout') }),
  z.strictObject({
    kind: z.literal('streamError'),
    error: z.enum(['conflict', 'loggedOut', 'restart', 'unavailable', 'badSession']),
  }),
  z.strictObject({ kind: z.literal('refuseLogin'), code: status.nullable() }),
  z.strictObject({ kind: z.literal('refuseMessages'), code: status.nullable() }),
  z.strictObject({
    kind: z.literal('mediaRetry'),
    answer: z.enum(['upload', 'not-found', 'decryption-error', 'general-error', 'silent']),
  }),
  /** Of the companion's own messages, the next `times` or all from now on. */
  z.strictObject({
    kind: z.literal('answerMessages'),
    answer: z.union([z.enum(['ack', 'swallow', 'no-ack', 'no-delivery']), z.strictObject({ error: status })]),
    times: z.int().min(1).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('receipts'), of: z.enum(['none', 'delivered', 'read']) }),
  z.strictObject({ kind: z.literal('failToRead'), by: person, times: z.int().min(1).exactOptional() }),
  z.strictObject({ kind: z.literal('redeliver'), ids: z.array(z.string().min(1)).exactOptional() }),
])
export type DeviceFaultRequest = z.infer<typeof deviceFaultRequest>

const path = z.string().startsWith('/', 'expected a direct path')
const times = z.int().min(1).exactOptional()

/** `heal` takes the fault of a path away. */
export const cdnFaultRequest = z.discriminatedUnion('kind', [
  z.strictObject({ path, times, kind: z.literal('status'), status }),
  z.strictObject({ path, times, kind: z.literal('stall'), atByte: count }),
  z.strictObject({ path, times, kind: z.literal('reset'), atByte: count }),
  z.strictObject({ path, times, kind: z.literal('truncate'), atByte: count }),
  z.strictObject({ path, times, kind: z.literal('flip'), atByte: count }),
  z.strictObject({ path, times, kind: z.literal('bad-mac') }),
  z.strictObject({ path, times, kind: z.literal('slow'), bytesPerSecond: z.int().min(1) }),
  z.strictObject({ path, kind: z.literal('heal') }),
])
export type CdnFaultRequest = z.infer<typeof cdnFaultRequest>

/** It needs no body. */
export const conversationRequest = z.strictObject({ paceMs: count.max(60_000).exactOptional() }).default({})
