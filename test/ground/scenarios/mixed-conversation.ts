// Texts, pictures and documents of several contacts, and what must have become of all of them when every fault is over.
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { Contact } from '../../../simulator/accounts/accounts.ts'
import { text } from '../../../simulator/accounts/content.ts'
import { document, image } from '../../../simulator/media/media.ts'
import { sampleJpeg, samplePdf } from '../../../simulator/media/sample-media.ts'
import type { EventOf } from '../../../src/events/event.ts'
import { asAdmin } from '../log/kafka-adapter.ts'
import type { TcpProxy } from '../tcp-proxy.ts'
import { until } from '../until.ts'
import type { Sent } from './conversation.ts'
import { expectReadModel } from './expect-read-model.ts'
import type { ExternalParts, NewerVersions } from './external-parts.ts'
import { expectOnceInOrder, INSTANCE, type Stage, untilDelivered } from './stage.ts'

/** Besides a text: a picture, or a document of at least so many bytes. */
type What = 'text' | 'picture' | { documentBytes: number }
export type Said = Sent & { file: Buffer | null }
export type MixedConversation = {
  contacts: readonly Contact[]
  /** Everything so far, in order. */
  said: readonly Said[]
  /** Resolves once queued at WhatsApp. */
  say(contact: Contact, what?: What): Promise<Said>
  /** The contacts write in turns; every `pictureEvery`th is a picture [none]. */
  write(total: number, options?: { pictureEvery?: number }): Promise<readonly Said[]>
  /** A text that not ours but a zaplog of a newer version heard and appended. */
  overhear(versions: NewerVersions, contact: Contact): Promise<Said>
}

export function openMixedConversation({ simulator, device }: Stage, { chats }: { chats: number }): MixedConversation {
  const contacts = Array.from({ length: chats }, (_, n) => simulator.contact({ pn: `55119000000${10 + n}` }))
  const said: Said[] = []

  async function say(contact: Contact, what: What = 'text') {
    const words = `${contact.pn} says ${said.length + 1}`
    const { content, file } = await contentOf(what, words)
    return note({ chat: contact.lidJid, messageId: await device.send(contact, content), text: words, file })
  }

  function note(one: Said) {
    said.push(one)
    return one
  }

  /** No two files are equal. */
  async function contentOf(what: What, caption: string) {
    if (what === 'text') return { content: text(caption), file: null }
    if (what === 'picture') {
      const bytes = await sampleJpeg({ colour: { r: said.length % 256, g: (said.length * 7) % 256, b: 99 } })
      return { content: image(simulator.cdn, { bytes, caption }), file: bytes }
    }
    const bytes = Buffer.concat([samplePdf({ title: caption }), Buffer.alloc(what.documentBytes, caption)])
    return { content: document(simulator.cdn, { bytes, caption, fileName: 'sample.pdf' }), file: bytes }
  }

  return {
    contacts,
    said,
    say,
    write: async (total, { pictureEvery = Number.POSITIVE_INFINITY } = {}) => {
      const from = said.length
      for (let n = 1; n <= total; n++) {
        const contact = contacts[n % chats]
        if (contact !== undefined) await say(contact, n % pictureEvery === 0 ? 'picture' : 'text')
      }
      return said.slice(from)
    },
    overhear: async (versions, contact) => {
      const words = `${contact.pn} says ${said.length + 1}`
      const messageId = randomBytes(10).toString('hex').toUpperCase()
      await versions.append(receivedFrom(contact, { messageId, text: words, sequence: said.length + 1 }))
      return note({ chat: contact.lidJid, messageId, text: words, file: null })
    },
  }
}

const receivedFrom = (
  { lidJid }: Contact,
  of: { messageId: string; text: string; sequence: number },
): EventOf<'message.received'> => ({
  ...of,
  eventId: randomBytes(16).toString('hex'),
  type: 'message.received',
  instanceId: INSTANCE,
  epoch: 0,
  occurredAt: Date.now(),
  recordedAt: Date.now(),
  chatId: lidJid,
  senderId: lidJid,
  fromMe: false,
  kind: 'text',
  isGroup: false,
})

