// [K1] What the simulator itself costs per delivered text: a benchmark that it feeds must measure zaplog, not the simulator.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { encodeContent, text } from '../simulator/content.ts'
import { createPeer } from '../simulator/peer.ts'
import { openSimulator } from '../simulator/simulator.ts'

const n = 10_000
const warmUpMessages = 2_000
/** Not yet acknowledged at any time, as many as WhatsApp lets through to a busy client. */
const window = 100

type Result = {
  name: 'simulator'
  value: number
  unit: 'ms CPU/message'
  bare: number
  ratio: number
  n: number
  seconds: number
}

/** `value` is this process's CPU per text that a real client in another process received and acknowledged; `bare` is Signal alone. */
export async function bench(): Promise<Result> {
  const simulator = await openSimulator()
  const client = fork(new URL('../simulator/bench-client.ts', import.meta.url), [simulator.url])
  try {
    const { qr } = await message(client)
    const device = await simulator.scanQr(String(qr), { pn: '5511900000001' })
    await message(client)
    const contact = simulator.contact({ pn: '5511900000011' })
    const deliver = (texts: number) => deliverAll(texts, device, contact, simulator.on)
    await deliver(1)
    device.establishSession(contact)
    await deliver(warmUpMessages)
    const startedAt = performance.now()
    const value = await cpuMsPer(n, () => deliver(n))
    const seconds = (performance.now() - startedAt) / 1000
    const bare = await encryptOnly()
    return { name: 'simulator', value, unit: 'ms CPU/message', bare, ratio: value / bare, n, seconds }
  } finally {
    await stop(client)
    await simulator.close()
  }
}

type Simulated = Awaited<ReturnType<typeof openSimulator>>
type Device = ReturnType<Simulated['device']>
type Contact = ReturnType<Simulated['contact']>

/** Resolves when the client has settled the last of them; keeps the window full until then. */
function deliverAll(texts: number, device: Device, from: Contact, on: Simulated['on']): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0
    let settled = 0
    const stopListening = on('settled', () => {
      settled++
      if (settled === texts) {
        stopListening()
        resolve()
      } else sendNext()
    })
    function sendNext(): void {
      if (sent === texts) return
      sent++
      device.send(from, textOf(sent)).catch(reject)
    }
    for (let open = 0; open < window; open++) sendNext()
  })
}

/** The same texts through the same ratchet, going nowhere. */
async function encryptOnly(): Promise<number> {
  const [sender, receiver] = [createPeer(), createPeer()]
  const jid = '5511900000001:1@s.whatsapp.net'
  await sender.startSession(jid, receiver.bundle())
  sender.establishSession(jid)
  const encrypt = async (texts: number) => {
    for (let sent = 1; sent <= texts; sent++) await sender.encrypt(jid, encodeContent(textOf(sent)))
  }
  await encrypt(warmUpMessages)
  return cpuMsPer(n, () => encrypt(n))
}

async function cpuMsPer(messages: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / messages
}

const textOf = (number: number) => text(`message ${number}, as long as people write them on a phone`)

async function message(client: ChildProcess): Promise<{ qr?: unknown }> {
  const [received] = await Promise.race([
    once(client, 'message'),
    once(client, 'exit').then(([code]) => Promise.reject(new Error(`starting the client process: it ended with ${code}`))),
  ])
  return received
}

async function stop(client: ChildProcess): Promise<void> {
  if (client.exitCode !== null) return
  const exited = once(client, 'exit')
  client.kill()
  await exited
}
