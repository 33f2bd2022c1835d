// A place is kept for what may go before all others alone, and what is kept with it is given back once.
import { expect, test } from 'vitest'
import type { ClaimedCommand } from '../../src/instances/commands-claimed.ts'
import { createOutgoingPace } from '../../src/producers/commands/pace-outgoing.ts'
import { createReserve } from '../../src/producers/commands/reserve-place.ts'

const claimed: ClaimedCommand = {
  ...{
    command_id: 'c',
    event_id: 'e',
    operation: 'message.send',
    chat_id: 'ana',
    message_id: 'm',
    body: {},
    built: null,
    tries: 0,
  },
  ...{ is_left: false, outcome: null, refusal: null, is_unanswered: false, is_expired: false, asked_at_ms: 0, rests_ms: 0 },
  ...{ turn: 'paced', traceparent: null, timer_seconds: null },
}

function desk({ busy = [], late = [], mayGo = true }: { busy?: string[]; late?: string[]; mayGo?: boolean } = {}) {
  const pace = createOutgoingPace({ perMinute: 1, burst: 1, clock: () => 0, random: () => 0 })
  const running = new Map(busy.map(chatId => [chatId, Promise.resolve()]))
  const over = new AbortController()
  const happened: string[] = []
  const at = {
    ...{ running, late: { chats: () => late }, mayGo: () => mayGo, over: over.signal, ring: () => void happened.push('rung') },
    run: ({ command_id }: ClaimedCommand) => void happened.push(`${command_id} began, ${pace.waitMs('shop')} ms to its turn`),
  }
  const reserve = createReserve({ owned: { instanceId: 'shop', epoch: 7 }, pace, chatTimer: () => 'null' }, at)
  return { reserve, pace, running, happened, end: () => over.abort() }
}
const paced = { chatId: 'ana', isPaced: true }

test('[D1] [F2] while it is kept its chat is busy and its turn taken, and what it is kept for takes them over', async () => {
  const { reserve, pace, running, happened } = desk()
  const place = reserve(paced)
  const kept = running.get('ana')
  expect(pace.waitMs('shop')).toBe(60_000)
  expect(reserve({ ...paced, isPaced: false })).toBeNull()
  expect(reserve({ ...paced, chatId: 'bia' })).toBeNull()
  place?.begin(claimed)
  expect(happened).toEqual(['c began, 0 ms to its turn'])
  await kept
})

test('[F2] what is not accepted for it leaves chat and turn to others, who are rung', () => {
  const { reserve, pace, running, happened } = desk()
  reserve(paced)?.leave()
  expect([happened, running.size, pace.waitMs('shop')]).toEqual([['rung'], 0, 0])
})

test('[A1] [F1] once nothing more is to begin nobody waits for it, it is left to its row, and none is kept', async () => {
  const { reserve, pace, running, happened, end } = desk()
  const place = reserve(paced)
  const kept = running.get('ana')
  end()
  await kept
  place?.begin(claimed)
  expect([happened, running.size, pace.waitMs('shop')]).toEqual([[], 0, 0])
  expect(reserve(paced)).toBeNull()
})

test.each([
  ['what may be due goes first', { mayGo: false }],
  ['its chat has one in hand', { busy: ['ana'] }],
  ['one of its chat is late', { late: ['ana'] }],
])('[D1] [F1] none is kept while %s', (_, given) => {
  const { reserve, pace } = desk(given)
  expect(reserve(paced)).toBeNull()
  expect(pace.waitMs('shop')).toBe(0)
})
