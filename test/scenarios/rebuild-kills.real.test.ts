// Guarantee: the read model is rebuilt while people write, edit, react and read, and while zaplog dies twice by kill -9: what was rebuilt is what is
// read, row for row, it is swapped in, and a rollback shows the very same.
import { expect, test } from 'vitest'
import { edit, reaction, text } from '../../simulator/accounts/content.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { readModelTables } from '../../src/projections/read-model/read-model.ts'
import { databaseUrlOf } from '../ground/scenarios/its-postgres.ts'
import { sideBySide } from '../ground/scenarios/setups.ts'
import { INSTANCE, type Stage } from '../ground/scenarios/stage.ts'
import { dumpTables } from '../ground/standing-property.ts'
import { until } from '../ground/until.ts'

const BEFORE = 20
const WITHIN_MS = 120_000

sideBySide(setup => {
  test('[D3] two kill -9 while live records come: rebuilt is read, row for row, swapped in and rolled back', {
    timeout: 300_000,
  }, async () => {
    const stage = await setup.openStage({ shortSessions: true })
    try {
      const talk = openTalk(stage)
      await talk.round(BEFORE)
      await until('all of it is read', async () => (await messagesOf(stage)) === talk.messages(), WITHIN_MS)

      const { id } = await ask(stage, 'POST', '', { projection: 'read-model' }, 201)
      await talk.round(5)
      expect((await ask(stage, 'GET', `/${id}`)).state).not.toBe('swapped')
      await stage.kill()
      await stage.restart()
      await talk.round(5)
      expect((await ask(stage, 'POST', '', { projection: 'read-model' }, 409)).detail).toContain(id)
      await stage.kill()
      await stage.restart()
      await talk.round(5)
      await untilIs(stage, id, 'swapped')
      const swapped = await ask(stage, 'GET', `/${id}`)
      expect(swapped).toMatchObject({ leftOut: [], why: null, percent: expect.any(Number) })
      const sum = (of: string) => swapped.compared.reduce((all, one) => all + Number(one[of]), 0)
      expect([sum('missing'), sum('extra'), sum('differing'), sum('copied')]).toEqual([0, 0, 0, 0])
      expect(sum('rebuilt')).toBeGreaterThan(BEFORE)

      await talk.round(5)
      await until('all of it is read', async () => (await messagesOf(stage)) === talk.messages(), WITHIN_MS)
      await until('both have the same rows', async () => equal(await rowsOf(stage)), WITHIN_MS)
      const [shown] = await rowsOf(stage)
      await ask(stage, 'POST', `/${id}/rollback`, {}, 202)
      await untilIs(stage, id, 'rolled-back')
      const back = await rowsOf(stage)
      expect(equal(back)).toBe(true)
      expect(back[0]).toEqual(shown)
      expect(await messagesOf(stage)).toBe(talk.messages())
    } finally {
      await stage.close()
    }
  })
})

function openTalk({ simulator, device }: Stage) {
  const contacts = [11, 12, 13].map(n => simulator.contact({ pn: `55119000000${n}` }))
  let messages = 0
  return {
    messages: () => messages,
    /** Of each contact in turns a message, and of every second one what is done with it. */
    round: async (count: number) => {
      for (let n = 0; n < count; n++) {
        const author = contacts[n % contacts.length]
        if (author === undefined) throw new Error('expected a contact')
        const messageId = await device.send(author, text(`message ${++messages}`))
        if (n % 4 === 1) await device.send(author, edit(author, `edited ${messages}`, { messageId, author }))
        if (n % 4 === 3) await device.send(author, reaction(author, '👍', { messageId, author }))
        if (n % 4 === 2) device.receipt({ messageIds: [messageId], from: author, type: 'read' })
      }
    },
  }
}

type Answer = { id: string; state: string; detail: string; compared: readonly Record<string, unknown>[] }

async function ask(stage: Stage, method: string, path: string, body?: object, status = 200): Promise<Answer> {
  const answer = await stage.zaplog().call(method, `/v1/rebuilds${path}`, body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(status)
  return answer.body as unknown as Answer
}

async function untilIs(stage: Stage, id: string, state: string): Promise<void> {
  let seen: unknown
  await until(
    `the rebuild is ${state}`,
    async () => {
      const one = await ask(stage, 'GET', `/${id}`)
      seen = one
      return one.state === state
    },
    WITHIN_MS,
  ).catch(error => {
    throw new Error(JSON.stringify(seen), { cause: error })
  })
}

async function messagesOf(stage: Stage): Promise<number> {
  const { body } = await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/messages?limit=200`)
  return (body.data as readonly unknown[]).length
}

const equal = ([read, beside]: readonly unknown[]) => JSON.stringify(read) === JSON.stringify(beside)

/** Every row of what is read, and of what is beside it. */
async function rowsOf({ ground, dataDir }: Stage): Promise<readonly unknown[]> {
  const url = ground.env.DATABASE_URL ?? databaseUrlOf(dataDir)
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
  const database = await openPostgres({ url, poolSize: 1, applicationName: 'a look', logger: quiet })
  try {
    const besides = readModelTables.map(table => table.replace('read_model_1', 'read_model_rebuild_1'))
    return [Object.values(await dumpTables(database, readModelTables)), Object.values(await dumpTables(database, besides))]
  } finally {
    await database.close()
  }
}
