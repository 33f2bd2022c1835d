// One WhatsApp connection: the unmodified Baileys, gated and hardened from outside through its public options and its event emitters.
import './keep-context.ts'
import './signal-crypto.ts'
import '../../runtime/silence-libsignal.ts'
import './verify-sender-key.ts'
import makeWASocket, { type BaileysEventMap, type BinaryNode, type WASocket } from '@whiskeysockets/baileys'
import type { WebSocket } from 'ws'
import type { InstanceSettings } from '../../instances/instance-settings.ts'
import { createEvery } from '../../runtime/every.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { AuthState } from '../auth/auth-state.ts'
import type { AckGate } from '../gate/ack-gate.ts'
import { type GatedRepository, gateRepository } from '../gate/gated-repository.ts'
import { createTakeIn } from '../gate/take-in.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { SocketLife } from '../socket-life.ts'
import { keepRead } from './agree-on-keys.ts'
import { createRecipients } from './ask-recipients.ts'
import { leanRetryManager } from './baileys-caches.ts'
import { countHeard, type Heard } from './count-heard.ts'
import { endQueries } from './end-queries.ts'
import { createListFetcher } from './fetch-lists.ts'
import { hardenSocket, sendingOf } from './harden-socket.ts'
import { keysNamedBy } from './keys-ahead.ts'
import { rememberMisses } from './lid-lookups.ts'
import { type AskForCode, openPairingCodes } from './pairing-code.ts'
import type { Ending } from './reconnect-policy.ts'
import { createSend, type Send } from './send.ts'
import { createSendAgain, type FindSent } from './send-again.ts'
import { connectTimeoutMs, keepAliveIntervalMs, monotonic, socketOptions } from './socket-options.ts'
import { openStanzaQueue } from './stanza-queue.ts'
import { learnPairsBy, type StorePairs, storePairsTogether } from './store-pairs.ts'
import { tellGroupListsUnmerged } from './unmerged-group-lists.ts'
import type { AppStateWatch } from './watch-app-state.ts'

export type ConnectionUpdate = BaileysEventMap['connection.update']
export type Closed = Pick<Ending, 'statusCode' | 'message' | 'details'>
export type Socket = {
  /** Resolves when the connection is gone; what came through it may still be on its way into the log. */
  closed: Promise<Closed>
  /** Resolves when nothing of it is on its way any more. */
  idle(): Promise<void>
  /** Takes in no more stanzas, hands over those that were taken in, makes everything durable, says goodbye. */
  close(): Promise<void>
  send: Send
  /** For a code that links a phone, while QR codes are shown. */
  askForCode: AskForCode
  /** Of addresses that were one account once, for the keys of this one where they know neither. Resolves once they are durable. */
  learnPairs: StorePairs
  /** Unlinks this device at WhatsApp; ends as closed with 401. */
  logout(): Promise<void>
}
export type SocketDeps = {
  instanceId: string
  auth: AuthState
  gate: AckGate
  life: SocketLife
  appState: Pick<AppStateWatch, 'follow'>
  /** null: WhatsApp itself. */
  url: string | null
  /** null: WhatsApp's own CDN. */
  cdnUrl: string | null
  /** null: Baileys' own. */
  version: readonly [number, number, number] | null
  /** null: Baileys' 60 s for the first code of a round, 20 s for each later one. */
  qrTimeoutMs: number | null
  settings: InstanceSettings
  /** Those that zaplog asks for by itself (fetch-lists.ts). */
  fetchesLists: boolean
  /** Every event of Baileys, in its order; a throw is counted, and hides no other. */
  received(name: string, payload: unknown): void
  /** Of a message that a device of its recipient could not read. */
  findSent: FindSent
  /** Each ack of a message that was sent, and each receipt; a throw is counted. */
  acked(node: BinaryNode): void
  /** Each stanza that says who is there; a throw is counted. */
  presence(node: BinaryNode): void
  connection(update: ConnectionUpdate): void
  /** Somebody typed a code on a phone, and Baileys has made what it makes of it; of what WhatsApp then refuses no event of Baileys tells. */
  codeTyped(): void
  tally: Heard
  clock: () => number
  logger: Logger
  metrics: ProducerMetrics
}

const goodbyeMs = 2_000
/** When the cache of LIDs is emptied, which has no bound of its own, and a timer per entry. */
const everyTenMinutes = createEvery(10 * 60 * 1000)

