// Guarantee: everything is sealed anew while messages come and go, a kill -9 in its middle notwithstanding, and opens with the new key alone.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createSealer, headOf } from '../../src/runtime/seal.ts'
import { type Conversation, openConversation } from '../ground/scenarios/conversation.ts'
import { databaseUrlOf } from '../ground/scenarios/its-postgres.ts'
import { expectOnceInOrder, INSTANCE, openStage, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { launchZaplog, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

const commandLine = fileURLToPath(new URL('../../src/cli/zaplog.ts', import.meta.url))
const run = promisify(execFile)
const idOf = (key: Buffer) => createSealer({ current: key, previous: null }).keyId

const TIMEOUT = { timeout: 240_000 }

test(
  '[A4] [H9] keys rotate under live messages with a kill -9 in the middle leaves nothing under the old key',
  TIMEOUT,
  async () => {
    const stage = await openStage({
      endpoint: { headers: { authorization: 'Bearer of-the-receiver' } },
      settings: { historySync: false },
    })
    onTestFinished(stage.close)
    const oldKey = Buffer.from(readFileSync(join(stage.dataDir, 'encryption-key'), 'utf8').trim(), 'base64')
    const newKey = randomBytes(32)
    const both = { ENCRYPTION_KEY: newKey.toString('base64'), ENCRYPTION_KEY_PREVIOUS: oldKey.toString('base64') }
    const talk = openConversation(stage, { chats: 3 })
    await talk.write(12)
    await sendOne(stage.zaplog(), 'before', talk)
    await delivered(stage, talk)
    await stage.kill()

    const first = await start(stage, both)
    const writing = talk.write(12)
    expect((await first.call('POST', '/v1/encryption-keys/rotate', {})).body.resealed).toBeGreaterThan(0)
    first.call('POST', '/v1/encryption-keys/rotate', { from: placeOf('auth_keys.sealed') }).catch(() => undefined) // it dies in it
    await first.kill()
    await writing

    const second = await start(stage, both)
    const during = talk.write(12)
    const { stdout } = await run(process.execPath, [commandLine, 'keys', 'rotate', '--json'], { env: verbEnv(second) })
    await during
    await delivered(stage, talk)
    expect(JSON.parse(stdout)).toMatchObject({ keyId: idOf(newKey), others: 0, keys: { [idOf(oldKey)]: 0 } })
    expect(await columnsUnder(stage, idOf(oldKey))).toEqual([])
    expect(await columnsUnder(stage, idOf(newKey))).toEqual(
      expect.arrayContaining([
        'auth_creds.sealed',
        'auth_keys.sealed',
        'commands.built',
        'message_secrets.sealed',
        'webhook_secrets.sealed',
      ]),
    )
    expect(await second.stop()).toBe(0)

    const alone = await start(stage, { ENCRYPTION_KEY: both.ENCRYPTION_KEY })
    await talk.write(6)
    await sendOne(alone, 'after', talk)
    await delivered(stage, talk)
    expectOnceInOrder(stage.receiver, talk.sent)
    expect(new Set(stage.receiver.accepted.map(one => one.headers.authorization))).toEqual(new Set(['Bearer of-the-receiver']))
  },
)

async function start(stage: Stage, env: Record<string, string>): Promise<ZaplogProcess> {
  const { simulator, dataDir } = stage
  const launched = launchZaplog({ dataDir, env: { WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl, ...env } })
  onTestFinished(launched.kill)
  return launched.listening
}

const verbEnv = ({ url, key }: ZaplogProcess) => ({ PATH: process.env.PATH ?? '', ZAPLOG_URL: url, ADMIN_API_KEY: key })
const placeOf = (column: string) => Buffer.from(JSON.stringify([column])).toString('base64url')

const delivered = ({ receiver }: Stage, talk: Conversation) =>
  untilDelivered(
    receiver,
    talk.sent.map(one => one.messageId),
  )

/** One of the account itself, which is told like all others. */
async function sendOne(zaplog: ZaplogProcess, key: string, talk: Conversation): Promise<void> {
  const [contact] = talk.contacts
  if (contact === undefined) throw new Error('nobody to write to')
  const body = { kind: 'text', chatId: contact.lidJid, text: `from us, ${key}` }
  const made = await zaplog.call('POST', `/v1/instances/${INSTANCE}/messages`, body)
  expect(made, JSON.stringify(made.body)).toMatchObject({ status: 202 })
  await until('it to be sent', async () => {
    const { body: seen } = await zaplog.call('GET', `/v1/instances/${INSTANCE}/commands/${made.body.commandId}`)
    return seen.state === 'completed'
  })
  talk.note({ chat: contact.lidJid, messageId: String(made.body.messageId), text: body.text })
}

/** Columns of bytes, whoever's, with a value that begins as what this key seals. */
async function columnsUnder({ dataDir }: Stage, keyId: string): Promise<readonly string[]> {
  const client = new pg.Client(databaseUrlOf(dataDir))
  await client.connect()
  try {
    const { rows } = await client.query<{ table: string; column: string }>(
      `select table_schema || '.' || table_name as table, column_name as column
       from information_schema.columns join information_schema.tables using (table_schema, table_name)
       where table_type = 'BASE TABLE' and data_type = 'bytea' and table_schema = 'public'`,
    )
    const found: string[] = []
    for (const { table, column } of rows) {
      const under = await client.query(`select from ${table} where substring(${column} from 1 for 5) = $1 limit 1`, [
        headOf(keyId),
      ])
      if (under.rowCount === 1) found.push(`${table.replace('public.', '')}.${column}`)
    }
    return found
  } finally {
    await client.end()
  }
}
