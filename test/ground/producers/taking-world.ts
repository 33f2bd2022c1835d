// An account's gate and its repository, and phones that write to it, with libsignal sessions of their own: what is taken in, appended, set and
// flushed in which order. The key store holds its keys in memory, as the auth state does while they lag; the log is durable when the test says.
import '../../../src/producers/socket/keep-context.ts'
import '../../../src/runtime/silence-libsignal.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type AuthenticationCreds,
  addTransactionCapability,
  type BinaryNode,
  BufferJSON,
  DEFAULT_CONNECTION_CONFIG,
  decryptMessageNode,
  encodeWAMessage,
  generateSignalPubKey,
  initAuthCreds,
  type proto,
  type SignalDataSet,
  type SignalKeyStore,
} from '@whiskeysockets/baileys'
import { readStanza } from '../../../src/convert/stanza-identity.ts'
import { type AckGate, createAckGate } from '../../../src/producers/gate/ack-gate.ts'
import { appendedPartsType, createAppendedStanzaParts } from '../../../src/producers/gate/appended-stanza-parts.ts'
import { begun } from '../../../src/producers/gate/begun.ts'
import { gateRepository } from '../../../src/producers/gate/gated-repository.ts'
import { createTakeIn } from '../../../src/producers/gate/take-in.ts'
import type { Repository } from '../../../src/producers/gate/take-part.ts'
import { createUntoldParts, type UntoldParts } from '../../../src/producers/gate/untold-parts.ts'
import { createProducerMetrics } from '../../../src/producers/producer-metrics.ts'
import { createBaileysLogger } from '../../../src/producers/socket/baileys-logger.ts'
import { createSocketLife, type SocketLife } from '../../../src/producers/socket-life.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'

export const me = { id: '5511900000001:7@s.whatsapp.net', lid: '100:7@lid' }
const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
/** Each phone takes one, as WhatsApp hands them out. */
const preKeyIds = [1, 2, 3, 4]

export type TakingWorld = {
  /** What happened, in order: `append …`, `set ahead …` and `set …` (which waits) with the names of keys, `flush`. */
  happened: string[]
  life: SocketLife
  creds: AuthenticationCreds
  keys: ReturnType<typeof addTransactionCapability>
  /** What Baileys asks. */
  repository: Repository
  gate: AckGate
  untold: UntoldParts
  /** As the stanza queue does. */
  takeIn(node: BinaryNode): ReturnType<ReturnType<typeof createTakeIn>>
  /** As Baileys does when it is handed the stanza: what it decrypts, or what it is told instead. */
  hand(node: BinaryNode): Promise<{ text: string | null; refusal: string | null }>
  /** The appends that were begun until now are durable. */
  appended(): void
  /** Of keys, by `type|id`. */
  held(): readonly string[]
  /** What takeIn is told of stanzas of the same sender that Baileys is not done with. */
  earlier: { asked: number; answer: Promise<void> | null }
  phone(jid: string): Promise<Phone>
}
export type Phone = {
  jid: string
  write(message: proto.IMessage): Promise<{ type: 'pkmsg' | 'msg'; content: Buffer }>
  writeInGroup(group: string, message: proto.IMessage): Promise<{ skmsg: Buffer; distribution: proto.IMessage }>
  /** Of what the account encrypted for it. */
  read(sealed: { type: 'pkmsg' | 'msg'; ciphertext: Uint8Array }): Promise<Buffer>
  /** What the account has to know of it to begin a session. */
  bundle: Parameters<Repository['injectE2ESession']>[0]['session']
  /** From now on another phone under the same address. */
  reinstall(): Promise<Phone>
}

export function openTakingWorld(logger: Logger): TakingWorld {
  const happened: string[] = []
  const life = createSocketLife()
  const creds = { ...initAuthCreds(), me }
  const left = [...preKeyIds]
  const auth = createMemoryAuth(happened, preKeysOf(creds))
  const log = createHeldLog(happened)
  const untold = createUntoldParts().ofAccount()
  const gate = createAckGate({
    ingest: {
      read: node => readStanza(node, { instanceId: 'first', own }),
      message: ({ node, part }) => log.begin(`message ${node.attrs.id}/${part}`),
      undecryptable: ({ node, part }) => log.begin(`undecryptable ${node.attrs.id}/${part}`),
      withheld: ({ attrs }) => log.begin(`withheld ${attrs.id}`),
      receipt: ({ attrs }) => log.begin(`receipt ${attrs.id}`),
      notification: ({ attrs }) => log.begin(`notification ${attrs.id}`),
      call: ({ attrs }) => log.begin(`call ${attrs.id}`),
      unknown: ({ node, name }) => log.begin(`unknown ${node.attrs.id}: ${name}`),
    },
    parts: createAppendedStanzaParts(auth),
    untold,
    life,
    own: () => own,
    logger,
    metrics: createProducerMetrics(createMetrics({ processMetrics: false })),
  })
  const gated = gateRepository({ gate, auth, lookUpLids: ask => ask })
  const baileysLogger = createBaileysLogger(logger, 'first')
  const keys = withTransactions(auth.keys, logger)
  const repository = gated.make({ creds, keys }, baileysLogger, async () => [])
  const takeIn = createTakeIn({ gate, auth, gated, me: () => me, life, logger })
  const earlier: TakingWorld['earlier'] = { asked: 0, answer: null }
  const inside = (node: BinaryNode) =>
    takeIn(node.tag === 'receipt' || node.tag === 'notification' || node.tag === 'call' ? node.tag : 'message', node, () => {
      earlier.asked += 1
      return earlier.answer
    })
  return {
    ...{ happened, life, creds, keys, repository, gate, untold, earlier },
    takeIn: inside,
    hand: async node => {
      const { fullMessage, decrypt } = decryptMessageNode(node, me.id, me.lid, repository, baileysLogger)
      await decrypt()
      return {
        text: fullMessage.message?.conversation ?? null,
        refusal: fullMessage.messageStubParameters?.[0] ?? null,
      }
    },
    appended: log.release,
    held: auth.held,
    phone: jid => openPhone({ jid, account: creds, left }, logger),
  }
}

