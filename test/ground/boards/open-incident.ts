// What an incident happens to: a zaplog with two accounts on a Kafka of its own, its object store and Postgres behind proxies, and a Prometheus that scrapes it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPrometheus, type Prometheus } from '../../../infra/services/prometheus.ts'
import { text } from '../../../simulator/accounts/content.ts'
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import type { Ground } from '../scenarios/ground.ts'
import { type MixedConversation, openMixedConversation } from '../scenarios/mixed-conversation.ts'
import { putBehind } from '../scenarios/put-behind.ts'
import { openSharedGround } from '../scenarios/setups.ts'
import { openStage, pair, type Stage } from '../scenarios/stage.ts'
import type { TcpProxy } from '../tcp-proxy.ts'
import { type ChoosyEndpoint, openChoosyEndpoint } from './choosy-endpoint.ts'
import { SILENT_SECONDS } from './faults-shown.ts'

export type Incident = {
  stage: Stage
  prometheus: Prometheus
  talk: MixedConversation
  receiver: { isDown: boolean }
  choosy: ChoosyEndpoint
  objectStore: TcpProxy
  postgres: TcpProxy
  shop: SimDevice
  support: SimDevice
  /** Accounts that somebody writes to every other second, so that they are not silent by chance. */
  inChat: Set<SimDevice>
}
export type OnEnd = (close: () => void | Promise<void>) => void

const CHAT_EVERY_MS = 2_000
const FAILING_AFTER_MS = 5_000

export async function openIncident(onEnd: OnEnd): Promise<Incident> {
  const receiver = { isDown: false }
  const { ground, objectStore, postgres } = await openProxiedGround()
  const stage = await openStage({
    // A delivery that is refused while others are taken is given up when these are over.
    env: { WHATSAPP_APPEND_TIMEOUT: '3s', WEBHOOK_RETRY_DELAYS: '1s,1s,2s' },
    silentAfterMs: SILENT_SECONDS * 1_000,
    failingAfterMs: FAILING_AFTER_MS,
    ground: async () => ground,
    respond: () => (receiver.isDown ? { status: 503 } : {}),
  })
  onEnd(stage.close)
  const support = await pair(stage.zaplog(), stage.simulator, { id: 'support', pn: '5511900000002', name: 'Support' })
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-prometheus-'))
  onEnd(() => rm(directory, { recursive: true, force: true }))
  const { url, key } = stage.zaplog()
  const prometheus = await openPrometheus({ directory, target: new URL(url).host, token: key })
  onEnd(prometheus.close)
  const shop = stage.device
  const inChat = new Set([shop, support])
  onEnd(openChat(stage, inChat))
  const talk = openMixedConversation(stage, { chats: 2 })
  const choosy = await openChoosyEndpoint(stage, onEnd)
  return { stage, prometheus, talk, receiver, choosy, objectStore, postgres, shop, support, inChat }
}

async function openProxiedGround(): Promise<{ ground: Ground; objectStore: TcpProxy; postgres: TcpProxy }> {
  const ground = await openSharedGround({ ownLog: true, prepareStore: null })
  const objectStore = await putBehind(ground.env.S3_ENDPOINT ?? '')
  const postgres = await putBehind(ground.env.DATABASE_URL ?? '')
  const close = async () => {
    await ground.close()
    await objectStore.proxy.close()
    await postgres.proxy.close()
  }
  const env = { ...ground.env, S3_ENDPOINT: objectStore.setting, DATABASE_URL: postgres.setting }
  return { ground: { ...ground, env, close }, objectStore: objectStore.proxy, postgres: postgres.proxy }
}

/** Answers what ends it; rejections of sends are the test's. */
function openChat({ simulator }: Stage, devices: ReadonlySet<SimDevice>): () => void {
  const somebody = simulator.contact({ pn: '5511900000019', name: 'Ana' })
  const chat = setInterval(() => {
    for (const device of devices) void device.send(somebody, text('oi'))
  }, CHAT_EVERY_MS)
  return () => clearInterval(chat)
}
