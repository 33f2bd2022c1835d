// What comes next: messages that waited at WhatsApp, deliveries that were owed, and new messages from everybody, each once and in order.
import { expect } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { image } from '../../simulator/media/media.ts'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import { openSession } from '../../src/database/session.ts'
import type { ReceivedAttempt } from '../ground/receiver.ts'
import { databaseUrlOf } from '../ground/scenarios/its-postgres.ts'
import { until } from '../ground/until.ts'
import type { EndpointName, Story } from './expected.ts'
import type { Kept } from './open-kept.ts'
import { PHONES, peopleOf } from './story.ts'

type Said = Omit<Story['queued'][number], 'phone'>

/** With the keys that the account had: WhatsApp is asked for nothing a second time. Their webhooks may have to wait behind others. */
export async function expectQueuedReceived(kept: Kept): Promise<void> {
  await expectAllSettled(kept)
  for (const { phone, messageId, chatId, text: words } of kept.expected.story.queued) {
    const path = `/v1/instances/${instanceOf(phone)}/messages/${messageId}`
    const read = await until(`"${words}" to be readable`, async () => {
      const { status, body } = await kept.zaplog.call('GET', path)
      return status === 200 && body
    })
    expect(read).toMatchObject({ chatId, text: words, undecryptable: null })
  }
}

const instanceOf = (phone: string): string => (phone === PHONES.shop ? 'shop' : 'branch')

/** Behind what was owed of their chats. */
export async function expectQueuedHeard(kept: Kept): Promise<void> {
  const { expected, receiver } = kept
  await expectHeard(kept, expected.story.queued)
  const arrived = receiver.attemptsOf('main')
  for (const { phone, chatId, messageId } of expected.story.queued) {
    const owed = new Set(expected.owed.main?.[`${instanceOf(phone)} ${chatId}`])
    const place = arrived.findIndex(({ body }) => body.data.messageId === messageId)
    expect(arrived.findLastIndex(({ webhookId }) => owed.has(webhookId))).toBeLessThan(place)
  }
}

async function expectHeard({ receiver }: Kept, said: readonly Said[]): Promise<void> {
  for (const { messageId, ...one } of said) {
    const { body } = await until(`a webhook of "${one.text}"`, () => find(receiver.acceptedOf('main'), messageId))
    expect({ chatId: body.data.chatId, text: body.data.text, event: body.type }).toEqual({
      chatId: one.chatId,
      text: one.text,
      event: one.event,
    })
  }
}

const find = (accepted: readonly ReceivedAttempt[], messageId: string) =>
  accepted.find(({ body }) => body.data.messageId === messageId && /^message\.(received|sent)$/.test(body.type))

/** By a receipt, but for a copy of what was settled long ago, which may be refused. */
async function expectAllSettled({ simulator, settledBefore, expected }: Kept): Promise<void> {
  const linked = simulator.devices().filter(device => !device.isRemoved())
  await until('WhatsApp to have every receipt', () => linked.every(device => device.pending().length === 0))
  for (const device of linked) {
    const since = device.settled().slice(settledBefore.get(device.pn))
    const copies = new Set(expected.story.nothingComesOf)
    expect(since.filter(({ id, how }) => !copies.has(id) && !/^(receipt:|ack$)/.test(how))).toEqual([])
  }
}

/** Before its file flows a held message stays; afterwards, and once their endpoints are enabled, everything comes once, each chat in its order. */
export async function expectOwedDelivered(kept: Kept): Promise<void> {
  const { expected, receiver, simulator, zaplog } = kept
  const held = new Set(expected.deliveries.filter(({ state }) => state === 'held').map(({ id }) => id))
  const sentThough = () => receiver.receiver.attempts.filter(({ webhookId }) => held.has(webhookId))
  await untilArrived(kept, 'down', id => !held.has(id))
  expect(sentThough()).toEqual([])
  simulator.cdn.heal(expected.story.stalledPath)
  for (const name of ['main', 'down', 'patient', 'overtaken'] as const) await untilArrived(kept, name)
  expect(receiver.attemptsOf('gone')).toEqual([])
  expect(receiver.attemptsOf('paused')).toEqual([])
  for (const name of ['gone', 'paused'] as const) {
    const enabled = await zaplog.call('PATCH', `/v1/endpoints/${expected.endpoints[name].id}`, { enabled: true })
    expect(enabled, JSON.stringify(enabled.body)).toMatchObject({ status: 200, body: { enabled: true } })
    await untilArrived(kept, name)
  }
  const video = sentThough().find(({ body }) => body.data.kind === 'video')
  expect(video?.body.data.media).toMatchObject({ status: 'stored', mimetype: 'video/mp4' })
}

