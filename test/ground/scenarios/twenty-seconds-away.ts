// 200 messages in 20 s without Postgres or without the log: none is acknowledged meanwhile but what the log has, and afterwards all are there,
// once and in order.
import { expect } from 'vitest'
import { until } from '../until.ts'
import { openConversation } from './conversation.ts'
import { expectReadModel } from './expect-read-model.ts'
import type { Part } from './ground.ts'
import { expectOnceInOrder, type Stage, untilDelivered } from './stage.ts'

const CHATS = 5
const MESSAGES = 200
/** Longer than WHATSAPP_APPEND_TIMEOUT: the sockets are closed meanwhile. The promise is about time, and so is this scenario. */
const AWAY_MS = 20_000

export async function expectNothingLostWithout(part: Part, stage: Stage): Promise<void> {
  const { device, receiver } = stage
  const talk = openConversation(stage, { chats: CHATS })
  const before = await talk.write(CHATS)
  await untilDelivered(
    receiver,
    before.map(one => one.messageId),
  )
  await until('the first messages to be settled', () => device.pending().length === 0)

  // From here on their keys are in zaplog's memory: only the log and the ratchet's commit still need what goes away.
  for (const contact of talk.contacts) device.establishSession(contact)
  const known = await talk.write(CHATS)
  await untilDelivered(
    receiver,
    known.map(one => one.messageId),
  )
  await until('those to be settled', () => device.pending().length === 0)

  const { thaw } = await part.freeze()
  const settledBefore = device.settled()
  try {
    await Promise.all([talk.write(MESSAGES), new Promise(resolve => setTimeout(resolve, AWAY_MS))])
    const acknowledged = device.settled().slice(settledBefore.length)
    if (part === stage.ground.log) expect(acknowledged).toEqual([])
    else await expectInLog(stage, acknowledged)
    expect(device.pending()).toHaveLength(MESSAGES - acknowledged.length)
    expect(device.isOnline()).toBe(false)
  } finally {
    thaw()
  }

  await untilDelivered(
    receiver,
    talk.sent.map(one => one.messageId),
  )
  await until('WhatsApp to have every receipt', () => device.pending().length === 0)
  expectOnceInOrder(receiver, talk.sent)
  expect(receiver.accepted.filter(one => one.body.type === 'message.undecryptable')).toEqual([])
  await expectReadModel(stage.zaplog(), talk.sent)
  await until('zaplog to be well again', async () => {
    const ready = await stage.zaplog().call('GET', '/health/ready')
    return ready.status === 200 && ready.body.status === 'ok'
  })
}

/** Where Postgres alone is away, ratchets lag behind the log. */
async function expectInLog({ ground }: Stage, acknowledged: readonly { id: string }[]): Promise<void> {
  const its = await ground.openLog()
  try {
    const kept = (await its.events('events')).map(event => ('messageId' in event ? event.messageId : null))
    expect(kept).toEqual(expect.arrayContaining(acknowledged.map(({ id }) => id)))
  } finally {
    await its.close()
  }
}
