// What a command waits for is said, and until when, by what decides it: until it is over.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginTry, putOff } from '../../src/instances/command-tries.ts'
import { decideOutcome, endCommand } from '../../src/instances/commands-at-work.ts'
import { claimCommands } from '../../src/instances/commands-claimed.ts'
import {
  anInstance,
  ask,
  away,
  type CommandsWorld,
  claim,
  hello,
  openCommandsWorld,
  owned,
  read,
} from '../ground/api/commands-world.ts'
import { appendEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openCommandsWorld('api-commands-wait', logger)
})
afterAll(() => world.close())

describe('what a command waits for', () => {
  const nothing = { nextAt: null, commandId: null, instanceState: null, refusal: null }
  const query = (sql: string, values: unknown[] = []) => world.api.database.query(sql, values)
  const inAnHour = `now() + interval '1 hour'`
  const anHour = expect.stringMatching(/Z$/)
  /** As its session says it. */
  async function anOpenInstance(): Promise<string> {
    const id = await anInstance(world)
    const opened = anEvent('instance.state-changed', { instanceId: id, state: 'open', reason: null, reasonText: null })
    await world.api.call('GET', `/v1/instances/${id}?waitFor=${await appendEvents(world.api, [opened])}`)
    return id
  }
  /** Of one that is accepted. */
  async function askAccepted(id: string, chatId = '5511900000011'): Promise<string> {
    const { json, headers } = await ask(world, id, { body: { ...hello, chatId } })
    await read(world, id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
    // The clock of the tests is behind that of the database, which says what is late.
    await query(`update commands set expires_at = ${inAnHour} where command_id = $1`, [json.commandId])
    return String(json.commandId)
  }
  const waitsFor = async (id: string, commandId: string) => {
    const { data } = (await world.api.call('GET', `/v1/instances/${id}/commands`)).json as {
      data: { commandId: string; waitsFor: unknown }[]
    }
    const one = (await read(world, id, commandId)).json
    expect(data.find(listed => listed.commandId === commandId)).toEqual(one)
    return one.waitsFor
  }

  test('[F2] the instance that is not open, before anything else; nothing in an answer 202 of one that is', async () => {
    const [id, other] = [await anOpenInstance(), await anInstance(world)]
    expect((await ask(world, id)).json.waitsFor).toBeNull()
    expect(await waitsFor(other, await askAccepted(other))).toEqual(away)
  })

  test('[F2] a turn of its pace, one of first messages, the one before it in its chat, the rest of its account: each with its time', async () => {
    const id = await anOpenInstance()
    const first = await askAccepted(id)
    const second = await askAccepted(id)
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'first-contact-pace' })
    expect(await waitsFor(id, second)).toEqual({ ...nothing, reason: 'earlier-command', commandId: first })
    await query(`insert into outgoing_turns values ($1, ${inAnHour}, ${inAnHour})`, [id])
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'first-contact-pace', nextAt: anHour })
    await query('update commands set is_first = false, is_paced = true where instance_id = $1', [id])
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'pace', nextAt: anHour })
    await query(`update outgoing_turns set rests_until = ${inAnHour} where instance_id = $1`, [id])
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'rate-limited', nextAt: anHour })
    await query('update commands set is_paced = false where instance_id = $1', [id])
    expect(await waitsFor(id, first)).toEqual({ ...nothing, reason: 'start' })
  })

  test('[F2] what claims commands says when the next turns are', async () => {
    const id = await anOpenInstance()
    const first = await askAccepted(id)
    const waiting = await askAccepted(id, '5511900000012')
    const turnAt = Date.now() + 3_600_000
    await claim(world, id)
    await putOff(world.api.database, { ...owned(id), commandId: first, delayMs: 0, tries: 0, turn: 'none', refusal: null })
    await putOff(world.api.database, { ...owned(id), commandId: waiting, delayMs: 0, tries: 0, turn: 'first', refusal: null })
    const firsts = { spacingMs: 3_600_000, perDay: 0 }
    await claimCommands(world.api.database, owned(id), { busy: [], limit: 10, turns: 0, turnAt, firsts })
    const { nextAt } = (await waitsFor(id, waiting)) as { nextAt: string }
    expect(Date.parse(nextAt) - Date.now()).toBeGreaterThan(3_500_000)
    await query('update commands set is_first = false, is_paced = true where command_id = $1', [waiting])
    expect(await waitsFor(id, waiting)).toEqual({ ...nothing, reason: 'pace', nextAt: new Date(turnAt).toISOString() })
  })

  test('[F2] its next try with what WhatsApp said, its file, its try, its end: until it is over', async () => {
    const id = await anOpenInstance()
    const commandId = await askAccepted(id)
    await claim(world, id)
    expect(await waitsFor(id, commandId)).toEqual({ ...nothing, reason: 'sending' })
    const of = { ...owned(id), commandId }
    await beginTry(world.api.database, { ...of, tries: 1, built: Buffer.from('sealed') })
    const refusal = { type: 'command.failed', at: 1, reason: 'refused', reasonText: 'WhatsApp refused it.', code: '503' } as const
    const later = { ...of, delayMs: 3_600_000, tries: null, turn: 'none', refusal } as const
    await putOff(world.api.database, later)
    const { reason, reasonText, code } = refusal
    expect(await waitsFor(id, commandId)).toEqual({
      ...nothing,
      reason: 'retry',
      nextAt: anHour,
      refusal: { reason, reasonText, code },
    })
    await query(`update commands set due_at = null, waits_for = null where command_id = $1`, [commandId])
    await claim(world, id)
    await putOff(world.api.database, { ...later, refusal: null, waitsFor: 'media' })
    expect(await waitsFor(id, commandId)).toEqual({ ...nothing, reason: 'media', nextAt: anHour })
    await query(`update commands set due_at = null, upload_id = 'u1', built = null where command_id = $1`, [commandId])
    await claim(world, id)
    expect(await waitsFor(id, commandId)).toEqual({ ...nothing, reason: 'media' })
    await decideOutcome(world.api.database, { ...of, outcome: refusal })
    expect(await waitsFor(id, commandId)).toEqual({ ...nothing, reason: 'log' })
    await endCommand(world.api.database, { instanceId: id, commandId })
    expect(await waitsFor(id, commandId)).toBeNull()
  })
})
