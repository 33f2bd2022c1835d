// Guarantee: Postgres may forget in its death that a command was claimed, or is over, and nothing else: what was not tried is not sent, and is claimed
// again; what was decided stays so, and is told again.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openEmbeddedPostgres } from '../../src/database/embedded.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { writeTogether } from '../../src/database/statement-parts.ts'
import { commandIds } from '../../src/instances/command-ids.ts'
import { beginTry, putOff } from '../../src/instances/command-tries.ts'
import { acceptCommands } from '../../src/instances/commands.ts'
import { decideOutcome, endCommand } from '../../src/instances/commands-at-work.ts'
import { claimCommands } from '../../src/instances/commands-claimed.ts'
import { takeEpoch } from '../../src/instances/instance-owners.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { killPostgres } from '../ground/scenarios/its-postgres.ts'
import { until } from '../ground/until.ts'

const instanceId = 'first'
const chatId = '5511900000011@s.whatsapp.net'
const built = Buffer.from('what is sent')

/** Its WAL writer leaves what nobody waits for alone for so long that no death here comes too late. */
async function openServer() {
  const directory = await openTempDir()
  const logger = collectLogLines(['postgres.exited', 'postgres.restart-failed'])
  const server = await openEmbeddedPostgres({ dataDir: join(directory, 'postgres'), logger, fsync: false })
  onTestFinished(() => server.close())
  await migrate({ url: server.url, logger }, never)
  const database = await openPostgres({ url: server.url, poolSize: 2, applicationName: 'test', logger })
  onTestFinished(() => database.close())
  await database.query(`alter system set wal_writer_delay = '10s'`)
  const die = async () => {
    await killPostgres(directory)
    await until('the server answers again', () => database.query('select 1').catch(() => null))
  }
  return { database, die }
}

test('[F1] [B6] a claim that Postgres forgets is nobody’s: its try does not begin, nothing comes of it, and it is claimed again; an end that it forgets, too, as it was decided; a try is never forgotten', async () => {
  const { database, die } = await openServer()
  await database.query("insert into instance_ids (instance_id, request_id, name, settings) values ($1, 'r', 'test', '{}')", [
    instanceId,
  ])
  const { epoch } = await takeEpoch(database, instanceId)
  const ids = commandIds({ instanceId, key: 'key' })
  const asked = { digest: 'aa', operation: 'message.send', chatId, askedAt: Date.now(), expiresAt: Date.now() + 86_400_000 }
  const body = { chatId, kind: 'text', text: 'Olá', known: { isFirst: true } }
  await writeTogether(database, acceptCommands([{ ...ids, instanceId, ...asked, body, partition: 0, place: 1n }]))
  const owned = { instanceId, epoch }
  const of = { ...owned, commandId: ids.commandId }
  const claim = async () => {
    const claimed = await claimCommands(database, owned, {
      busy: [],
      limit: 1,
      turns: 1,
      firsts: { spacingMs: 60_000, perDay: 30 },
    })
    return claimed.map(one => [one.command_id, one.turn])
  }
  const begin = () => beginTry(database, { ...of, tries: 1, built })
  const rows = () => database.query('select state, tries, built, epoch::int from commands')
  // From here on the new delay holds.
  await die()

  expect(await claim()).toEqual([[ids.commandId, 'first']])
  await die()
  expect(await rows()).toEqual([{ state: 'accepted', tries: 0, built: null, epoch: null }])
  expect(await begin()).toBe(false)
  const outcome = { type: 'command.failed', at: 1, reason: 'expired', reasonText: 'Its time was over.', code: null } as const
  expect(await decideOutcome(database, { ...of, outcome })).toBeNull()
  expect(await putOff(database, { ...of, delayMs: 60_000, tries: 0, turn: 'first', refusal: null })).toBe(false)
  // The turn of first messages that it took is forgotten with it.
  expect(await claim()).toEqual([[ids.commandId, 'first']])
  expect(await begin()).toBe(true)
  await die()
  expect(await rows()).toEqual([{ state: 'sending', tries: 1, built, epoch }])
  expect(await database.query('select chat_id from first_contacts')).toEqual([{ chat_id: chatId }])
  const done = { type: 'command.completed', at: 1, saidAt: null } as const
  expect(await decideOutcome(database, { ...of, outcome: done })).toMatchObject({ outcome: done })
  await endCommand(database, of)
  await die()
  expect(await rows()).toEqual([{ state: 'ending', tries: 1, built, epoch }])
  expect(await claim()).toEqual([[ids.commandId, 'none']])
  await endCommand(database, of)
  expect(await rows()).toEqual([{ state: 'completed', tries: 1, built, epoch }])
}, 120_000)
