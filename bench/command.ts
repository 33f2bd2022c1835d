// [F1] From the last byte of a POST until the message's stanza is at WhatsApp, one after another, to chats that are known; bare is Baileys alone
// that is asked in the same process. Pacing is off. 10 ms at p50 and 50 ms at p99 are the bounds.
import { openBaileysClient } from '../simulator/baileys-client.ts'
import { openSimulator, type Simulator } from '../simulator/simulator.ts'
import { type Bench, quantile } from './measure.ts'
import { openZaplog } from './zaplog.ts'

const instanceId = 'bench'
const warmUp = 20

export const command =
  ({ n, chats }: { n: number; chats: number }): Bench =>
  async closing => {
    const simulator = await openSimulator()
    closing.defer(simulator.close)
    const env = {
      WHATSAPP_URL: simulator.url,
      WHATSAPP_CDN_URL: simulator.cdnUrl,
      OUTBOUND_PER_MINUTE: '0',
      OUTBOUND_FIRST_PER_MINUTE: '0',
      OUTBOUND_FIRST_PER_DAY: '0',
    }
    const zaplog = await openZaplog(closing, env)
    await zaplog.ask('POST', '/v1/instances', { id: instanceId, name: 'Bench' })
    const { qr } = await zaplog.ask('GET', `/v1/instances/${instanceId}/qr?wait=30`)
    const device = await simulator.scanQr(String(qr), { pn: '5511900000001', name: 'Owner' })
    const client = openBaileysClient(simulator.url, undefined, { shouldSyncHistoryMessage: () => false })
    closing.defer(client.close)
    await simulator.scanQr(await client.whenQr(), { pn: '5511900000002', name: 'Bare' })
    await client.waitFor(client.isOpen)
    const people = Array.from({ length: chats }, (_, nth) => simulator.contact({ pn: `55119000001${nth + 10}`, name: `${nth}` }))
    const chatOf = (nth: number) => people[nth % people.length]?.lidJid ?? ''

    const ours = async (nth: number) => {
      const body = { chatId: chatOf(nth), kind: 'text', text: `text ${nth}` }
      await zaplog.ask('POST', `/v1/instances/${instanceId}/messages`, body)
    }
    const bare = async (nth: number) => {
      await client.socket().sendMessage(chatOf(nth), { text: `text ${nth}` })
    }
    for (let nth = 0; nth < warmUp; nth += 1) {
      await tookMs(simulator, () => ours(nth))
      await tookMs(simulator, () => bare(nth))
    }
    return async () => {
      const startedAt = performance.now()
      const took = { ours: [] as number[], bare: [] as number[] }
      for (let nth = 0; nth < n; nth += 1) {
        took.ours.push(await tookMs(simulator, () => ours(nth)))
        took.bare.push(await tookMs(simulator, () => bare(nth)))
      }
      const more = { p50Ms: quantile(took.ours, 0.5), bareP50Ms: quantile(took.bare, 0.5), conflicts: device.conflicts().length }
      const seconds = (performance.now() - startedAt) / 1000
      return { value: quantile(took.ours, 0.99), unit: 'ms', bare: quantile(took.bare, 0.99), n, seconds, more }
    }
  }

/** Until the simulator has read the message; what was asked for is answered by then, or soon after. */
async function tookMs(simulator: Simulator, send: () => Promise<void>): Promise<number> {
  const arrived = Promise.withResolvers<number>()
  const stop = simulator.on('client-message', ({ to }) => void (to.endsWith('@lid') && arrived.resolve(performance.now())))
  const startedAt = performance.now()
  const [endedAt] = await Promise.all([arrived.promise, send()])
  stop()
  return endedAt - startedAt
}