async function untilArrived({ expected, receiver }: Kept, name: EndpointName, which: (id: string) => boolean = () => true) {
  const chats = Object.values(expected.owed[name] ?? {}).map(ids => ids.filter(which))
  await until(`what was owed to ${name}`, () => {
    const arrived = new Set(receiver.acceptedOf(name).map(({ webhookId }) => webhookId))
    return chats.flat().every(id => arrived.has(id))
  })
  const arrived = receiver.attemptsOf(name).map(({ webhookId }) => webhookId)
  for (const ids of chats) expect(arrived.filter(id => ids.includes(id))).toEqual(ids)
}

/** From sessions and sender keys of then, and from somebody nobody knew. */
export async function expectNewReceived(kept: Kept): Promise<void> {
  const { simulator, receiver, expected } = kept
  const { ana, bruno, carla, group } = peopleOf(simulator)
  const [shop, branch] = [simulator.device(PHONES.shop), simulator.device(PHONES.branch)]
  const stranger = simulator.contact({ pn: '5511900000016', name: 'Fabio' })
  const said: Said[] = []
  const note = (chatId: string, words: string, messageId: string, event: Said['event'] = 'message.received') =>
    said.push({ chatId, text: words, messageId, event })
  for (const from of [ana, bruno, carla, stranger]) note(from.lidJid, 'Agora', await shop.send(from, text('Agora')))
  for (const from of [ana, bruno]) note(group.id, 'No grupo', await shop.sendGroup(group, from, text('No grupo')))
  note(ana.lidJid, 'Do celular', await shop.sendFromPhone(ana, text('Do celular')), 'message.sent')
  note(ana.lidJid, 'Na filial', await branch.send(ana, text('Na filial')))
  const ignored = await branch.sendGroup(group, ana, text('Ninguém ouve'))
  const picture = image(simulator.cdn, { bytes: await sampleJpeg({ width: 48, height: 48 }), caption: 'Foto' })
  const pictureId = await shop.send(carla, picture)
  note(carla.lidJid, 'Foto', pictureId)
  await expectHeard(kept, said)
  await expectAllSettled(kept)
  expect(find(receiver.acceptedOf('main'), pictureId)?.body.data.media).toMatchObject({
    status: 'stored',
    mimetype: 'image/jpeg',
  })
  const nothingOf = new Set([...expected.story.nothingComesOf, ignored])
  expect(receiver.receiver.attempts.filter(({ body }) => nothingOf.has(String(body.data.messageId)))).toEqual([])
}

/** As its endpoints were set: addresses with their tokens, headers, and how many dead letters a chat and an endpoint have had. */
export async function expectEndpointsKept({ receiver, expected, zaplog, ground }: Kept): Promise<void> {
  for (const { headers, path } of receiver.attemptsOf('main')) {
    expect(headers['x-shop-key']).toBe('only-for-tests')
    expect(path).toBe('/main?token=main-in-plain-text')
  }
  const { chatId, count } = expected.story.skippedAtDeadly
  const first = await until('a webhook after the dead letter', () =>
    receiver.attemptsOf('deadly').find(({ body }) => body.data.chatId === chatId),
  )
  expect(first.skipped).toBe(count)
  for (const { id } of Object.values(expected.endpoints).filter(({ id }) => id !== expected.endpoints.deleted.id)) {
    const dead = expected.deliveries.filter(({ endpointId, state }) => endpointId === id && state === 'dead')
    expect((await zaplog.call('GET', `/v1/endpoints/${id}`)).body).toMatchObject({ id, deadLetters: dead.length })
  }
  await expectNoTokenInPlainText(ground)
}

/** 0.1.0 wrote the address that was just sent to as it is; this version's start seals it. */
async function expectNoTokenInPlainText({ dataDir, env }: Kept['ground']): Promise<void> {
  const url = env.DATABASE_URL ?? databaseUrlOf(dataDir)
  const session = await openSession({ url, applicationName: 'kept test' }, AbortSignal.timeout(10_000))
  try {
    const plain = `select endpoint_id from webhook_endpoint_versions v where v::text like '%main-in-plain-text%'`
    expect(await session.query(plain)).toEqual([])
  } finally {
    await session.close()
  }
}

/** Nothing that a receiver had taken, or that was given up, came again; what came, came once. */
export function expectNothingTwice({ receiver, expected }: Kept): void {
  const dead = expected.deliveries.filter(({ state }) => state === 'dead').map(({ id }) => id)
  const over = new Set([...expected.accepted, ...dead])
  expect(receiver.receiver.attempts.filter(({ webhookId }) => over.has(webhookId))).toEqual([])
  expect(receiver.receiver.attempts.filter(({ copy }) => copy > 1)).toEqual([])
  expect(receiver.receiver.refused).toEqual([])
}

export async function expectDeletedStaysDeleted({ zaplog, receiver, expected }: Kept): Promise<void> {
  expect((await zaplog.call('GET', '/v1/instances/closed')).status).toBe(404)
  expect((await zaplog.call('POST', '/v1/instances', { id: 'closed', name: 'again' })).status).toBe(409)
  expect((await zaplog.call('GET', `/v1/endpoints/${expected.endpoints.deleted.id}`)).status).toBe(404)
  expect(receiver.attemptsOf('deleted')).toEqual([])
}
