// Secrets of messages on a real database: whoever sent whatever ids, whatever fails, and for how long.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BroughtSecret } from '../../src/convert/sealed/message-secret.ts'
import { DatabaseError } from '../../src/database/database.ts'
import { forgetSecrets } from '../../src/instances/message-secrets.ts'
import { keepTrimming, trim } from '../../src/producers/auth/trim-old-rows.ts'
import { createSecretWriter } from '../../src/producers/secrets/secret-writer.ts'
import { openMessageSecrets } from '../../src/producers/secrets/secrets.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { type Fault, flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const sealer = createSealer({ current: randomBytes(32), previous: null })
let postgres: TestDatabase
beforeEach(async () => {
  postgres = await openTestDatabase('message secrets')
})
afterEach(async () => {
  await postgres.close()
})
const query = (sql: string, values: unknown[] = []) => postgres.database.query<Record<string, unknown>>(sql, values)

/** `fault`: of each statement about secrets, in order. */
function open(given: { instanceId?: string; timeoutMs?: number; fault?(nth: number): Fault | null } = {}) {
  const { instanceId = 'first', timeoutMs = 10_000, fault = () => null } = given
  const statements: string[] = []
  const database = flaky(postgres.database, ({ args: [sql] }) => {
    statements.push(String(sql))
    return fault(statements.length)
  })
  const life = createSocketLife()
  const secretWriter = createSecretWriter({ database, timeoutMs })
  const of = { database, sealer, secretWriter, life, instanceId, epoch: 1, timeoutMs, random: () => 0, logger }
  return { ...openMessageSecrets(of), life, statements }
}
const ana = { id: '200@lid', pn: '5511900000011@s.whatsapp.net' }
const brought = (given: Partial<BroughtSecret> = {}): BroughtSecret => ({
  messageId: '3EB0A1',
  chat: ana,
  author: ana,
  secret: Buffer.alloc(32, 1),
  options: [],
  isForEver: false,
  ...given,
})
const inChat = (messageId = '3EB0A1', chats: readonly string[] = [ana.id]) => ({ chats, messageId })
const away = new DatabaseError('unreachable', 'away', {})

test('[B9] a secret is found under its chat and id alone, with its author and options, and the first of an author stays', async () => {
  const secrets = open()
  const kept = { author: ana, secret: Buffer.alloc(32, 1), options: ['soup', 'salad'] }
  await secrets.keep([brought(kept)])
  await secrets.keep([brought({ secret: Buffer.alloc(32, 2) })])
  expect(await secrets.find(inChat())).toEqual([kept])
  expect(await secrets.find(inChat('3EB0A1', ['201@lid', ana.id]))).toEqual([kept])
  expect(await secrets.find(inChat('3EB0A1', ['201@lid']))).toEqual([])
  expect(await secrets.find(inChat('3EB0A2'))).toEqual([])
  const other = { author: { id: '201@lid', pn: null }, secret: Buffer.alloc(32, 3), options: [] }
  await secrets.keep([brought(other)])
  expect((await secrets.find(inChat())).toSorted((one, two) => one.secret.compare(two.secret))).toEqual([kept, other])
  expect(await open({ instanceId: 'second' }).find(inChat())).toEqual([])
})

test('[B5] [B9] ids of any bytes and any length are kept and found', async () => {
  const secrets = open()
  const ids = ['', '\0', '\ud800', 'x'.repeat(1_000_000), 'a\nb']
  for (const messageId of ids) await secrets.keep([brought({ messageId, chat: { id: messageId, pn: null } })])
  for (const messageId of ids) expect(await secrets.find(inChat(messageId, [messageId]))).toHaveLength(1)
})

test('[B2] what is kept is found at once, also before it is durable', async () => {
  const held = Promise.withResolvers<void>()
  const secrets = open({ fault: nth => (nth === 1 ? { delay: held.promise } : null) })
  const keeping = secrets.keep([brought()])
  const again = secrets.keep([brought({ secret: Buffer.alloc(32, 2) }), brought({ author: { id: '201@lid', pn: null } })])
  const found = await secrets.find(inChat())
  expect(found.map(({ author, secret }) => [author.id, secret[0]]).toSorted()).toEqual([
    ['200@lid', 1],
    ['201@lid', 1],
  ])
  held.resolve()
  await Promise.all([keeping, again])
  expect(await secrets.find(inChat())).toHaveLength(2)
})

