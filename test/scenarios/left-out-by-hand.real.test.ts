// Guarantee: an account that one record keeps out is projected again once somebody says to skip it, over a kill -9, and nobody else notices; what died is given back and said.
import { expect, test } from 'vitest'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { embedded, onEachSetup } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
type Letter = { id: string; processor: string; instanceId: string; state: string; redrives: number; code: string }
type Left = { projection: string; key: string; offset: string; held: number }

onEachSetup(
  setup => {
    test('[G2] [D2] skipped over a death, a record that does not decode keeps nothing out; redriven, it is dead again', async () => {
      const stage = await setup.openStage({ env: { TOPIC_PARTITIONS: '1' } })
      try {
        const talk = openConversation(stage, { chats: 2 })
        await talk.write(2)
        await appendGarbage(stage)
        const left = await until('it to be left out', async () => (await leftOut(stage)).length === 2 && leftOut(stage))
        expect(left).toMatchObject(left.map(() => ({ key: 'ghost', held: 1 })))
        await expectDeadAgain(stage)
        for (const { projection, offset } of left) {
          const path = `/v1/projections/${projection}/keys/ghost/skip`
          expect(await stage.zaplog().call('POST', path, { offset })).toMatchObject({ status: 202, body: { asked: 'skip' } })
        }
        await stage.zaplog().kill()
        await stage.restart()
        await until('no key to be left out', async () => (await leftOut(stage)).length === 0)
        const skippedBy = await until('the letters of what was skipped', async () => {
          const found = await letters(stage, 'projection')
          return found.length === left.length && found.map(one => one.processor)
        })
        expect(skippedBy.toSorted()).toEqual(left.map(one => one.projection).toSorted())
        await talk.write(2)
        await untilDelivered(
          stage.receiver,
          talk.sent.map(one => one.messageId),
        )
        expectOnceInOrder(stage.receiver, talk.sent)
      } finally {
        await stage.close()
      }
    }, 180_000)
  },
  [embedded],
)

async function appendGarbage(stage: Stage): Promise<void> {
  const its = await stage.ground.openLog()
  const record = { key: 'ghost', value: Buffer.from('no Confluent frame'), headers: {}, recordedAt: Date.now() }
  await its.log.append({ topic: its.topic('events'), records: [record] }, never)
  await its.close()
}

const leftOut = async (stage: Stage): Promise<readonly Left[]> =>
  ((await stage.zaplog().call('GET', '/v1/projections')).body.data as { keys: Left[] }[]).flatMap(one => one.keys)

const letters = async (stage: Stage, source: string): Promise<readonly Letter[]> =>
  (await stage.zaplog().call('GET', `/v1/dead-letters?source=${source}`)).body.data as Letter[]

/** Every processor that reads the topic comes upon it. */
async function expectDeadAgain(stage: Stage): Promise<void> {
  const dead = await until('the letters to be listed', async () => {
    const found = await letters(stage, 'processor')
    return found.length === 2 && found
  })
  expect(dead).toMatchObject(dead.map(() => ({ instanceId: 'ghost', state: 'dead', redrives: 0 })))
  const asked = await stage.zaplog().call('POST', '/v1/dead-letters/redrive', { source: 'processor' })
  expect(asked).toMatchObject({ status: 202, body: { letters: 2 } })
  const again = await until('what came of it', async () => {
    const found = await letters(stage, 'processor')
    return found.every(one => one.redrives === 1) && found
  })
  expect(again).toMatchObject(again.map(() => ({ state: 'dead', code: 'parked' })))
}
