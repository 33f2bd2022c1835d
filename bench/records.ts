// Records as producers append them: received texts of many instances and chats, encoded, with their headers.
import { randomBytes } from 'node:crypto'
import { type Codec, openCodec } from '../src/events/codec.ts'
import type { Event, EventOf } from '../src/events/event.ts'
import type { NewRecord } from '../src/log/log.ts'
import { anEvent } from '../test/ground/events.ts'
import { never } from './ground.ts'
import { writtenText } from './written-text.ts'

/** At most 100 chats; everybody may write to every instance. `rawBytes`: of the protobuf that travels along. */
type Shape = { instances: number; chatsPerInstance: number; rawBytes?: number }

/** What a phone's text has. */
const TEXT_RAW_BYTES = 100

/** In turns over the instances, then over the chats of each. */
export const someTexts = (
  n: number,
  { instances, chatsPerInstance, rawBytes = TEXT_RAW_BYTES }: Shape,
): readonly EventOf<'message.received'>[] =>
  Array.from({ length: n }, (_, at) => {
    const chat = String((Math.floor(at / instances) % chatsPerInstance) + 100).slice(1)
    const [lid, pn] = [`1000000000000${chat}@lid`, `55119000000${chat}@s.whatsapp.net`]
    const now = Date.now()
    return anEvent('message.received', {
      instanceId: `bench-${at % instances}`,
      chatId: lid,
      chatPn: pn,
      senderId: lid,
      senderPn: pn,
      senderName: 'Somebody',
      text: writtenText(),
      raw: randomBytes(rawBytes),
      occurredAt: now,
      recordedAt: now,
    })
  })

/**
 * What accounts take in besides texts, in turns: of ten events six are texts, one is a file with a word of what became of it in each of two
 * topics, two are receipts of what was written before, and every twentieth text is edited. In the order of what they speak of.
 */
export function someConversation(n: number, shape: Shape): readonly Event[] {
  const texts = someTexts(n, shape)
  return texts.flatMap((text, at) => spokenOf(text, at)).slice(0, n)
}

function spokenOf(text: EventOf<'message.received'>, at: number): readonly Event[] {
  const { instanceId, messageId = null, eventId, occurredAt, recordedAt } = text
  const { chatId = null, chatPn = null, senderId = null, senderPn = null } = text
  const said = { instanceId, chatId, chatPn, senderId, senderPn, occurredAt, recordedAt }
  if (at % 7 === 6) {
    const file = { ...said, messageId, sourceEventId: eventId }
    const media = { mimetype: 'image/jpeg', sizeBytes: 1_000, sha256: 'aa' }
    return [{ ...text, kind: 'image', media }, anEvent('media.downloaded', file), anEvent('media.stored', file)]
  }
  const target = messageId ?? ''
  const edit = at % 20 === 0 ? [anEvent('message.edited', { ...said, targetMessageId: target, text: writtenText() })] : []
  const receipt = at % 3 === 0 ? [anEvent('message.receipt-updated', { ...said, messageIds: [target], status: 'read' })] : []
  return [text, ...edit, ...receipt]
}

/** Values of 1 KiB each. */
export async function someRecords(n: number, shape: Shape): Promise<readonly NewRecord[]> {
  const schemas: { subject: string; text: string }[] = []
  const codec: Codec = await openCodec(
    { idOf: async schema => schemas.push(schema), schemaOf: async id => schemas[id - 1] ?? null },
    never,
  )
  const encode = (events: readonly EventOf<'message.received'>[]) => events.map(event => codec.encode(event))
  const [sample] = encode(someTexts(1, { ...shape, rawBytes: 512 }))
  const rawBytes = 1024 + 512 - (sample?.value.length ?? 0)
  return encode(someTexts(n, { ...shape, rawBytes }))
}