test('[B2] [B9] while the database is away nothing is said to be kept or absent, and then it is', async () => {
  const secrets = open({ fault: nth => (nth <= 2 ? { fail: away } : nth === 3 ? { failAfter: away } : null) })
  await secrets.keep([brought()])
  expect(await secrets.find(inChat())).toHaveLength(1)
  await secrets.kept()
  const reading = open({ fault: nth => (nth <= 2 ? { fail: away } : null) })
  expect(await reading.find(inChat())).toHaveLength(1)
})

test('[B2] what is pending for too long ends the socket, and only then rejects', async () => {
  const secrets = open({ timeoutMs: 100, fault: () => ({ hang: true }) })
  const keeping = secrets.keep([brought()])
  await expect(keeping).rejects.toMatchObject({ code: 'socket-ended' })
  expect(secrets.life.ownReason()).toBe('log-unavailable')
  await expect(secrets.kept()).rejects.toMatchObject({ code: 'socket-ended' })
})

test('[B9] the secrets of messages that come together are one statement, of all accounts', async () => {
  const held = Promise.withResolvers<void>()
  const secrets = open({ fault: nth => (nth === 1 ? { delay: held.promise } : null) })
  const first = secrets.keep([brought({ messageId: 'FIRST' })])
  const others = Array.from({ length: 100 }, (_, index) => secrets.keep([brought({ messageId: `M${index}` })]))
  held.resolve()
  await Promise.all([first, ...others])
  expect(secrets.statements).toHaveLength(2)
})

test('[B8] [B9] a row that does not open is said, and opens nothing', async () => {
  const secrets = open()
  await secrets.keep([brought(), brought({ author: { id: '201@lid', pn: null } })])
  await query("update message_secrets set sealed = '\\x00' where author = (select min(author) from message_secrets)")
  expect(await secrets.find(inChat())).toHaveLength(1)
  expect(logger.lines.map(({ event }) => event)).toContain('secret.not-opened')
})

test('[B9] [H9] a row under a key that is none of ours is not taken for absent: the socket ends', async () => {
  const secrets = open()
  await secrets.keep([brought()])
  const other = createSealer({ current: randomBytes(32), previous: null }).seal(Buffer.from('{}'), 'somewhere')
  await query('update message_secrets set sealed = $1', [other])
  await expect(secrets.find(inChat())).rejects.toThrow('sealed')
  expect(secrets.life.ownReason()).toBe('sealed')
})

test('[A7] nothing is kept for an account that is purged', async () => {
  await query("insert into instance_ids (instance_id, request_id, name) values ('first', 'r', 'First')")
  await query("insert into purges (instance_id, request_id, requested_by) values ('first', 'r', 'test')")
  await open().keep([brought()])
  expect(await query('select from message_secrets')).toEqual([])
})

test('[B9] a secret is forgotten once its time is over, and those for ever never', async () => {
  const secrets = open()
  const messageIds = Array.from({ length: 12 }, (_, index) => `M${index}`)
  await secrets.keep(messageIds.map(messageId => brought({ messageId })))
  await secrets.keep([brought({ messageId: 'POLL', isForEver: true })])
  expect(await trim(postgres.database, forgetSecrets, { batchRows: 5 })).toBe(0)
  await query("update message_secrets set kept_until = now() - interval '1 second' where kept_until is not null")
  expect(await trim(postgres.database, forgetSecrets, { batchRows: 5 })).toBe(12)
  expect(await secrets.find(inChat('POLL'))).toHaveLength(1)
  expect(await secrets.find(inChat('M0'))).toEqual([])
})

test('[B9] secrets whose time is over are forgotten, whatever else cannot be', async () => {
  await open().keep([brought()])
  await query("update message_secrets set kept_until = now() - interval '1 second'")
  const stop = new AbortController()
  const database = flaky(postgres.database, ({ args: [sql] }) =>
    /message_secrets|sealed_messages/.test(String(sql)) ? null : { fail: away },
  )
  const trimming = keepTrimming({ database, logger }, stop.signal)
  await expect.poll(() => query('select from message_secrets')).toEqual([])
  stop.abort()
  await trimming
  const said = logger.lines.filter(({ event }) => event === 'old-rows.not-trimmed')
  expect(said.map(({ fields }) => fields.what)).toEqual(expect.arrayContaining(['stanza parts', 'keys set aside']))
  expect(said.map(({ fields }) => fields.what)).not.toContain('secrets of messages')
})
