// What a zaplog lives through before it is kept: conversations in mid-ratchet, files stored, failed and stalled, endpoints in every trouble.
import type { Contact, Group } from '../../simulator/accounts/accounts.ts'
import { edit, reaction, reply, revoke, text } from '../../simulator/accounts/content.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { document, image, video, voice } from '../../simulator/media/media.ts'
import { sampleJpeg, sampleMp4, samplePdf, sampleVoice } from '../../simulator/media/sample-media.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import type { ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'
import type { EndpointName } from './expected.ts'
import { type KeptReceiver, urlOf } from './receiver.ts'

export const PHONES = { shop: '5511900000001', branch: '5511900000002', closed: '5511900000003' } as const
export type InstanceName = keyof typeof PHONES
export const GROUP = '120363000000000001'

/** Attempts are told apart by the settings: at first an endpoint that fails has a second chance at once, and no third. */
export const HASTY = { WEBHOOK_RETRY_DELAYS: '50ms', MEDIA_RETRY_DELAYS: '50ms' }
/** Afterwards whatever fails waits as a row, and a stalled download goes on waiting. */
export const PATIENT = { WEBHOOK_RETRY_DELAYS: '5m,10m,30m,2h', MEDIA_IDLE_TIMEOUT: '10m', MEDIA_TOTAL_TIMEOUT: '10m' }

/** Long enough that nothing which is held goes out while the fixture is made. */
const HOLD = 900
/** The video at six endpoints, the contact at one, and behind it the text at all but the one where it overtakes. */
const HELD = 12
const ENDPOINTS: Readonly<Record<EndpointName, Readonly<Record<string, unknown>>>> = {
  main: {
    eventTypes: ['message.*', 'media.updated', 'instance.*', 'contact.updated', 'poll.voted', 'command.*'],
    headers: { 'x-shop-key': 'only-for-tests' },
  },
  down: { eventTypes: ['message.*'] },
  gone: { eventTypes: ['message.received'] },
  paused: { eventTypes: ['message.*'] },
  patient: { eventTypes: ['message.*'], holdMedia: 'until-settled' },
  overtaken: { eventTypes: ['message.received', 'media.updated'], mediaHoldsChat: false },
  deadly: { eventTypes: ['message.received'], chats: { include: ['5511900000011', '5511900000012', `${GROUP}@g.us`] } },
  deleted: { eventTypes: ['message.received'] },
}

export type Cast = {
  zaplog: ZaplogProcess
  simulator: Simulator
  receiver: KeptReceiver
}
export type People = Readonly<Record<'ana' | 'bruno' | 'carla' | 'dora' | 'eva', Contact>> & { group: Group }

export function peopleOf(simulator: Simulator): People {
  const person = (last: string, name: string) => simulator.contact({ pn: `55119000000${last}`, name })
  const [ana, bruno] = [person('11', 'Ana'), person('12', 'Bruno')]
  const group = simulator.group({ id: GROUP, subject: 'Padaria', members: [ana, bruno, simulator.contact({ pn: PHONES.shop })] })
  return { ana, bruno, carla: person('13', 'Carla'), dora: person('14', 'Dora'), eva: person('15', 'Eva'), group }
}

export async function subscribe({ zaplog }: Pick<Cast, 'zaplog'>, version: string) {
  const made: { name: EndpointName; id: string; secret: string }[] = []
  for (const name of Object.keys(ENDPOINTS) as EndpointName[]) {
    const body = { url: urlOf(version, name), holdMedia: HOLD, ...ENDPOINTS[name] }
    const answer = await expectStatus(zaplog, 201, 'POST', '/v1/endpoints', body)
    made.push({ name, id: String(answer.id), secret: String(answer.secret) })
  }
  return made
}

export async function pair({ zaplog, simulator }: Pick<Cast, 'zaplog' | 'simulator'>, id: InstanceName): Promise<SimDevice> {
  await expectStatus(zaplog, 201, 'POST', '/v1/instances', { id, name: id })
  const { qr } = await expectStatus(zaplog, 200, 'GET', `/v1/instances/${id}/qr?wait=30`)
  const device = await simulator.scanQr(String(qr), { pn: PHONES[id], name: id })
  await until(`${id} to be open`, async () => {
    const { state } = await expectStatus(zaplog, 200, 'GET', `/v1/instances/${id}`)
    return state === 'open' && device.isOnline()
  })
  return device
}

