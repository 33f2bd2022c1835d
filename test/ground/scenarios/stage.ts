// What a scenario starts from: a simulated WhatsApp, a paired zaplog in a process of its own with what it stands on, a receiver that
// verifies signatures.
import { expect } from 'vitest'
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import { openSimulator, type Simulator } from '../../../simulator/simulator.ts'
import { type Answer, openReceiver, type ReceivedAttempt, type Receiver } from '../receiver.ts'
import { until } from '../until.ts'
import type { CrashPlan } from './crash-plan.ts'
import { embeddedGround } from './embedded-ground.ts'
import type { Ground, OpenGround } from './ground.ts'
import type { SlowPlan } from './slow-statements.ts'
import { type Launched, launchZaplog, makeDataDir, type ZaplogProcess } from './zaplog-process.ts'

export type Stage = {
  simulator: Simulator
  device: SimDevice
  receiver: Receiver
  ground: Ground
  /** The running process; another one after each restart. */
  zaplog(): ZaplogProcess
  /** Starts zaplog again on the same directory; without a plan it does not crash any more. */
  restart(plan?: CrashPlan): Promise<ZaplogProcess>
  /** Starts zaplog again, and lets go at once: it may be killed on its way up. */
  launch(plan?: CrashPlan): Launched
  /** kill -9 of zaplog, also on its way up; a Postgres of its own lives on, as after a crash. */
  kill(): Promise<void>
  /** kill -9 of zaplog and of its Postgres; one that is not zaplog's own is up again when this resolves. */
  killEverything(): Promise<void>
  dataDir: string
  close(): Promise<void>
}
export type StageOptions = {
  /** Default: everything embedded. */
  ground?: OpenGround
  plan?: CrashPlan
  slow?: SlowPlan
  program?: 'app' | 'start'
  openFiles?: number
  /** After the ground's: these win. */
  env?: Record<string, string>
  /** A killed member of a consumer group delays those that live for 2 s at most; never said where a lost membership would be a fault. */
  shortSessions?: boolean
  /** After so long without a word from WhatsApp an open account is silent [10 min]. */
  silentAfterMs?: number
  /** After so long without a 2xx an endpoint is counted as failing [5 min]. */
  failingAfterMs?: number
  endpoint?: Record<string, unknown>
  /** Of the instance. */
  settings?: Record<string, unknown>
  respond?: (attempt: ReceivedAttempt) => Answer | Promise<Answer>
}

export const PHONE = '5511900000001'
export const INSTANCE = 'shop'

type Close = () => void | Promise<void>

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const closing: Close[] = []
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end()
  }
  try {
    return { ...(await setStage(options, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** `closing`: what ends what is open, in order of opening. */
async function setStage(options: StageOptions, closing: Close[]): Promise<Omit<Stage, 'close'>> {
  const { ground: openGround = async (directory: string) => embeddedGround(directory, null), respond, endpoint } = options
  const { path: dataDir, remove } = makeDataDir()
  closing.push(remove)
  const simulator = await openSimulator()
  closing.push(simulator.close)
  const receiver = await openReceiver(respond === undefined ? {} : { respond })
  closing.push(receiver.close)
  const ground = await openGround(dataDir)
  closing.push(ground.close)

  const {
    plan: firstPlan = null,
    slow = null,
    program = 'app',
    shortSessions = false,
    openFiles,
    silentAfterMs,
    failingAfterMs,
  } = options
  const env = { WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl, ...ground.env, ...options.env }
  const launchWith = (plan: CrashPlan | null) =>
    launchZaplog({
      ...{ dataDir, env, slow, program, plan, shortSessions },
      ...(openFiles === undefined ? {} : { openFiles }),
      ...(silentAfterMs === undefined ? {} : { silentAfterMs }),
      ...(failingAfterMs === undefined ? {} : { failingAfterMs }),
    })
  let launched = launchWith(firstPlan)
  closing.push(() => launched.kill())
  let zaplog = await launched.listening
  await subscribe(zaplog, receiver, endpoint)
  const device = await pair(zaplog, simulator, { id: INSTANCE, pn: PHONE, name: 'Shop', settings: options.settings ?? {} })
  const launch = (plan: CrashPlan | null = null) => {
    launched = launchWith(plan)
    return launched
  }
  return {
    simulator,
    receiver,
    device,
    ground,
    dataDir,
    zaplog: () => zaplog,
    launch,
    restart: async plan => {
      zaplog = await launch(plan).listening
      return zaplog
    },
    kill: () => launched.kill(),
    killEverything: async () => {
      await launched.kill()
      await ground.postgres.kill()
      await ground.postgres.start()
    },
  }
}

export async function subscribe(
  zaplog: ZaplogProcess,
  receiver: Receiver,
  endpoint: Record<string, unknown> = {},
): Promise<void> {
  const made = await zaplog.call('POST', '/v1/endpoints', {
    url: receiver.url,
    eventTypes: ['message.*', 'media.updated'],
    ...endpoint,
  })
  expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 })
  receiver.trust(String(made.body.secret))
}

export async function pair(
  zaplog: ZaplogProcess,
  simulator: Simulator,
  { id, pn, name, settings = {} }: { id: string; pn: string; name: string; settings?: Record<string, unknown> } = {
    ...{ id: INSTANCE, pn: PHONE, name: 'Shop' },
  },
): Promise<SimDevice> {
  const made = await zaplog.call('POST', '/v1/instances', { id, name, settings })
  expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 })
  const code = await zaplog.call('GET', `/v1/instances/${id}/qr?wait=30`)
  expect(code, JSON.stringify(code.body)).toMatchObject({ status: 200 })
  const device = await simulator.scanQr(String(code.body.qr), { pn, name })
  await until('the instance to be open', async () => {
    const { body } = await zaplog.call('GET', `/v1/instances/${id}`)
    return body.state === 'open' && device.isOnline()
  })
  return device
}

/** Every message went out, each once in effect, those of one chat in the order they were sent. */
export function expectOnceInOrder(receiver: Receiver, sent: readonly { chat: string; messageId: string }[]): void {
  const arrived = receiver.accepted.filter(
    attempt => attempt.body.type === 'message.received' || attempt.body.type === 'message.sent',
  )
  expect(receiver.refused).toEqual([])
  const byChat = (list: readonly { chat: string; messageId: string }[]) => Object.groupBy(list, one => one.chat)
  const seen = arrived.map(attempt => ({
    chat: String(attempt.body.data.chatId),
    messageId: String(attempt.body.data.messageId),
  }))
  expect(byChat(seen)).toEqual(byChat(sent.map(({ chat, messageId }) => ({ chat, messageId }))))
}

/** Waits until the receiver has taken in every one of these messages. */
export const untilDelivered = (receiver: Receiver, messageIds: readonly string[], deadlineMs?: number) =>
  until(
    `webhooks of ${messageIds.length} messages`,
    () => {
      const seen = new Set(receiver.accepted.map(attempt => attempt.body.data.messageId))
      return messageIds.every(id => seen.has(id))
    },
    deadlineMs,
  )
