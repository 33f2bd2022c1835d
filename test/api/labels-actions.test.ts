// A label that is made without a number gets one of its own, the same for the same key, and none that is taken.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forgetCommands } from '../../src/instances/commands.ts'
import { ask, type ChatsAsked, openChatsAsked } from '../ground/api/chats-asked.ts'
import { tellApi } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let asking: ChatsAsked
beforeAll(async () => {
  asking = await openChatsAsked('api-labels-actions', logger)
})
afterAll(() => asking.close())

describe('a label without a number', () => {
  const label = { name: 'Novo', color: 1 }
  const make = async (key: string, body: object = label, id = 'shop') => {
    const { status, json } = await asking.api.call('POST', `/v1/instances/${id}/labels`, {
      body,
      headers: { 'idempotency-key': key },
    })
    expect([status, json]).toMatchObject([202, { commandId: expect.any(String) }])
    const [row] = await asking.api.database.query<{ body: { labelId: string } }>(
      'select body from commands where command_id = $1',
      [json.commandId],
    )
    return row?.body
  }

  test('[F1] gets the next one, the same for the same key, and another one for each of several at once', async () => {
    await tellApi(asking.api, [anEvent('label.changed', { labelId: '20', name: 'Velho', color: 3, deleted: true })])
    expect(await make('first')).toEqual({ ...label, labelId: '21', deleted: false })
    expect(await make('first')).toEqual({ ...label, labelId: '21', deleted: false })
    const numbers = (await Promise.all(['a', 'b', 'c', 'd'].map(key => make(key)))).map(body => body?.labelId)
    expect(numbers.toSorted()).toEqual(['22', '23', '24', '25'])
  })

  test('[F1] that is asked for with a key which was forgotten is another label, and the old number stays taken', async () => {
    const before = await make('of long ago')
    const long = `now() - interval '15 days'`
    await asking.api.database.query(
      `update commands set state = 'completed', asked_at = ${long}, ended_at = ${long} where body ->> 'labelId' = $1`,
      [before?.labelId],
    )
    await forgetCommands(asking.api.database, { maxRows: 10 })
    expect(Number((await make('of long ago'))?.labelId)).toBe(Number(before?.labelId) + 1)
  })

  test('[F1] one that a client names and that was told is noted no second time', async () => {
    await ask(asking, 'PUT', 'labels/7', label)
    expect(await asking.api.database.query(`select 1 from label_numbers where instance_id = 'shop' and label_id = '7'`)).toEqual(
      [],
    )
  })

  test('[F1] gets none that a client has just named, and the first that is free once the largest is', async () => {
    expect(await make('of another account', label, 'quiet')).toMatchObject({ labelId: '1' })
    await ask(asking, 'PUT', 'labels/999999999', label, 'quiet')
    expect(await make('behind the largest', label, 'quiet')).toMatchObject({ labelId: '2' })
  })
})
