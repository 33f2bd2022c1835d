// [K1] What the simulator itself costs per delivered text: a benchmark that it feeds must measure zaplog, not the simulator.
import { encodeContent, text } from '../simulator/accounts/content.ts'
import { createPeer } from '../simulator/accounts/peer.ts'
import type { BaileysCalls } from './baileys-process.ts'
import { openChild } from './child.ts'
import { type Bench, mean } from './measure.ts'
import type { WhatsAppCalls } from './whatsapp-process.ts'
import { writtenText } from './written-text.ts'

const n = 10_000
const slices = 4
const warmUpMessages = 2_000
/** Not yet acknowledged at any time, as many as WhatsApp lets through to a busy client. */
const window = 100
const contacts = ['5511900000011']

/** `value` is the simulator's CPU per text that a real client in another process received and acknowledged; `bare` is Signal alone. */
export const simulator: Bench = async closing => {
  const whatsapp = openChild<WhatsAppCalls>(closing, './whatsapp-process.ts')
  const client = openChild<BaileysCalls>(closing, './baileys-process.ts')
  const { url } = await whatsapp.urls()
  const lines = [{ jid: await whatsapp.scan({ qr: await client.open({ url }), pn: '5511900000001' }), contacts }]
  await client.opened()
  await whatsapp.greet({ lines })
  await whatsapp.deliver({ lines, n: warmUpMessages, window })
  return async () => {
    const [values, bares]: [number[], number[]] = [[], []]
    let seconds = 0
    for (let slice = 0; slice < slices; slice++) {
      const before = await whatsapp.cpuMs()
      seconds += await whatsapp.deliver({ lines, n: n / slices, window })
      values.push(((await whatsapp.cpuMs()) - before) / (n / slices))
      bares.push(await encryptOnly(n / slices))
    }
    const ratios = values.map((value, slice) => value / (bares[slice] ?? 0))
    return { value: mean(values), unit: 'ms CPU/message', bare: mean(bares), n, seconds, ratios }
  }
}

/** The same texts through the same ratchet, going nowhere; in ms of CPU for each. */
async function encryptOnly(count: number): Promise<number> {
  const [sender, receiver] = [createPeer(), createPeer()]
  const jid = '5511900000001:1@s.whatsapp.net'
  await sender.startSession(jid, receiver.bundle())
  sender.establishSession(jid)
  const encrypt = async (texts: number) => {
    for (let sent = 0; sent < texts; sent++) await sender.encrypt(jid, encodeContent(text(writtenText())))
  }
  await encrypt(count / 4)
  const before = process.cpuUsage()
  await encrypt(count)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / count
}
