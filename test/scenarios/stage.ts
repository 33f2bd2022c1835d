// What a scenario starts from: a simulated WhatsApp, a paired zaplog in a process of its own, a receiver that verifies signatures.
import { expect } from 'vitest'
import type { SimDevice } from '../../simulator/device.ts'
import { openSimulator, type Simulator } from '../../simulator/simulator.ts'
import { type Answer, openReceiver, type ReceivedAttempt, type Receiver } from '../receiver.ts'
import { until } from '../until.ts'
import type { CrashPlan } from './crash-plan.ts'
import type { SlowPlan } from './slow-statements.ts'
import { type Launched, launchZaplog, makeDataDir, type ZaplogProcess } from './zaplog-process.ts'

export type Stage = {
  simulator: Simulator
  device: SimDevice
  receiver: Receiver
  /** The running process; another one after each restart. */
  zaplog(): ZaplogProcess
  /** Starts zaplog again on the same directory; without a plan it does not crash any more. */
  restart(plan?: CrashPlan): Promise<ZaplogProcess>
  /** Starts zaplog again, and lets go at once: it may be killed on its way up. */
  launch(): Launched
  dataDir: string
  close(): Promise<void>
}
type Options = {
  /** Sees the data directory before zaplog does. */
  prepare?: (dataDir: string) => void
  plan?: CrashPlan
  slow?: SlowPlan
  program?: 'app' | 'start'
  env?: Record<string, string>
  endpoint?: Record<string, unknown>
  respond?: (attempt: ReceivedAttempt) => Answer | Promise<Answer>
}

export const PHONE = '5511900000001'
export const INSTANCE = 'shop'

export async function openStage(options: Options = {}): Promise<Stage> {
  const { slow = null, program = 'app', plan = null } = options
  const simulator = await openSimulator()
  const receiver = await openReceiver(options.respond === undefined ? {} : { respond: options.respond })
  const { path: dataDir, remove } = makeDataDir()
  options.prepare?.(dataDir)
  const env = { WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl, ...options.env }
  let launched = launchZaplog({ dataDir, env, slow, program, plan })
  const close = async () => {
    await launched.killEverything()
    await Promise.all([simulator.close(), receiver.close()])
    remove()
  }
  try {
    let zaplog = await launched.listening
    await subscribe(zaplog, receiver, options.endpoint)
    const device = await pair(zaplog, simulator)
    const launch = (again: CrashPlan | null = null) => {
      launched = launchZaplog({ dataDir, env, slow, program, plan: again })
      return launched
    }
    return {
      simulator,
      receiver,
      device,
      dataDir,
      zaplog: () => zaplog,
      launch,
      restart: async again => {
        zaplog = await launch(again).listening
        return zaplog
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function subscribe(zaplog: ZaplogProcess, receiver: Receiver, endpoint: Record<string, unknown> = {}): Promise<void> {
  const made = await zaplog.call('POST', '/v1/endpoints', {
    url: receiver.url,
    eventTypes: ['message.*', 'media.updated'],
    ...endpoint,
  })
  expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 })
  receiver.trust(String(made.body.secret))
}

async function pair(zaplog: ZaplogProcess, simulator: Simulator): Promise<SimDevice> {
  expect(await zaplog.call('POST', '/v1/instances', { id: INSTANCE, name: 'Shop' })).toMatchObject({ status: 201 })
  const code = await zaplog.call('GET', `/v1/instances/${INSTANCE}/qr?wait=30`)
  expect(code, JSON.stringify(code.body)).toMatchObject({ status: 200 })
  const device = await simulator.scanQr(String(code.body.qr), { pn: PHONE, name: 'Shop' })
  await until('the instance to be open', async () => {
    const { body } = await zaplog.call('GET', `/v1/instances/${INSTANCE}`)
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
