// What senders choose (ids, names, instants) never keeps an instance's webhooks from going out, and never makes a body too large.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { anEvent } from '../ground/events.ts'
import { anImage, openStream, stored } from '../ground/webhooks/open-stream.ts'

const stream = await openStream('hostile events')
afterAll(() => stream.close())
beforeEach(() => {
  stream.released.length = 0
})
await stream.endpoint()

const PAYLOAD_CAP_BYTES = 256 * 1024
/** Does not compress: an index holds no row of it. */
const long = (length: number) => randomBytes(length / 2).toString('hex')

describe('what senders choose', () => {
  it.each([
    ['a NUL', 'AB\0CD'],
    ['a hundred thousand characters', long(100_000)],
  ])('[D2] [E4] a message id with %s goes out like any other', async (_, messageId) => {
    const message = anImage({ messageId })
    await stream.feed(anEvent('message.received', { messageId, text: 'hello' }), message)
    await stream.feed(stored(message))
    expect(stream.all().map(one => one.type)).toEqual(['message.received', 'message.received'])
  })

  it('[D2] [E3] a chat whose address is as long, or has a NUL, has a lane as short as any', async () => {
    for (const chatId of [`${long(100_000)}@lid`, '1\0@lid'])
      await stream.feed(anEvent('message.received', { chatId, chatPn: null }))
    expect(stream.released).toHaveLength(2)
    for (const { lane } of stream.released) expect(lane.length).toBeLessThan(400)
  })

  it.each([-9e18, 9e18])('[D2] [E4] an instant that no calendar holds, %d, is its nearest end', async occurredAt => {
    await stream.feed(anEvent('message.received', { occurredAt, recordedAt: Date.now() }))
    expect(JSON.parse(stream.released[0]?.body ?? '{}')).toMatchObject({
      timestamp: occurredAt < 0 ? '1970-01-01T00:00:00.000Z' : '9999-12-31T23:59:59.999Z',
    })
  })

  it('[E10] a file name as long as a book does not lift a body above the cap, at its release or later', async () => {
    const message = anImage({ media: { mimetype: 'image/jpeg', fileName: long(400_000) } })
    await stream.feed(message)
    await stream.feed(stored(message, { fileName: long(400_000) }))
    await stream.feed(stored(message, { fileName: long(400_000), round: 2 }))
    expect(stream.all().map(one => [one.type, one.status])).toEqual([
      ['message.received', 'stored'],
      ['media.updated', 'stored'],
    ])
    for (const { body } of stream.released) expect(Buffer.byteLength(body)).toBeLessThan(PAYLOAD_CAP_BYTES)
  })
})
