// A read model as an earlier version left it: what that had no type for is `unknown` in the log, and no row; and then this version begins.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { proto } from '@whiskeysockets/baileys'
import { convertMessage } from '../../../src/convert/convert-message.ts'
import { identityOf, readStanza, shownChatOf } from '../../../src/convert/stanza-identity.ts'
import type { Database } from '../../../src/database/database.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import { sourceId } from '../../../src/events/ids.ts'
import { type TopicName, topicOf } from '../../../src/events/topics.ts'
import { createEarlierSecrets } from '../../../src/producers/secrets/earlier-secrets.ts'
import { all } from '../../../src/projections/all.ts'
import { openProjections, type ProjectionsDeps } from '../../../src/projections/open-projections.ts'
import type { EarlierSecrets } from '../../../src/projections/reread-step.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { Role } from '../../../src/runtime/role.ts'
import { createSealer } from '../../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { anEvent } from '../events.ts'
import { openTestLog, type TestLog } from '../log.ts'
import { never } from '../projection-dsl.ts'
import { until } from '../until.ts'
import { makeCheckpoints } from './make-checkpoints.ts'

export const PARTITIONS = 2
export const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
export const ana = { id: '200@lid', pn: '5511900000011@s.whatsapp.net' }

export type RereadWorld = {
  test: TestDatabase
  secrets: EarlierSecrets
  log: TestLog
  append(events: readonly Event[]): Promise<void>
  /** Everything is projected as it was then, and this version's migration is applied behind it. */
  upgrade(): Promise<void>
  /** `rereads`: whether anything is read again [it is]. */
  open(changed?: Partial<ProjectionsDeps> & { rereads?: boolean }): Role
  done(): Promise<void>
  close(): Promise<void>
}

export async function openRereadWorld(name: string, logger: Logger): Promise<RereadWorld> {
  const test = await openTestDatabase(name, { poolSize: 8 })
  const log = await openTestLog(test, { partitions: PARTITIONS })
  const { database } = test
  const opened: Role[] = []
  const secrets = createEarlierSecrets({ sealer: createSealer({ current: randomBytes(32), previous: null }), logger })
  for (const projection of all) await makeCheckpoints(database, projection, PARTITIONS)

  const open: RereadWorld['open'] = ({ rereads = true, ...changed } = {}) => {
    const role = openProjections({
      ...{ database, ...log, consumerGroup: of => `zaplog.${of}`, partitions: PARTITIONS, logger },
      ...{
        metrics: createMetrics({ processMetrics: false }),
        projections: all,
        ...(rereads && { earlierSecrets: secrets }),
        ...changed,
      },
    })
    opened.push(role)
    return role
  }
  return {
    test,
    log,
    secrets,
    open,
    append: async events => {
      for (const [topic, of] of Map.groupBy(events, event => log.topic(topicOf(event.type))))
        await log.log.append({ topic, records: of.map(event => log.codec.encode(event)) }, never)
    },
    upgrade: async () => {
      const before = open()
      await until('all is projected', async () => (await unread(database, log)) === 0n)
      await before.close()
      await database.query(filling())
    },
    done: async () => {
      await until('nothing is left to be read again', async () => {
        const left = await database.query('select from rereads where next_offset < until_offset')
        return left.length === 0
      })
    },
    close: async () => {
      await Promise.all(opened.map(role => role.close()))
      await log.close()
      await test.close()
    },
  }
}

/** In the migration's own words. */
function filling(): string {
  const text = readFileSync(new URL('../../../infra/postgres/migrations/0135_rereads.sql', import.meta.url), 'utf8')
  return text.slice(text.indexOf('insert into rereads'))
}

async function unread(database: Database, { log, topic }: TestLog): Promise<bigint> {
  const rows = await database.query<{ partition: number; offsets: Record<TopicName, string> }>(
    'select partition, offsets from projection_checkpoints',
  )
  const positions = rows.flatMap(({ partition, offsets }) =>
    Object.entries(offsets).map(([name, offset]) => ({
      topic: topic(name as TopicName),
      partition,
      nextOffset: BigInt(offset),
    })),
  )
  const lags = await Promise.all(positions.map(position => log.lag([position], never)))
  return lags.flat().reduce((sum, { nextOffset, endOffset }) => sum + endOffset - nextOffset, 0n)
}

type Written = { attrs?: Record<string, string>; instanceId?: string; part?: number }

/** A message of Ana's that this version has a kind for, as that one kept it: its bytes, and an id made of its stanza. */
export const keptThen = (id: string, message: proto.IMessage, given: Written = {}): EventOf<'unknown'> =>
  anEvent('unknown', {
    ...eventThen('unknown', { id, message, given }),
    source: 'stanza',
    name: `message: ${Object.keys(message)[0]}`,
  })

/** One that both have a kind for. */
export const pollThen = (id: string, message: proto.IMessage): EventOf<'message.received'> =>
  anEvent('message.received', { ...eventThen('message.received', { id, message, given: {} }), kind: 'poll' })

function eventThen(
  type: 'unknown' | 'message.received',
  { id, message, given }: { id: string; message: proto.IMessage; given: Written },
) {
  const { instanceId = 'shop', part = 0 } = given
  const stanza = stanzaOf(id, given)
  const { id: chatId, pn: chatPn } = shownChatOf(stanza)
  return {
    ...{ instanceId, eventId: sourceId(identityOf(stanza), type, { part, index: 0 }), messageId: id, fromMe: stanza.fromMe },
    ...{ chatId, chatPn, senderId: stanza.sender.id, senderPn: stanza.sender.pn, senderName: 'Ana' },
    ...{ occurredAt: saidAt, recordedAt: saidAt + 1_000, raw: bytesOf(message) },
  }
}

/** The same, delivered to this version in its second epoch. */
export function deliveredNow(id: string, message: proto.IMessage): Event {
  const of = { part: 0, plaintext: bytesOf(message), isPadded: false, receivedAt: saidAt + 2_000, aliases: [], ownId: own.lid }
  const [offer] = convertMessage({ ...of, stanza: stanzaOf(id, {}), ignores: () => false })
  if (offer?.type !== 'message.received' || offer.eventId === null) throw new Error('expected a message')
  return { ...offer, eventId: offer.eventId, epoch: 2, sequence: 1, recordedAt: saidAt + 2_000 }
}

const saidAt = 1_790_000_000_000
const bytesOf = (message: proto.IMessage): Buffer => Buffer.from(proto.Message.encode(message).finish())

function stanzaOf(id: string, { attrs = {}, instanceId = 'shop' }: Written) {
  const said = { id, t: String(saidAt / 1_000), from: ana.id, sender_pn: ana.pn, notify: 'Ana' }
  return readStanza({ tag: 'message', attrs: { ...said, ...attrs } }, { instanceId, own })
}