/** Everything that is over when the fixture is made: delivered, dead, failed, deleted. Answers a message to be sent once more. */
export async function tellThePast({
  zaplog,
  simulator,
  receiver,
}: Cast): Promise<{ settledId: string; ownId: string; deadOnes: number }> {
  const { ana, bruno, carla, group } = peopleOf(simulator)
  // What it refuses dies only where it takes others meanwhile.
  receiver.answer('deadly', ({ body }) => (body.data.chatId === ana.lidJid ? {} : { status: 500 }))
  const [shop, branch] = [await pair({ zaplog, simulator }, 'shop'), await pair({ zaplog, simulator }, 'branch')]
  const closed = await pair({ zaplog, simulator }, 'closed')
  await closed.send(ana, text('vocês fecham?'))

  const hello = text('Bom dia!')
  const settledId = await shop.send(ana, hello)
  shop.establishSession(ana)
  await shop.send(ana, reply('Tem bolo?', { messageId: settledId, author: ana }, hello))
  const ownId = await shop.sendFromPhone(ana, text('Tem, de morango'))
  await shop.send(ana, reaction(ana, '🍓', { messageId: ownId, author: shop.owner }))
  await shop.send(ana, image(simulator.cdn, { bytes: await sampleJpeg(), caption: 'Assim', width: 320, height: 240 }))
  await shop.send(ana, voice(simulator.cdn, { bytes: sampleVoice({ seconds: 2 }), seconds: 2 }))
  await shop.send(ana, document(simulator.cdn, { bytes: samplePdf({ title: 'Cardapio' }), fileName: 'cardapio.pdf' }))
  const mistake = await shop.send(ana, text('Para dez pesoas'))
  await shop.send(ana, edit(ana, 'Para dez pessoas', { messageId: mistake, author: ana }))
  const wrong = await shop.send(carla, text('Isto era para outra pessoa'))
  await shop.send(carla, revoke(carla, { messageId: wrong, author: carla }))
  const lost = image(simulator.cdn, { bytes: await sampleJpeg({ width: 64, height: 48 }), caption: 'sumiu' })
  simulator.cdn.fault(lost.imageMessage?.directPath ?? '', { kind: 'status', status: 410 })
  await shop.send(carla, lost)
  // the session of this sender begins anew
  await shop.send(carla, text('de novo'), { corrupt: 'first' })

  await shop.sendGroup(group, ana, text('Chegou pão'))
  await shop.sendGroup(group, bruno, text('Quente?'))
  await shop.sendFromPhone(group, text('Muito'))
  await shop.send(bruno, text('Reserva três'))
  shop.receipt({ messageIds: [ownId], from: ana })
  shop.receipt({ messageIds: [ownId], from: ana, type: 'read' })
  // several in one second: what tells them apart in a page is not their time
  const timestampMs = Date.now()
  for (const n of [1, 2, 3, 4, 5]) await branch.send(ana, text(`na filial ${n}`), { timestampMs })

  await until('the files to be stored or failed', async () => {
    const { data } = await expectStatus(zaplog, 200, 'GET', '/v1/instances/shop/media')
    const statuses = (data as { status: string }[]).map(({ status }) => status).toSorted()
    return statuses.join() === 'failed,stored,stored,stored'
  })
  await expectStatus(zaplog, 202, 'DELETE', '/v1/instances/closed')
  await until('the closed instance to be gone', async () => (await zaplog.call('GET', '/v1/instances/closed')).status === 404)
  await until('its end to be told', () => receiver.acceptedOf('main').some(({ body }) => body.type === 'instance.deleted'))
  await untilHeard(receiver, await Promise.all([shop, branch].map(device => device.send(ana, text('Até logo')))))
  await untilAllSettled(simulator)
  const deadOnes = 3
  await until('three dead letters', async () => {
    await untilHeard(receiver, [await branch.send(ana, text('mais um'))])
    const { data } = await expectStatus(zaplog, 200, 'GET', '/v1/deliveries?state=dead')
    return (data as unknown[]).length === deadOnes
  })
  await untilQuiet(zaplog, ['held'])
  return { settledId, ownId, deadOnes }
}

