// The simulated WhatsApp in a process of its own, the same for both sides of a bench: it changes libsignal for its whole process.
import { setTimeout as delay } from 'node:timers/promises'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Contact, Group } from '../simulator/accounts/accounts.ts'
import { type MessageContent, text } from '../simulator/accounts/content.ts'
import type { SimDevice } from '../simulator/accounts/device.ts'
import { attr } from '../simulator/connection/stanza.ts'
import { image } from '../simulator/media/media.ts'
import { openSimulator, type Simulator } from '../simulator/simulator.ts'
import { answerCalls } from './child.ts'
import { type PictureKind, writtenPicture } from './written-picture.ts'
import { writtenText } from './written-text.ts'

/** A linked client, and the numbers of the contacts who write to it in turns. */
export type Line = { jid: string; contacts: readonly string[] }
/** `window`: written and not yet acknowledged at any time, for each client; WhatsApp lets about a hundred through to a busy one. */
type Delivery = { lines: readonly Line[]; n: number; window: number }
type Sealing = { lines: readonly Line[]; n: number; picture?: PictureKind; twins?: readonly Line[] }
type Pace = { lines: readonly Line[]; n: number; perSecond: number }
/** `perSecond`: offered to all of them together; what does not fit into a window waits at WhatsApp. */
type Offer = Delivery & { perSecond: number }

const simulator: Simulator = await openSimulator()
const devices = new Map<string, SimDevice>()
/** By client: what is delivered before anything new is written. */
const sealed = new Map<string, BinaryNode[]>()
/** By client: where its contacts write to it; without one, each in a chat of its own. */
const groups = new Map<string, Group>()

const calls = {
  urls: async () => ({ url: simulator.url, cdnUrl: simulator.cdnUrl }),
  /** Answers the JID of the client that is linked by it. */
  scan: async ({ qr, pn }: { qr: string; pn: string }) => {
    const device = await simulator.scanQr(qr, { pn })
    devices.set(device.jid, device)
    return device.jid
  },
  /** Each contact's first message opens its session; from then on they write as people do who were answered. */
  greet: async ({ lines }: { lines: readonly Line[] }) => {
    const first = lines.flatMap(({ jid, contacts }) => contacts.map(pn => ({ jid, contacts: [pn] })))
    for (const line of first) await deliver({ lines: [line], n: 1, window: 1 })
    for (const { jid, contacts } of lines) for (const pn of contacts) deviceOf(jid).establishSession(simulator.contact({ pn }))
  },
  /** Makes these people, which takes their phones longer than a message. */
  meet: async ({ contacts }: { contacts: readonly string[] }) => {
    for (const pn of contacts) simulator.contact({ pn })
  },
  /** Makes a group of each line's account and its contacts, in which they write from now on; `twins` are other clients of these accounts. */
  gather: async ({ lines, twins }: { lines: readonly Line[]; twins: readonly Line[] }) => {
    for (const [index, { jid, contacts }] of lines.entries()) {
      const members = [deviceOf(jid).owner, ...contacts.map(pn => simulator.contact({ pn }))]
      const group = simulator.group({ subject: `group ${index}`, members })
      groups.set(jid, group).set(twins[index]?.jid ?? '', group)
    }
  },
  /**
   * Writes what the next delivery of as many messages on these lines sends, so that the writers' phones take nothing of its time. In groups
   * the next delivery to the `twins` sends the very same stanzas: their sender's key is one for all.
   */
  seal: async ({ lines, n, picture, twins = [] }: Sealing) => {
    for (const [index, { jid, contacts }] of lines.entries()) {
      const stanzas: BinaryNode[] = []
      for (let written = 0; written < Math.ceil((n - index) / lines.length); written++) {
        const from = simulator.contact({ pn: contacts[written % contacts.length] ?? '' })
        stanzas.push(await sealOne(jid, from, await contentOf(picture)))
      }
      sealed.set(jid, stanzas)
      const twin = twins[index]
      if (twin !== undefined) sealed.set(twin.jid, [...stanzas])
    }
  },
  /** Sends what was sealed for a line, one each `everyMs`, whatever is acknowledged. Answers when each was sent, by its message id. */
  release: async ({ line: { jid }, everyMs }: { line: Line; everyMs: number }) => {
    const sentAt: Record<string, number> = {}
    for (const stanza of sealed.get(jid)?.splice(0) ?? []) {
      sentAt[attr(stanza, 'id')] = Date.now()
      deviceOf(jid).pushStanza(stanza)
      if (everyMs > 0) await delay(everyMs)
    }
    return sentAt
  },
  deliver,
  pace,
  offer,
  /** Writes to clients that are away; what they have not acknowledged is kept for them, in order. */
  leave: async ({ lines, n }: { lines: readonly Line[]; n: number }) => {
    for (let written = 0; written < n; written++) {
      const { jid, contacts } = lines[written % lines.length] ?? { jid: '', contacts: [] }
      const pn = contacts[Math.floor(written / lines.length) % contacts.length] ?? ''
      await deviceOf(jid).send(simulator.contact({ pn }), text(writtenText()))
    }
  },
  /** How many of all that was written are not acknowledged yet. */
  pending: async () => [...devices.values()].reduce((sum, device) => sum + device.pending().length, 0),
  /** Of this process, so far. */
  cpuMs: async () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
}
export type WhatsAppCalls = typeof calls
answerCalls(calls)