export function openSocket(deps: SocketDeps): Socket {
  const { instanceId, auth, gate, life, clock, logger } = deps
  const failed = (error: unknown, where: string) =>
    void (life.isOver() || logger.warn('socket.listener-failed', { instanceId, where, error }))
  const lookUp = { clock, failed: (error: unknown) => failed(error, 'lid look-up') }
  const repository = gateRepository({ gate, auth, lookUpLids: ask => rememberMisses(ask, lookUp) })
  const { socket, send } = makeSocket(deps, repository)
  life.owns(() => cut(socket))
  if (socket.messageRetryManager !== null) leanRetryManager(socket.messageRetryManager, monotonic)
  tellUnmerged(socket, deps)
  storePairsTogether(socket, error => failed(error, 'storing pairs of addresses'))
  const fetchLists = createListFetcher({ ...deps, socket })
  const noMore = new AbortController()
  const stanzas = openStanzaQueue(socket.ws, {
    noMore: noMore.signal,
    isOver: life.isOver,
    readAhead: nodes => auth.readAhead(nodes.flatMap(keysNamedBy)),
    takeIn: createTakeIn({ gate, auth, gated: repository, me: () => auth.creds.me, life, logger }),
    failed: (error, node) => failed(error, node.tag),
    handed: ({ tag, attrs }) => attrs.type === 'link_code_companion_reg' && take(tag, deps.codeTyped),
  })
  const stopHardening = hardenSocket(socket.ws, {
    ...life,
    cut: () => cut(socket),
    failed,
    sending: () => sendingOf(connectionOf(socket)),
    keepAliveIntervalMs,
    connectTimeoutMs,
  })
  countHeard(socket.ws, deps.tally)
  const stops = [stopHardening, everyTenMinutes(() => socket.signalRepository.lidMapping.close())]

  /** Baileys awaits nobody: what is thrown here would end the process. */
  function take(name: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      deps.metrics.untaken.inc()
      logger.warn('socket.event-not-taken', { instanceId, name, error })
    }
  }

  hearStanzas(socket, deps, take)
  const closed = new Promise<Closed>(resolve => {
    socket.ev.process(async events => {
      if (events['creds.update']) auth.credsChanged()
      // Whatever else is among them, the end of the connection is not missed.
      const update = events['connection.update']
      if (update?.connection === 'close') {
        life.closed()
        noMore.abort()
        for (const stop of stops) stop()
        resolve(closedBy(update.lastDisconnect?.error))
        endQueries(socket)
      }
      if (update !== undefined) take('connection.update', () => deps.connection(update))
      if (deps.fetchesLists) fetchLists(events)
      for (const [name, payload] of Object.entries(events)) take(name, () => deps.received(name, payload))
    })
  })

  return {
    closed,
    idle: stanzas.idle,
    close: async () => {
      noMore.abort()
      await stanzas.idle()
      await makeDurable(deps)
      // What Baileys still buffers would be thrown away with it.
      socket.ev.flush()
      await untilClosed(socket, closed, socket.end(undefined))
    },
    ...{ send, askForCode: openPairingCodes(socket, deps), learnPairs: pairLearner(auth, repository) },
    logout: async () => {
      await socket.logout()
      await untilClosed(socket, closed)
    },
  }
}

function makeSocket(deps: SocketDeps, { make, sending }: GatedRepository): { socket: WASocket; send: Send } {
  const { creds } = deps.auth
  for (const key of [creds.signedIdentityKey, creds.signedPreKey.keyPair]) keepRead(key.private)
  const recipients = createRecipients()
  const { cachedGroupMetadata } = recipients
  const options = socketOptions(deps, make)
  const again = createSendAgain(deps.findSent, options.msgRetryCounterCache)
  const ofAgain = { getMessage: again.find, msgRetryCounterCache: again.counters }
  const socket = makeWASocket({ ...options, cachedGroupMetadata, ...ofAgain })
  again.follow(socket)
  return { socket, send: createSend({ ...deps, socket, recipients, sending }) }
}

const pairLearner = (auth: AuthState, repository: GatedRepository): StorePairs =>
  learnPairsBy({
    keys: auth.keys,
    store: pairs => repository.ahead().lidMapping.storeLIDPNMappings([...pairs]),
    alone: async work => await (await auth.ahead(() => repository.inOneUnit(work))).kept,
  })

/** What Baileys' buffer would merge into something that a gated stanza said. */
function tellUnmerged(socket: WASocket, { appState }: SocketDeps): void {
  appState.follow(socket)
  tellGroupListsUnmerged(socket)
}

type Take = (name: string, work: () => void) => void

function hearStanzas({ ws }: WASocket, { presence, acked }: SocketDeps, take: Take): void {
  const hear = (name: string, heard: (node: BinaryNode) => void) =>
    ws.on(`CB:${name}`, (node: BinaryNode) => take(node.tag, () => heard(node)))
  for (const tag of ['presence', 'chatstate']) hear(tag, presence)
  for (const name of ['ack,class:message', 'receipt']) hear(name, acked)
}

/** Once zaplog has ended it, which is told by itself, nothing becomes durable any more; it is closed like any other. */
async function makeDurable({ auth, life }: SocketDeps): Promise<void> {
  try {
    await auth.flush()
  } catch (error) {
    if (life.ownReason() === null) throw error
  }
}

/** What the other side does not end is cut. */
async function untilClosed(socket: WASocket, closed: Promise<Closed>, ending?: Promise<void>): Promise<void> {
  const cutter = setTimeout(() => cut(socket), goodbyeMs)
  await ending
  await closed
  clearTimeout(cutter)
}

/** terminate, not close: that waits for an answer for up to 35 s. */
function cut(socket: WASocket): void {
  connectionOf(socket)?.terminate()
}

const connectionOf = ({ ws }: WASocket): WebSocket | null => (ws as unknown as { socket: WebSocket | null }).socket

function closedBy(error: unknown): Closed {
  const boom = (error ?? {}) as { message?: string; data?: unknown; output?: { statusCode?: number } }
  const details = typeof boom.data === 'object' && boom.data !== null ? { ...boom.data } : {}
  return { statusCode: boom.output?.statusCode ?? 0, message: boom.message ?? 'closed', details }
}
