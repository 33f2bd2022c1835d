// What a command came to is there at once, in words for programs and for people, and lists hold each once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginTry } from '../../src/instances/command-tries.ts'
import { decideOutcome, endCommand } from '../../src/instances/commands-at-work.ts'
import {
  anInstance,
  ask,
  type CommandsWorld,
  claim,
  endAs,
  hello,
  openCommandsWorld,
  owned,
  read,
} from '../ground/api/commands-world.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openCommandsWorld('api-commands-read', logger)
})
afterAll(() => world.close())

describe('reading', () => {
  test('[F1] a command is there at once, and says how far it is until it was taken', async () => {
    const id = await anInstance(world)
    const { json, headers } = await ask(world, id, { key: 'k1' })
    const { idempotencyKey: _, renderedAs: __, ...ids } = json
    const waiting = {
      ...ids,
      ...{ operation: 'message.send', chatId: '5511900000011@s.whatsapp.net', state: 'waiting', tries: 0 },
      ...{
        acceptedAt: new Date(world.api.clock.nowAt).toISOString(),
        endedAt: null,
        reason: null,
        reasonText: null,
        code: null,
        result: null,
      },
    }
    const atOnce = (await read(world, id, json.commandId)).json
    expect({ ...atOnce, waitsFor: null }).toEqual({ ...waiting, waitsFor: null })
    const projected = await read(world, id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
    expect([projected.status, projected.json]).toEqual([200, waiting])
    expect(await claim(world, id)).toHaveLength(1)
    expect((await read(world, id, json.commandId)).json.state).toBe('sending')
    const commandId = String(json.commandId)
    await beginTry(world.api.database, { ...owned(id), commandId, tries: 1, built: Buffer.from('sealed') })
    await decideOutcome(world.api.database, {
      ...owned(id),
      commandId,
      outcome: { type: 'command.completed', at: Date.now(), saidAt: null },
    })
    expect((await read(world, id, commandId)).json).toMatchObject({ state: 'sending', tries: 1, endedAt: null })
    await endCommand(world.api.database, { instanceId: id, commandId })
    expect((await read(world, id, commandId)).json).toMatchObject({
      state: 'completed',
      endedAt: expect.any(String),
      reason: null,
    })
    expect((await ask(world, id, { key: 'k1' })).json).toEqual(json)
  })

  test('[F1] one that failed says why, for programs and for people', async () => {
    const id = await anInstance(world)
    const { json } = await ask(world, id)
    const why = { reason: 'account-restricted', reasonText: 'WhatsApp restricts the account (463)', code: '463' }
    await endAs(world, id, { type: 'command.failed', at: Date.now(), ...why })
    expect((await read(world, id, json.commandId)).json).toMatchObject({ state: 'failed', tries: 1, ...why })
  })

  test('[F1] one that there is not, or that is another instance’s, is 404', async () => {
    const [id, other] = [await anInstance(world), await anInstance(world)]
    const { json } = await ask(world, id)
    for (const answer of [await read(world, other, json.commandId), await read(world, id, '0'.repeat(32))])
      expect(answer.json).toMatchObject({ status: 404, type: 'urn:zaplog:problem:command-not-found' })
  })

  test('[F1] the list is newest first, in pages that hold each once, by state and by instant', async () => {
    const id = await anInstance(world)
    const asked: string[] = []
    const at: string[] = []
    for (let nth = 0; nth < 5; nth += 1) {
      world.api.clock.nowAt += nth % 2 === 0 ? 1000 : 0
      at.push(new Date(world.api.clock.nowAt).toISOString())
      asked.push(
        String((await ask(world, id, { key: `k${nth}`, body: { ...hello, chatId: `551190000001${nth}` } })).json.commandId),
      )
    }
    const pages = async (query: string) => {
      const ids: string[] = []
      for (let cursor: unknown = '', last = false; !last; last = cursor === null) {
        const path = `/v1/instances/${id}/commands?limit=2${query}${cursor === '' ? '' : `&cursor=${cursor}`}`
        const { json } = await world.api.call('GET', path)
        ids.push(...(json.data as { commandId: string }[]).map(one => one.commandId))
        cursor = json.nextCursor
      }
      return ids
    }
    const all = await pages('')
    expect(all.toSorted()).toEqual(asked.toSorted())
    expect(all[0]).toBe(asked[4])
    await until(
      'all to be accepted',
      async () =>
        (await world.api.database.query(`select from commands where instance_id = $1 and state = 'accepted'`, [id])).length === 5,
    )
    const [claimed] = await claim(world, id, 1, 1)
    expect(await pages('&state=sending')).toEqual([claimed?.command_id])
    expect(await pages('&state=waiting')).toEqual(all.filter(one => one !== claimed?.command_id))
    expect(await pages('&state=failed')).toEqual([])
    expect(await pages(`&chatId=${encodeURIComponent('+55 11 90000-0013')}`)).toEqual([asked[3]])
    expect(await pages('&chatId=5511900000019')).toEqual([])
    const after = await pages(`&after=${at[2]}&before=${at[4]}`)
    expect(after.toSorted()).toEqual([asked[2], asked[3]].toSorted())
    for (const query of [
      'state=asked',
      'chatId=nobody',
      'cursor=x',
      `cursor=${Buffer.from('["1","a\\u0000"]').toString('base64url')}`,
    ])
      expect((await world.api.call('GET', `/v1/instances/${id}/commands?${query}`)).status).toBe(422)
  })
})