export const idsOf = (said: readonly Said[]) => said.map(one => one.messageId)

/** Rounds of ten, two pictures in each, acknowledged before the next begins: every round costs requests of its own. */
export async function talkInRounds({ device }: Stage, talk: MixedConversation, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    await talk.write(10, { pictureEvery: 5 })
    await until(`round ${round} to be acknowledged`, () => device.pending().length === 0, 60_000)
  }
}

/** The part accepts everything and answers nothing meanwhile; for how long is what the test is about. */
export async function hangFor(heldMs: number, proxy: TcpProxy, meanwhile: () => Promise<unknown>): Promise<void> {
  proxy.watch(null)
  proxy.hold()
  await Promise.all([meanwhile(), new Promise(resolve => setTimeout(resolve, heldMs))])
  proxy.resume()
}

/** Once in effect, in order, with every file, acknowledged, nothing parked or failed, no error said, and zaplog is well again. */
export async function expectNothingLost(stage: Stage, parts: ExternalParts, said: readonly Said[]): Promise<void> {
  const { device, receiver } = stage
  await untilDelivered(receiver, idsOf(said), 60_000)
  await until('WhatsApp to have every receipt', () => device.pending().length === 0)
  expectOnceInOrder(receiver, said)
  await expectReadModel(
    stage.zaplog(),
    said.map(({ file: _, ...sent }) => sent),
  )
  await untilStored(stage, said)
  for (const { messageId, file } of said) if (file !== null) await expectFile(stage, messageId, file)
  expect(await recordsIn(parts, 'media-failed')).toBe(0)
  expect(await recordsIn(parts, 'dead-letters')).toBe(0)
  await until('zaplog to be well again', async () => (await readReady(stage)).body.status === 'ok')
  expect(errorsSaid(stage)).toEqual([])
}

export const readReady = (stage: Stage) => stage.zaplog().call('GET', '/health/ready')

/** The checks of readiness that are not well, `name: detail` each. */
export async function troublesOf(stage: Stage): Promise<readonly string[]> {
  const { body } = await readReady(stage)
  const checks = body.checks as readonly { name: string; state: string; detail: string }[]
  return checks.filter(({ state }) => state !== 'ok').map(({ name, detail }) => `${name}: ${detail}`)
}

/** What webhooks said of the message's file, in order. */
export const mediaSaidOf = ({ receiver }: Stage, messageId: string): readonly { status: string; url: string }[] =>
  receiver.accepted
    .filter(({ body }) => body.data.messageId === messageId && body.data.media !== undefined)
    .map(({ body }) => body.data.media as { status: string; url: string })

/** Until webhooks have said of every file among them that it is stored. */
export async function untilStored(stage: Stage, said: readonly Said[]): Promise<void> {
  for (const { messageId, file } of said)
    if (file !== null)
      await until(`the file of ${messageId}`, () => mediaSaidOf(stage, messageId).at(-1)?.status === 'stored', 60_000)
}

/** Stored when the message went out, or announced once when it was; the link leads to the very bytes. */
async function expectFile(stage: Stage, messageId: string, file: Buffer): Promise<void> {
  const media = mediaSaidOf(stage, messageId)
  expect([['stored'], ['pending', 'stored']]).toContainEqual(media.map(one => one.status))
  const response = await fetch(media.at(-1)?.url ?? '')
  expect(response.status).toBe(200)
  expect(Buffer.from(await response.arrayBuffer()).equals(file)).toBe(true)
}

async function recordsIn({ kafka }: ExternalParts, topic: string): Promise<number> {
  const offsets = await asAdmin(kafka, admin => admin.fetchTopicOffsets(`wa.${topic}`))
  return offsets.reduce((sum, { offset }) => sum + Number(offset), 0)
}

const PINO_ERROR = 50

const errorsSaid = (stage: Stage): readonly object[] =>
  stage
    .zaplog()
    .errors()
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
    .filter(line => line.level >= PINO_ERROR)
