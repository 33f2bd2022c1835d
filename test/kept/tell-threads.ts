// What versions since 0.2.0 live through besides: a poll with a vote, a group that changes, an edit whose secret has not come, history that was
// told and history on its way, a command that was carried out and one for an account that is away.
import { text } from '../../simulator/accounts/content.ts'
import { poll, sealedEdit, vote } from '../../simulator/accounts/seal-content.ts'
import type { ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'
import type { AskedFor, Threads } from './expected.ts'
import { type Cast, expectStatus, PHONES, peopleOf, untilQuiet } from './story.ts'

type PastThreads = Pick<Threads, 'pollId' | 'sealed' | 'done'>
type PresentThreads = Pick<Threads, 'waiting' | 'historyPath'>

const DAY_MS = 24 * 60 * 60_000
/** A byte each 20 ms, of which there are hundreds. */
const SLOWLY = { kind: 'slow', bytesPerSecond: 1 } as const
/** Whoever asks again gets no further. */
const STALLED = { kind: 'stall', atByte: 16 } as const
export const POLL = { name: 'Que horas?', options: ['oito', 'nove'] } as const

/** Of the shop, which is open: whatever is over of them, and an edit that nobody can open yet. */
export async function tellPastThreads({ zaplog, simulator }: Cast): Promise<PastThreads> {
  const { ana, bruno, carla, group } = peopleOf(simulator)
  const shop = simulator.device(PHONES.shop)
  await expectStatus(zaplog, 200, 'PATCH', '/v1/instances/shop', { settings: { historySync: true } })
  const before = { chat: carla, from: carla, content: text('Já compro há anos'), timestampMs: Date.now() - DAY_MS }
  await shop.historyChunk({ messages: [before] })
  const pollId = await shop.sendFromPhone(carla, poll(POLL.name, POLL.options))
  await shop.send(carla, vote(carla, [POLL.options[0]], { messageId: pollId, author: shop.owner }))
  const original = 'Chego às oito'
  const messageId = await shop.send(carla, text(original), { secret: null })
  await shop.send(carla, sealedEdit(carla, 'Chego às nove', { messageId, author: carla }))
  shop.changeGroup(group, ana, { kind: 'promote', people: [bruno] })
  shop.presence({ from: ana, state: 'composing' })
  const done = await ask(zaplog, { instance: 'shop', chatId: ana.lidJid, text: 'Respondido por nós' })
  await untilState(zaplog, done, 'completed')
  await until('its history to be worked off', async () => (await historyOf(zaplog)).state === 'done')
  return { pollId, sealed: { messageId, original, becomes: 'Chego às nove' }, done }
}

/** The last that is told: the branch is away from then on. */
export async function tellPresentThreads({ zaplog, simulator }: Cast): Promise<PresentThreads> {
  const { ana, eva } = peopleOf(simulator)
  const [shop, branch] = [simulator.device(PHONES.shop), simulator.device(PHONES.branch)]
  const messages = Array.from({ length: 40 }, (_, n) => ({
    ...{ chat: eva, from: eva, content: text(`${historyWord} ${n}`), timestampMs: Date.now() - DAY_MS + n * 1000 },
  }))
  const { directPath } = await shop.historyChunk({ messages, chunkOrder: 2, via: 'cdn', fault: SLOWLY })
  await until('a part of its history to be on its way', async () => (await historyOf(zaplog)).state === 'running')
  if (directPath === null) throw new Error('sharing a part of history: expected it on the CDN')
  simulator.cdn.fault(directPath, STALLED)
  branch.refuseLogin(503)
  branch.drop()
  await until('the branch to be away', async () => {
    const { state } = await expectStatus(zaplog, 200, 'GET', '/v1/instances/branch')
    return state !== 'open'
  })
  const waiting = await ask(zaplog, { instance: 'branch', chatId: ana.lidJid, text: 'A filial responde' })
  await untilState(zaplog, waiting, 'waiting')
  await untilQuiet(zaplog)
  return { waiting, historyPath: directPath }
}

/** Of each message of eva's that the phone remembers. */
export const historyWord = 'Antigamente'

export const historyOf = (zaplog: ZaplogProcess) => expectStatus(zaplog, 200, 'GET', '/v1/instances/shop/history')

async function ask(zaplog: ZaplogProcess, asked: Pick<AskedFor, 'instance' | 'chatId' | 'text'>): Promise<AskedFor> {
  const { instance, chatId, text: said } = asked
  const answer = await expectStatus(zaplog, 202, 'POST', `/v1/instances/${instance}/messages`, {
    chatId,
    kind: 'text',
    text: said,
  })
  const { commandId, messageId, idempotencyKey } = answer
  return { ...asked, commandId: String(commandId), messageId: String(messageId), idempotencyKey: String(idempotencyKey) }
}

export const untilState = (zaplog: ZaplogProcess, { instance, commandId, text: said }: AskedFor, state: string) =>
  until(`"${said}" to be ${state}`, async () => {
    const command = await expectStatus(zaplog, 200, 'GET', `/v1/instances/${instance}/commands/${commandId}`)
    return command.state === state
  })
