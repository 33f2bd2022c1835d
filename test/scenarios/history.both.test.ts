// Guarantee: what a linked phone shares of its past is in the topic history once, in lists below what is live, and at those endpoints alone
// that name it; an instance without historySync takes names from it, and the messages once it is told to.
import { expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import type { SharedHistory } from '../../simulator/accounts/history/share-history.ts'
import { openReceiver } from '../ground/receiver.ts'
import { listMessages } from '../ground/scenarios/expect-read-model.ts'
import {
  deliveredHistory,
  endsOf,
  expectEachOnce,
  historyEvents,
  idsOf,
  isHistoryMessage,
  listContacts,
  readHistory,
  statusIdsOf,
  untilDone,
} from '../ground/scenarios/history-seen.ts'
import { sideBySide } from '../ground/scenarios/setups.ts'
import { INSTANCE, type Stage, subscribe, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const MESSAGES = 300
const CHUNKS = 3
const OVERLAP = 20
const STATUSES = 3
/** Chunks of messages, names, statuses, addresses. */
const PARTS = CHUNKS + 3

const withMessages = new Set(['initial-bootstrap', 'recent', 'full', 'initial-status'])
/** That it was turned on is looked for each minute. */
const SEEN_WITHIN_MS = 120_000

const share = ({ device }: Stage): Promise<SharedHistory> =>
  device.shareHistory({ messages: MESSAGES, chunks: CHUNKS, overlap: OVERLAP, statuses: STATUSES })

sideBySide(setup => {
  test('[B6] [D4] [E1] 300 messages in chunks that overlap are in the topic once, in lists below live ones, and where they are named', {
    timeout: 180_000,
  }, async ({ annotate }) => {
    const named = { eventTypes: ['message.history', 'history.progressed'] }
    const stage = await setup.openStage({ settings: { historySync: true }, endpoint: named })
    const byDefault = await openReceiver()
    try {
      await subscribe(stage.zaplog(), byDefault, { eventTypes: undefined })
      const before = await live(stage, 'before')
      const shared = await share(stage)
      const after = await live(stage, 'after')
      await untilDone(stage, PARTS)
      const ids = [...idsOf(shared), ...statusIdsOf(shared, STATUSES)]

      const events = await historyEvents(stage)
      await annotate(`${expectEachOnce(events, ids)} copies`)
      expect(endsOf(events)).toEqual({
        'initial-bootstrap': ['completed'],
        'push-name': ['completed'],
        'initial-status': ['completed'],
        'non-blocking-data': ['completed'],
        ...(shared.chunks.some(({ syncType }) => syncType === 'FULL')
          ? { recent: ['completed'], full: ['completed'] }
          : { recent: ['completed', 'completed'] }),
      })

      await expectLists(stage, shared, [after, before])
      await untilDelivered(stage.receiver, ids)
      expect(deliveredHistory(stage.receiver).toSorted()).toEqual(ids.toSorted())
      await untilDelivered(byDefault, [before, after])
      const others = byDefault.accepted.filter(({ body }) => body.data.origin === 'history' || body.type.includes('history'))
      expect(others.map(({ body }) => body.type)).toEqual([])
    } finally {
      await byDefault.close()
      await stage.close()
    }
  })

  test('[B6] [A5] without historySync there are names and no message; turned on later, the messages come', async () => {
    const stage = await setup.openStage({ settings: { historySync: false }, endpoint: { eventTypes: ['message.history'] } })
    try {
      const shared = await share(stage)
      await untilDone(stage, PARTS)
      await untilNames(stage, shared)
      const ofMessages = (await readHistory(stage)).parts.filter(part => withMessages.has(part.syncType))
      expect(ofMessages.map(part => part.withoutMessages)).toEqual(ofMessages.map(() => true))
      expect((await historyEvents(stage)).filter(isHistoryMessage)).toEqual([])
      expect(await listMessages(stage.zaplog())).toEqual([])

      const turnedOn = await stage.zaplog().call('PATCH', `/v1/instances/${INSTANCE}`, { settings: { historySync: true } })
      expect(turnedOn, JSON.stringify(turnedOn.body)).toMatchObject({ status: 200, body: { settings: { historySync: true } } })
      const ids = [...idsOf(shared), ...statusIdsOf(shared, STATUSES)]
      await untilDelivered(stage.receiver, ids, SEEN_WITHIN_MS)
      expectEachOnce(await historyEvents(stage), ids)
    } finally {
      await stage.close()
    }
  }, 240_000)
})

/** Answers its id once WhatsApp has its receipt. */
async function live({ simulator, device }: Stage, body: string): Promise<string> {
  const id = await device.send(simulator.contact({ pn: '5511900000030' }), text(body))
  await until('it to be settled', () => device.settled().some(one => one.id === id))
  return id
}

/** `liveIds`: newest first. Those of history follow in the order of the phone, statuses between them. */
async function expectLists(stage: Stage, shared: SharedHistory, liveIds: readonly string[]): Promise<void> {
  const ids = [...liveIds, ...idsOf(shared), ...statusIdsOf(shared, STATUSES)]
  await until('every message to be listed', async () => (await listMessages(stage.zaplog())).length >= ids.length)
  const rows = await listMessages(stage.zaplog())
  const statuses = new Set(statusIdsOf(shared, STATUSES))
  expect(rows.map(({ messageId }) => messageId).filter(id => !statuses.has(id))).toEqual([...liveIds, ...idsOf(shared)])
  expect(rows.map(({ messageId }) => messageId).toSorted()).toEqual(ids.toSorted())
  for (const { messageId, history } of rows) expect(history, messageId).toBe(!liveIds.includes(messageId))
  await untilNames(stage, shared)
}

/** Of the address book, and push names. */
async function untilNames(stage: Stage, { history }: SharedHistory): Promise<void> {
  const expected = history.people.map(({ lidJid, pnJid, name }) => [lidJid, pnJid, `${name} da agenda`, name])
  await until('everybody to have a name', async () => {
    const byId = new Map((await listContacts(stage)).map(contact => [contact.contactId, contact]))
    return history.people.every(({ lidJid }) => byId.get(lidJid)?.name && byId.get(lidJid)?.pushName)
  })
  const shown = (await listContacts(stage)).map(({ contactId, contactPn, name, pushName }) => [
    contactId,
    contactPn,
    name,
    pushName,
  ])
  expect(shown).toEqual(expect.arrayContaining(expected))
}
