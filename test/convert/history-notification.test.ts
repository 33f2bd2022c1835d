// What the phone says of a part of its history is read from the unknown event that it is in the log, and from nobody but the account itself.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { isHistoryNotification, notificationIn } from '../../src/convert/history/notification.ts'
import { syncTypeOf } from '../../src/convert/history/sync-type.ts'
import type { EventOf } from '../../src/events/event.ts'
import { convertedOf } from '../ground/producers/convert-part.ts'

const { Type } = proto.Message.ProtocolMessage
const file = {
  directPath: '/v/t62/history',
  mediaKey: Buffer.alloc(32, 1),
  fileSha256: Buffer.alloc(32, 2),
  fileEncSha256: Buffer.alloc(32, 3),
  fileLength: 1_234,
}
const said = {
  ...{ ...file, syncType: proto.Message.HistorySyncType.RECENT, chunkOrder: 2, progress: 40 },
  ...{ oldestMsgInChunkTimestampSec: 1_600_000_000, peerDataRequestSessionId: 'SESSION' },
}

/** As it is in the log, of the account's own phone unless `attrs` say otherwise. */
function inLog(notification: proto.Message.IHistorySyncNotification, attrs: Record<string, string> = {}): EventOf<'unknown'> {
  const message = { protocolMessage: { type: Type.HISTORY_SYNC_NOTIFICATION, historySyncNotification: notification } }
  const own = { from: '100@lid', category: 'peer' }
  const [event] = convertedOf(message, { ...own, ...attrs })
  if (event?.type !== 'unknown') throw new Error(`expected unknown, got ${event?.type}`)
  return { ...event, eventId: event.eventId ?? '', epoch: 1, sequence: 1, recordedAt: 1_700_000_005_000 }
}

test('[B6] a notification says which part, and how to get its file', () => {
  expect(notificationIn(inLog(said))).toEqual({
    ...{ syncType: 'recent', chunk: 2, percent: 40, oldestAt: 1_600_000_000_000, sessionId: 'SESSION' },
    file: {
      source: {
        ...{ directPath: file.directPath, mediaKey: file.mediaKey, sizeBytes: 1_234 },
        ...{ sha256: file.fileSha256, encSha256: file.fileEncSha256 },
      },
    },
  })
})

test('[B6] what is inside of the notification is its history; where there is neither it shares nothing', () => {
  const inline = Buffer.from('deflated')
  expect(notificationIn(inLog({ ...said, initialHistBootstrapInlinePayload: inline }))).toMatchObject({ file: { inline } })
  expect(notificationIn(inLog({ syncType: 7 }))).toEqual({
    ...{ syncType: 'no-history', chunk: null, percent: null, file: null, oldestAt: null, sessionId: null },
  })
  expect(notificationIn(inLog({ directPath: '/without/key', initialHistBootstrapInlinePayload: Buffer.of() }))).toMatchObject({
    file: null,
  })
})

test('[B2] [B6] nobody but the account itself tells of its history', () => {
  const forged = inLog(said, { from: '666@lid' })
  expect(forged.name).toBe(inLog(said).name)
  expect(isHistoryNotification(forged)).toBe(false)
  expect(notificationIn(forged)).toBeNull()
})

test('[B6] its bytes may stand elsewhere; without them, or where they are nonsense, nothing is read', () => {
  const event = inLog(said)
  const { raw, ...without } = event
  expect(isHistoryNotification(without)).toBe(true)
  expect(notificationIn(without)).toBeNull()
  expect(notificationIn(without, raw ?? null)).toEqual(notificationIn(event))
  expect(notificationIn(without, Buffer.from('nonsense'))).toBeNull()
  expect(notificationIn({ ...event, name: 'message: protocolMessage REVOKE' })).toBeNull()
  expect(notificationIn({ ...event, source: 'baileys' })).toBeNull()
})

test('[B6] numbers that cannot be are not said', () => {
  expect(
    notificationIn(inLog({ ...said, progress: 101, chunkOrder: 4_294_967_295, oldestMsgInChunkTimestampSec: -5 })),
  ).toMatchObject({
    ...{ percent: null, chunk: null, oldestAt: null },
  })
})

test('[B6] every part that Baileys knows has a word, and one of the future its number', () => {
  const numbers = Object.values(proto.Message.HistorySyncType).filter(value => typeof value === 'number')
  expect(numbers.map(syncTypeOf)).toEqual([
    ...['initial-bootstrap', 'initial-status', 'full', 'recent', 'push-name', 'non-blocking-data', 'on-demand', 'no-history'],
    'message-access-status',
  ])
  expect(syncTypeOf(99)).toBe('type-99')
})
