// The two stages of a socket's stanzas: taken in one after another whatever is not durable yet, handed over to Baileys in arrival order.
import { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { type GatedClass, gatedClasses } from '../../src/producers/gate/ack-gate.ts'
import type { TakenIn } from '../../src/producers/gate/take-in.ts'
import type { LookAheadEnd } from '../../src/producers/gate/traced-stanzas.ts'
import { openStanzaQueue } from '../../src/producers/socket/stanza-queue.ts'
import { until } from '../ground/until.ts'

type Arriving = { from?: string; as?: GatedClass; attrs?: Record<string, string>; content?: BinaryNode['content'] }

/** A queue whose stanzas become durable when the test says so. */
function openQueue() {
  const socket = new EventEmitter()
  const happened: string[] = []
  const durable = new Map<string, PromiseWithResolvers<void>>()
  const ends = new Map<string, LookAheadEnd>()
  const closing = new AbortController()
  const state = { isOver: false, refused: '', unread: '' }
  /** What Baileys is not done with, until the test says so. */
  const handling = new Map<string, PromiseWithResolvers<void>>()
  function durableOf(id: string): PromiseWithResolvers<void> {
    const known = durable.get(id) ?? Promise.withResolvers<void>()
    durable.set(id, known)
    return known
  }
  for (const stanzaClass of gatedClasses)
    socket.on(`CB:${stanzaClass}`, async ({ attrs: { id = '' } }: BinaryNode) => {
      happened.push(`handed ${id}`)
      await handling.get(id)?.promise
    })
  const stanzas = openStanzaQueue(socket, {
    noMore: closing.signal,
    isOver: () => state.isOver,
    readAhead: nodes => {
      happened.push(`read ${nodes.map(({ attrs }) => attrs.id)}`)
      if (nodes.some(({ attrs }) => attrs.id === state.unread)) throw new Error('no keys can be named')
      return Promise.resolve()
    },
    takeIn: async (_, { attrs: { id = '' } }): Promise<TakenIn> => {
      happened.push(`taken ${id}`)
      if (state.refused === id) throw new Error('given up')
      return {
        durable: durableOf(id).promise,
        end: ends.get(id) ?? 'nobody',
        after: async () => void happened.push(`after ${id}`),
      }
    },
    failed: (_, { attrs }) => void happened.push(`failed ${attrs?.id}`),
    notificationHoldMs: 1,
  })
  return {
    stanzas,
    happened,
    close: () => closing.abort(),
    state,
    ends,
    handleUntil: (id: string) => {
      const handled = Promise.withResolvers<void>()
      handling.set(id, handled)
      return handled.resolve
    },
    arriveAs: (node: BinaryNode) => void socket.emit('CB:message', node),
    arrive: (id: string, { from = '200@lid', as = 'message', attrs = {}, content }: Arriving = {}) =>
      void socket.emit(`CB:${as}`, { tag: as, attrs: { id, from, ...attrs }, content }),
    makeDurable: (...ids: string[]) => ids.forEach(id => void durableOf(id).resolve()),
    seen: (what: string) => happened.filter(one => one.startsWith(what)).map(one => one.slice(what.length + 1)),
    untilTaken: (count: number) =>
      until(`${count} are taken in`, () => happened.filter(one => one.startsWith('taken')).length >= count),
  }
}

/** Whatever could begin by now has begun. */
const slices = async () => {
  for (let slice = 0; slice < 20; slice++) await new Promise(resolve => setImmediate(resolve))
}
const numbered = (count: number) => Array.from({ length: count }, (_, nth) => String(nth + 1))

test('[B2] [B4] stanzas of every class are taken in as they arrive while none is durable, and handed over in that order', async () => {
  const queue = openQueue()
  const ids = ['1', '2', '3', '4', '5']
  for (const [nth, id] of ids.entries()) queue.arrive(id, { as: gatedClasses[nth % gatedClasses.length] ?? 'call' })
  await queue.untilTaken(5)
  expect(queue.seen('taken')).toEqual(ids)
  queue.makeDurable('5', '4', '3', '2')
  await slices()
  expect(queue.seen('handed')).toEqual([])
  queue.makeDurable('1')
  await queue.stanzas.idle()
  expect(queue.seen('handed')).toEqual(ids)
  expect(queue.happened.slice(-2)).toEqual(['handed 5', 'after 5'])
})

test('[A2] [B2] no more than 64 stanzas are ahead of Baileys, nor more than 4 MiB', async () => {
  const many = openQueue()
  for (const id of numbered(70)) many.arrive(id)
  await many.untilTaken(64)
  await slices()
  expect(many.seen('taken')).toHaveLength(64)
  many.makeDurable('1')
  await many.untilTaken(65)
  const large = openQueue()
  const content = [{ tag: 'enc', attrs: {}, content: Buffer.alloc(1024 * 1024) }]
  for (const id of numbered(6)) large.arrive(id, { content })
  await large.untilTaken(4)
  await slices()
  expect(large.seen('taken')).toEqual(numbered(4))
  large.makeDurable(...numbered(6))
  await large.stanzas.idle()
  expect(large.seen('handed')).toEqual(numbered(6))
})

test('[B2] a stanza larger than what may be ahead is taken in alone', async () => {
  const queue = openQueue()
  queue.arrive('1', { content: [{ tag: 'enc', attrs: {}, content: Buffer.alloc(5 * 1024 * 1024) }] })
  queue.arrive('2')
  await queue.untilTaken(1)
  await slices()
  expect(queue.seen('taken')).toEqual(['1'])
  queue.makeDurable('1', '2')
  await queue.stanzas.idle()
  expect(queue.seen('handed')).toEqual(['1', '2'])
})

test('[B2] [B4] the look-ahead ends for the sender alone, under each of its addresses, until Baileys is done with what ended it', async () => {
  const queue = openQueue()
  queue.ends.set('1', 'sender')
  queue.arrive('1', { from: '200:3@lid', attrs: { sender_pn: '5511900000011@s.whatsapp.net' } })
  queue.arrive('2', { from: '201@lid' })
  queue.arrive('3', { from: '1203@g.us', attrs: { participant: '202@lid' } })
  await queue.untilTaken(3)
  queue.arrive('4', { from: '1203@g.us', attrs: { participant: '5511900000011@s.whatsapp.net' } })
  await slices()
  expect(queue.seen('taken')).toEqual(['1', '2', '3'])
  queue.makeDurable('2', '3')
  await slices()
  expect(queue.seen('taken')).toEqual(['1', '2', '3'])
  queue.makeDurable('1', '4')
  await queue.stanzas.idle()
  expect(queue.happened.filter(one => !one.startsWith('read')).slice(3)).toEqual(
    expect.arrayContaining(['handed 1', 'taken 4', 'handed 4']),
  )
  expect(queue.happened.indexOf('taken 4')).toBeGreaterThan(queue.happened.indexOf('handed 1'))
})

test('[B2] [B4] what moves the sessions of anybody ends the look-ahead for everybody', async () => {
  const queue = openQueue()
  queue.ends.set('1', 'everybody')
  queue.arrive('1', { from: '100@lid' })
  queue.arrive('2', { from: '201@lid' })
  await queue.untilTaken(1)
  await slices()
  expect(queue.seen('taken')).toEqual(['1'])
  queue.makeDurable('1', '2')
  await queue.stanzas.idle()
  expect(queue.seen('handed')).toEqual(['1', '2'])
})

test('[B2] a stanza whose taking in was given up never reaches Baileys; nor does what was taken in once the socket has ended', async () => {
  const queue = openQueue()
  queue.state.refused = '2'
  for (const id of numbered(4)) queue.arrive(id, { attrs: { offline: '1' } })
  await queue.untilTaken(4)
  queue.makeDurable('1')
  await until('the first is handed over', () => queue.seen('handed').length === 1)
  queue.state.isOver = true
  queue.makeDurable('3', '4')
  queue.arrive('5')
  await queue.stanzas.idle()
  expect(queue.seen('handed')).toEqual(['1'])
  expect(queue.seen('failed')).toEqual(['2'])
  expect(queue.seen('taken')).toEqual(numbered(4))
})

test('[B2] a closing socket takes in no more and hands over what it took in', async () => {
  const queue = openQueue()
  for (const id of numbered(2)) queue.arrive(id)
  await queue.untilTaken(2)
  queue.close()
  queue.arrive('3')
  queue.makeDurable(...numbered(3))
  await queue.stanzas.idle()
  expect(queue.seen('taken')).toEqual(numbered(2))
  expect(queue.seen('handed')).toEqual(numbered(2))
})

test('[A2] [B2] what stanzas need is read in one go for those that wait', async () => {
  const queue = openQueue()
  for (const id of numbered(3)) queue.arrive(id)
  queue.makeDurable(...numbered(3))
  await queue.stanzas.idle()
  expect(queue.seen('read')).toEqual(['1,2,3'])
  expect(queue.happened.indexOf('read 1,2,3')).toBeLessThan(queue.happened.indexOf('taken 1'))
})

test('[B2] [A2] a stanza whose keys cannot be named is taken in, and so is everything that waits with it', async () => {
  const queue = openQueue()
  queue.state.unread = '2'
  for (const id of numbered(3)) queue.arrive(id)
  queue.makeDurable(...numbered(3))
  await queue.stanzas.idle()
  expect(queue.seen('handed')).toEqual(numbered(3))
  queue.arrive('4')
  queue.makeDurable('4')
  await queue.stanzas.idle()
  expect(queue.seen('handed')).toEqual(numbered(4))
  expect(queue.seen('failed')).toEqual(['1'])
})

test('[B2] a stanza that nothing can be told of stays where it is, and the next are taken in', async () => {
  const queue = openQueue()
  queue.ends.set('1', 'sender')
  queue.arrive('1')
  queue.arriveAs({ tag: 'message' } as BinaryNode)
  queue.arrive('2', { from: '201@lid' })
  queue.makeDurable(...numbered(2))
  await queue.stanzas.idle()
  expect(queue.seen('handed')).toEqual(numbered(2))
  expect(queue.seen('failed').at(-1)).toBe('undefined')
})

test('[B2] [B4] a notification that takes longer holds nobody any more but those for whom the look-ahead ended, until Baileys is done with it', async () => {
  const queue = openQueue()
  queue.ends.set('1', 'sender')
  const done = queue.handleUntil('1')
  queue.handleUntil('2')
  queue.makeDurable(...numbered(6))
  queue.arrive('1', { as: 'notification' })
  queue.arrive('2', { as: 'notification', from: '203@lid' })
  for (const id of ['3', '4']) queue.arrive(id, { from: '203@lid' })
  await until('those of others are handed over', () => queue.seen('handed').includes('4'))
  queue.arrive('5')
  queue.arrive('6', { from: '203@lid' })
  await slices()
  expect(queue.seen('taken')).toEqual(numbered(4))
  done()
  await until('the sender is held no longer', () => queue.seen('handed').includes('6'))
  expect(queue.seen('taken')).toEqual(numbered(6))
})

test('[B2] a socket that closes waits for no notification that Baileys is not done with', async () => {
  const queue = openQueue()
  queue.ends.set('1', 'everybody')
  queue.handleUntil('1')
  queue.makeDurable(...numbered(2))
  queue.arrive('1', { as: 'notification' })
  queue.arrive('2')
  await until('it is handed over', () => queue.seen('handed').length === 1)
  await slices()
  queue.close()
  await queue.stanzas.idle()
  expect(queue.seen('taken')).toEqual(['1'])
})