function sealOne(jid: string, from: Contact, content: MessageContent): Promise<BinaryNode> {
  const group = groups.get(jid)
  return group === undefined ? deviceOf(jid).seal(from, content) : deviceOf(jid).sealGroup(group, from, content)
}

const contentOf = async (picture: PictureKind | undefined): Promise<MessageContent> =>
  picture === undefined ? text(writtenText()) : image(simulator.cdn, await writtenPicture(picture))

/** Keeps the window of every client full. Answers the seconds from the first message to the last acknowledgement. */
async function deliver({ lines, n, window }: Delivery): Promise<number> {
  const startedAt = performance.now()
  await converse(lines, n, writers => {
    for (const { write } of writers) for (let open = 0; open < window; open++) write()
    return writer => writer.write()
  })
  return (performance.now() - startedAt) / 1000
}

/** Writes evenly over time, to one client after another, whatever is acknowledged. */
async function pace({ lines, n, perSecond }: Pace): Promise<void> {
  await converse(lines, n, writers => {
    const startedAt = performance.now()
    let written = 0
    const beat = setInterval(() => {
      const due = Math.min(n, ((performance.now() - startedAt) / 1000) * perSecond)
      for (; written < due; written++) writers[written % writers.length]?.write()
      if (written === n) clearInterval(beat)
    }, 1)
    return () => undefined
  })
}

/** Offers messages evenly over time, to one client after another, and lets as many through as each one's window has room for. */
async function offer({ lines, n, window, perSecond }: Offer): Promise<void> {
  await converse(lines, n, writers => {
    const startedAt = performance.now()
    const queues = writers.map(writer => ({ writer, offered: 0, open: 0 }))
    let offered = 0
    const letThrough = (queue: (typeof queues)[number]) => {
      for (; queue.offered > 0 && queue.open < window; queue.offered--, queue.open++) queue.writer.write()
    }
    const offerTo = (queue: (typeof queues)[number] | undefined) => {
      if (queue !== undefined) queue.offered++
    }
    const beat = setInterval(() => {
      const due = Math.min(n, ((performance.now() - startedAt) / 1000) * perSecond)
      for (; offered < due; offered++) offerTo(queues[offered % queues.length])
      queues.forEach(letThrough)
      if (offered === n) clearInterval(beat)
    }, 10)
    return acknowledgedBy => {
      for (const queue of queues.filter(({ writer }) => writer === acknowledgedBy)) {
        queue.open--
        letThrough(queue)
      }
    }
  })
}

type Writer = { jid: string; write(): void }
/** Answers what to do when a client has acknowledged one. */
type Drive = (writers: readonly Writer[]) => (acknowledgedBy: Writer) => void

/** Resolves when all n are acknowledged; anything but a receipt is a message that was not taken in, and makes it reject. */
function converse(lines: readonly Line[], n: number, drive: Drive): Promise<void> {
  return new Promise((resolve, reject) => {
    let acknowledged = 0
    const writers = lines.map((line, index) => createWriter(line, Math.ceil((n - index) / lines.length), reject))
    const stop = simulator.on('settled', ({ device, settlement: { tag, how } }) => {
      const writer = writers.find(({ jid }) => jid === device.jid)
      if (writer === undefined || tag !== 'message') return
      if (!how.startsWith('receipt:')) reject(new Error(`delivering to ${device.jid}: it answered ${how}`))
      if (++acknowledged < n) return acknowledge(writer)
      stop()
      resolve()
    })
    const acknowledge = drive(writers)
  })
}

/** Writes at most n, the contacts in turns. */
function createWriter({ jid, contacts }: Line, n: number, failed: (error: unknown) => void): Writer {
  const device = deviceOf(jid)
  const people: readonly Contact[] = contacts.map(pn => simulator.contact({ pn }))
  let written = 0
  return {
    jid,
    write: () => {
      const from = people[written % people.length]
      if (written === n || from === undefined) return
      written++
      const stanza = sealed.get(jid)?.shift()
      if (stanza !== undefined) return device.pushStanza(stanza)
      const group = groups.get(jid)
      const content = text(writtenText())
      const sent = group === undefined ? device.send(from, content) : device.sendGroup(group, from, content)
      sent.catch(failed)
    },
  }
}

function deviceOf(jid: string): SimDevice {
  const device = devices.get(jid)
  if (device === undefined) throw new Error(`writing to ${jid}: it is not linked`)
  return device
}