/** What is unfinished when the fixture is made: endpoints that do not take what they should, a file that does not come. Answers its path. */
export async function tellThePresent(
  { zaplog, simulator, receiver }: Cast,
  ids: Readonly<Record<EndpointName, string>>,
): Promise<string> {
  const { ana, carla, dora, group } = peopleOf(simulator)
  receiver.answer('deadly', {})
  receiver.answer('down', { status: 503 })
  receiver.answer('deleted', { status: 503 })
  receiver.answer('gone', { status: 410 })
  await expectStatus(zaplog, 200, 'PATCH', `/v1/endpoints/${ids.paused}`, { enabled: false })
  const shop = simulator.device(PHONES.shop)
  await until('the shop to be online', () => shop.isOnline() && simulator.device(PHONES.branch).isOnline())

  await shop.send(ana, text('Vocês abrem amanhã?'))
  await shop.send(carla, text('Quanto custa?'))
  await shop.send(ana, text('E domingo?'))
  await shop.sendGroup(group, ana, text('Alguém sabe?'))
  await shop.sendFromPhone(ana, text('Abrimos'))
  await shop.send(ana, text('Obrigada'))
  await untilWaiting(zaplog, { down: ids.down, gone: ids.gone, deleted: ids.deleted, paused: ids.paused })
  await expectStatus(zaplog, 204, 'DELETE', `/v1/endpoints/${ids.deleted}`)

  const clip = video(simulator.cdn, { bytes: await sampleMp4(), caption: 'Olha', seconds: 2 })
  const stalledPath = clip.videoMessage?.directPath ?? ''
  simulator.cdn.fault(stalledPath, { kind: 'stall', atByte: 200 })
  await shop.send(dora, clip)
  await shop.send(dora, text('Chegou o vídeo?'))
  await until('the video, and what comes after it, to be held', async () => (await heldCount(zaplog)) === HELD)
  const last = [shop, simulator.device(PHONES.branch)].map(device => device.send(ana, text('Vejo depois')))
  await untilHeard(receiver, await Promise.all(last))
  await untilAllSettled(simulator)
  await untilQuiet(zaplog)
  return stalledPath
}

const heldCount = async (zaplog: ZaplogProcess): Promise<number> => (await deliveriesIn(zaplog, 'held')).length

async function untilWaiting(zaplog: ZaplogProcess, ids: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, id] of Object.entries(ids))
    await until(`five deliveries of ${name} to wait`, async () => {
      const waiting = await deliveriesIn(zaplog, 'waiting', id)
      return waiting.length >= (name === 'gone' || name === 'deleted' ? 5 : 6)
    })
}

async function deliveriesIn(zaplog: ZaplogProcess, state: string, endpointId?: string): Promise<readonly unknown[]> {
  const of = endpointId === undefined ? '' : `&endpointId=${endpointId}`
  const { data } = await expectStatus(zaplog, 200, 'GET', `/v1/deliveries?limit=200&state=${state}${of}`)
  return data as unknown[]
}

const untilAllSettled = (simulator: Simulator) =>
  until('WhatsApp to have every receipt', () =>
    simulator.devices().every(device => device.isRemoved() || device.pending().length === 0),
  )

/** Whatever their accounts received before is matched and released by then, or held. */
const untilHeard = (receiver: KeptReceiver, messageIds: readonly string[]) =>
  until('the last words to be heard', () => {
    const heard = new Set(receiver.acceptedOf('main').map(({ body }) => body.data.messageId))
    return messageIds.every(id => heard.has(id))
  })

/** Nothing is on its way: whatever is not over waits for somebody else. */
export const untilQuiet = (zaplog: ZaplogProcess, also: readonly string[] = []) =>
  until('nothing to be on its way', async () => {
    const moving = await Promise.all(['pending', 'retrying', ...also].map(state => deliveriesIn(zaplog, state)))
    return moving.flat().length === 0
  })

export async function expectStatus(zaplog: ZaplogProcess, status: number, ...of: Parameters<ZaplogProcess['call']>) {
  const answer = await zaplog.call(...of)
  if (answer.status !== status)
    throw new Error(`${of[0]} ${of[1]}: expected ${status}, got ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}