function createHeldLog(happened: string[]) {
  let waiting = Promise.withResolvers<void>()
  return {
    begin: async (what: string) => {
      happened.push(`append ${what}`)
      return begun(waiting.promise)
    },
    release: () => {
      waiting.resolve()
      waiting = Promise.withResolvers()
    },
  }
}

function createMemoryAuth(happened: string[], keys: Record<string, unknown>) {
  const rows = new Map(Object.entries(keys).map(([name, value]) => [name, textOf(value)]))
  const context = new AsyncLocalStorage<true>()
  const say = (names: readonly string[]) => happened.push(`set ${context.getStore() ? 'ahead ' : ''}${names.join(' ')}`)

  async function set(data: SignalDataSet): Promise<void> {
    const names: string[] = []
    for (const [type, values] of Object.entries(data))
      for (const [id, value] of Object.entries(values)) {
        names.push(`${type}|${id}${value === null ? ' gone' : ''}`)
        if (value === null || value === undefined) rows.delete(`${type}|${id}`)
        else rows.set(`${type}|${id}`, textOf(value))
      }
    say(names)
  }

  const get = async (type: string, ids: readonly string[]) =>
    Object.fromEntries(
      ids.flatMap(id => {
        const text = rows.get(`${type}|${id}`)
        return text === undefined ? [] : [[id, JSON.parse(text, BufferJSON.reviver)]]
      }),
    )

  return {
    keys: { get, set } as SignalKeyStore,
    ahead: async <T>(work: () => Promise<T>) => ({ result: await context.run(true, work), kept: Promise.resolve() }),
    flush: async () => void happened.push('flush'),
    bringBack: async () => null,
    hasPart: async (digest: string) => rows.has(`${appendedPartsType}|${digest}`),
    held: () => [...rows.keys()],
  }
}

const textOf = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer)

const withTransactions = (keys: SignalKeyStore, logger: Logger) =>
  addTransactionCapability(keys, createBaileysLogger(logger, 'first'), { maxCommitRetries: 1, delayBetweenTriesMs: 0 })

const preKeysOf = ({ signedPreKey }: AuthenticationCreds) =>
  Object.fromEntries(preKeyIds.map(id => [`pre-key|${id}`, signedPreKey.keyPair]))

const bundleOf = ({ registrationId, signedIdentityKey, signedPreKey }: AuthenticationCreds, keyId: number): Phone['bundle'] => ({
  registrationId,
  identityKey: generateSignalPubKey(signedIdentityKey.public),
  signedPreKey: {
    keyId: signedPreKey.keyId,
    publicKey: generateSignalPubKey(signedPreKey.keyPair.public),
    signature: signedPreKey.signature,
  },
  preKey: { keyId, publicKey: generateSignalPubKey(signedPreKey.keyPair.public) },
})

type PhoneOf = { jid: string; account: AuthenticationCreds; left: number[] }

async function openPhone(of: PhoneOf, logger: Logger): Promise<Phone> {
  const { jid, account, left } = of
  const creds = initAuthCreds()
  const keys = withTransactions(createMemoryAuth([], preKeysOf(creds)).keys, logger)
  const signal = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, createBaileysLogger(logger, jid))
  await signal.injectE2ESession({ jid: me.lid, session: bundleOf(account, left.shift() ?? 0) })
  return {
    jid,
    bundle: bundleOf(creds, preKeyIds[0] ?? 0),
    write: async message => {
      const { type, ciphertext } = await signal.encryptMessage({ jid: me.lid, data: encodeWAMessage(message) })
      return { type, content: Buffer.from(ciphertext) }
    },
    writeInGroup: async (group, message) => {
      const sealed = await signal.encryptGroupMessage({ group, meId: jid, data: encodeWAMessage(message) })
      const axolotlSenderKeyDistributionMessage = sealed.senderKeyDistributionMessage
      const distribution = { senderKeyDistributionMessage: { groupId: group, axolotlSenderKeyDistributionMessage } }
      return { skmsg: Buffer.from(sealed.ciphertext), distribution }
    },
    read: async sealed =>
      Buffer.from(await signal.decryptMessage({ jid: me.lid, ...sealed, ciphertext: Buffer.from(sealed.ciphertext) })),
    reinstall: () => openPhone(of, logger),
  }
}

/** A message stanza with these encrypted parts. */
export const messageNode = (
  id: string,
  attrs: Record<string, string>,
  ...parts: readonly { type: string; content: Uint8Array }[]
): BinaryNode => ({
  tag: 'message',
  attrs: { id, type: 'text', t: '1700000000', ...attrs },
  content: parts.map(({ type, content }) => ({ tag: 'enc', attrs: { v: '2', type }, content })),
})
