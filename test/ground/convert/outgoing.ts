// What is sent for a body, as people read it, and as its own conversion reads it back.
import { proto } from '@whiskeysockets/baileys'
import type { Draft } from '../../../src/convert/draft.ts'
import { type BuildWith, buildMessage, type Outgoing } from '../../../src/convert/outgoing/build-message.ts'
import type { Known } from '../../../src/events/command-bodies/known.ts'
import { type KeptBody, parseKeptBody } from '../../../src/events/command-bodies.ts'
import { convertedOf } from '../producers/convert-part.ts'

export const givenToBuild: BuildWith = {
  messageId: '3EB0000000000000000001',
  secret: new Uint8Array(32).fill(7),
  now: Date.UTC(2026, 0, 5, 12),
  askedAt: Date.UTC(2026, 0, 5, 11),
  file: {
    ...{ mimetype: 'image/jpeg', fileName: 'nota.pdf', width: 640, height: 480, durationSeconds: 7, pages: 3, waveform: null },
    thumbnail: Buffer.from('thumbnail'),
    reference: {
      ...{ url: 'https://mmg.whatsapp.net/v/t62.7118-24/f.enc?oh=1', directPath: '/v/t62.7118-24/f.enc?oh=1', isAnimated: true },
      ...{ mediaKey: Buffer.alloc(32, 1), sha256: Buffer.alloc(32, 2), encSha256: Buffer.alloc(32, 3) },
      ...{ sealedAt: Date.UTC(2026, 0, 5, 11), sizeBytes: 1_234 },
    },
  },
  own: { pn: '5511900000099@s.whatsapp.net', lid: '100000000000099@lid' },
}

/** As it is after a client's JSON was read. */
export const bodyOf = (asked: Readonly<Record<string, unknown>>, known?: Known): KeptBody =>
  parseKeptBody({ ...asked, ...(known && { known }) })

/** Bytes in base64, enums by name. */
export const shownOutgoing = ({ content, ...stanza }: Outgoing): unknown => ({
  ...stanza,
  content: proto.Message.decode(proto.Message.encode(content).finish()).toJSON(),
})

const device = '100:3@lid'

/** Sent by the account of convert-part.ts. */
export function readBack(body: KeptBody): Draft {
  const { to, content, attributes } = buildMessage(body, givenToBuild)
  const between = to.endsWith('@g.us') ? { from: to, participant: device } : { from: device, recipient: to }
  const [draft, ...others] = convertedOf(content, { ...between, ...attributes })
  if (draft === undefined || others.length > 0) throw new Error(`${body.kind} is read back as ${others.length + 1} events`)
  return draft
}
