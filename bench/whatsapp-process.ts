// The simulated WhatsApp in a process of its own, the same for both sides of a bench: it changes libsignal for its whole process.
import { setTimeout as delay } from 'node:timers/promises'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Contact, Group } from '../simulator/accounts/accounts.ts'
import { type MessageContent, text } from '../simulator/accounts/content.ts'
import type { SimDevice } from '../simulator/accounts/device.ts'
import { attr } from '../simulator/connection/stanza.ts'
import { image, video } from '../simulator/media/media.ts'
import { openSimulator, type Simulator } from '../simulator/simulator.ts'
import { answerCalls } from './child.ts'
import { createConversations, type Line } from './conversations.ts'
import { type SentFile, sentFileOf, writtenFile } from './written-file.ts'
import { type PictureKind, writtenPicture } from './written-picture.ts'
import { writtenText } from './written-text.ts'

type Sealing = { lines: readonly Line[]; n: number; picture?: PictureKind; twins?: readonly Line[] }

const simulator: Simulator = await openSimulator()
const devices = new Map<string, SimDevice>()
/** By client: what is delivered before anything new is written. */
const sealed = new Map<string, BinaryNode[]>()
/** By client: where its contacts write to it; without one, each in a chat of its own. */
const groups = new Map<string, Group>()
/** By client: the history that its phone tells it of next. */
const histories = new Map<string, Awaited<ReturnType<SimDevice['prepareHistory']>>>()
/** On the CDN. */
const files: SentFile[] = []
const { deliver, pace, offer } = createConversations({ simulator, write })

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
  /** As `seal`, each message with a video of its own of that size on the CDN, and those of before gone. Answers what is there. */
  sealFiles: async ({ lines, n, sizeBytes }: { lines: readonly Line[]; n: number; sizeBytes: number }): Promise<SentFile[]> => {
    for (const { path } of files.splice(0)) simulator.cdn.remove(path)
    for (const { jid } of lines) sealed.set(jid, [])
    for (let written = 0; written < n; written++) {
      const { jid, contacts } = lines[written % lines.length] ?? { jid: '', contacts: [] }
      const from = simulator.contact({ pn: contacts[0] ?? '' })
      const message = video(simulator.cdn, { bytes: await writtenFile(sizeBytes) })
      sealed.get(jid)?.push(await deviceOf(jid).seal(from, message))
      files.push(sentFileOf(message, sizeBytes))
    }
    return files
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
  /** Makes a history ahead, so that telling of it takes nothing of this process. */
  prepareHistory: async ({ line: { jid }, messages, seed }: { line: Line; messages: number; seed: string }) => {
    histories.set(jid, await deviceOf(jid).prepareHistory({ messages, seed, statuses: 0 }))
  },
  tellHistory: async ({ line: { jid } }: { line: Line }) => {
    await histories.get(jid)?.tell()
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

/** What was sealed for it before comes first. */
async function write(jid: string, from: Contact): Promise<void> {
  const stanza = sealed.get(jid)?.shift()
  if (stanza !== undefined) return deviceOf(jid).pushStanza(stanza)
  const group = groups.get(jid)
  const content = text(writtenText())
  await (group === undefined ? deviceOf(jid).send(from, content) : deviceOf(jid).sendGroup(group, from, content))
}

function deviceOf(jid: string): SimDevice {
  const device = devices.get(jid)
  if (device === undefined) throw new Error(`writing to ${jid}: it is not linked`)
  return device
}
