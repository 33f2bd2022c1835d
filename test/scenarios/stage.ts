// What a scenario starts from: a simulated WhatsApp, a paired zaplog in a process of its own, a receiver that verifies signatures.
import { expect } from 'vitest'
import type { SimDevice } from '../../simulator/device.ts'
import { openSimulator, type Simulator } from '../../simulator/simulator.ts'
import { type Answer, openReceiver, type ReceivedAttempt, type Receiver } from '../receiver.ts'
import { until } from '../until.ts'
import type { CrashPlan } from './crash-plan.ts'
import { makeDataDir, startZaplog, type ZaplogProcess } from './zaplog-process.ts'

export type Stage = {
  simulator: Simulator
  device: SimDevice
  receiver: Receiver
  /** The running process; another one after each restart. */
  zaplog(): ZaplogProcess
  /** Starts zaplog again on the same directory; without a plan it does not crash any more. */
  restart(plan?: CrashPlan): Promise<ZaplogProcess>
  close(): Promise<void>
}
type Options = {
  plan?: CrashPlan
  env?: Record<string, string>
  endpoint?: Record<string, unknown>
  respond?: (attempt: ReceivedAttempt) => Answer | Promise<Answer>
}

export const PHONE = '5511900000001'
export const INSTANCE = 'shop'

export async function openStage(options: Options = {}): Promise<Stage> {
  const simulator = await openSimulator()
  const receiver = await openReceiver(options.respond === undefined ? {} : { respond: options.respond })
  const dataDir = makeDataDir()
  const env = { WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl, ...options.env }
  let zaplog = await startZaplog({ dataDir: dataDir.path, env, plan: options.plan ?? null })
  await subscribe(zaplog, receiver, options.endpoint)
  const device = await pair(zaplog, simulator)
  return {
    simulator,
    receiver,
    device,
    zaplog: () => zaplog,
    restart: async plan => {
      zaplog = await startZaplog({ dataDir: dataDir.path, env, plan: plan ?? null })
      return zaplog
    },
    close: async () => {
      await zaplog.killEverything()
      await Promise.all([simulator.close(), receiver.close()])
      dataDir.remove()
    },
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
