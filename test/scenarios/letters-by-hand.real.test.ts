// Guarantee: on Kafka what was asked for of dead letters and of accounts that are left out is done once, whoever is killed after it was asked for; and a record that is nobody's stops nobody.
import { expect, test } from 'vitest'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { external, onEachSetup } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
type Letter = { id: string; processor: string; instanceId: string; state: string; redrives: number; code: string; error: string }
type Left = { projection: string; key: string; offset: string; asked: string | null }

onEachSetup(
  setup => {
    test('[G2] [D2] redriven, discarded, skipped and resumed over kills, each is done once, and nobody else notices', async () => {
      const stage = await setup.openStage({ env: { TOPIC_PARTITIONS: '1' }, shortSessions: true })
      try {
        const talk = openConversation(stage, { chats: 2 })
        await talk.write(1)
        await append(stage, '', 'No Instance', 'ghost', 'spook')
        const strange = await nobodysLetters(stage)
        const left = await until('two accounts to be left out', async () => {
          const found = await leftOut(stage)
          return found.length === strange.length && found
        })
        expect(new Set(left.map(one => one.key))).toEqual(new Set(['ghost', 'spook']))

        await redrive(stage)
        await kill(stage)
        const again = await until('what came of it', async () => {
          const found = await letters(stage, 'processor')
          return found.every(one => one.redrives === 1) && found
        })
        expect(again).toMatchObject(again.map(() => ({ state: 'dead', code: 'parked' })))

        const discarded = `/v1/dead-letters/${again[0]?.id}`
        expect((await stage.zaplog().call('DELETE', discarded)).status).toBe(204)
        const change = (key: string, doing: string) =>
          left.filter(one => one.key === key).map(one => ask(stage, `${one.projection}/keys/${key}/${doing}`))
        await Promise.all([...change('ghost', 'skip'), ...change('spook', 'resume')])
        await kill(stage)
        const stays = left
          .filter(one => one.key === 'spook')
          .map(({ projection, offset }) => ({ projection, offset, asked: null }))
        await until('ghost to be projected again, and spook to be left out as before', async () => {
          const found = await leftOut(stage)
          return found.length === stays.length && found.every(one => one.key === 'spook' && one.asked === null)
        })
        expect(await leftOut(stage)).toMatchObject(stays)
        const skipped = (await letters(stage, 'projection')).filter(one => one.instanceId === 'ghost')
        expect(skipped.map(one => one.processor).toSorted()).toEqual(stays.map(one => one.projection).toSorted())
        expect((await stage.zaplog().call('GET', discarded)).body).toMatchObject({ state: 'discarded', redrives: 1 })
        await talk.write(1)
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
  [external],
)

async function append(stage: Stage, ...keys: readonly string[]): Promise<void> {
  const its = await stage.ground.openLog()
  const records = keys.map(key => ({ key, value: Buffer.from('no Confluent frame'), headers: {}, recordedAt: Date.now() }))
  await its.log.append({ topic: its.topic('events'), records }, never)
  await its.close()
}

async function kill(stage: Stage): Promise<void> {
  await stage.zaplog().kill()
  await stage.restart()
}

const leftOut = async (stage: Stage): Promise<readonly Left[]> =>
  ((await stage.zaplog().call('GET', '/v1/projections')).body.data as { keys: Left[] }[]).flatMap(one => one.keys)

const letters = async (stage: Stage, source: string): Promise<readonly Letter[]> =>
  (await stage.zaplog().call('GET', `/v1/dead-letters?limit=100&source=${source}`)).body.data as Letter[]

async function ask(stage: Stage, path: string): Promise<void> {
  expect(await stage.zaplog().call('POST', `/v1/projections/${path}`, {})).toMatchObject({ status: 202 })
}

/** Two of each projection that reads the topic. */
const nobodysLetters = (stage: Stage): Promise<readonly Letter[]> =>
  until('what is nobody’s to be listed', async () => {
    const found = await letters(stage, 'projection')
    return found.length >= 4 && found.every(one => one.error.includes('expected an instance id as key')) && found
  })

/** Every processor that reads the topic comes upon all four. */
async function redrive(stage: Stage): Promise<void> {
  await until('the letters to be listed', async () => (await letters(stage, 'processor')).length === 8)
  const asked = await stage.zaplog().call('POST', '/v1/dead-letters/redrive', { source: 'processor' })
  expect(asked).toMatchObject({ status: 202, body: { letters: 8 } })
}
