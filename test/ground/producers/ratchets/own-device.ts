// One process of ours with one account: the real epoch, auth state, gate, signal repository and stanza queue on a real database and a real log.
// Only what Baileys does between them is played (baileys-part.ts), so that it may be cut off at any instant without a word.
import { EventEmitter } from 'node:events'
import { addTransactionCapability, type BinaryNode } from '@whiskeysockets/baileys'
import '../../../../src/producers/socket/keep-context.ts'
import '../../../../src/runtime/silence-libsignal.ts'
import '../../../../src/producers/socket/verify-sender-key.ts'
import { createContactNames } from '../../../../src/convert/contact-names.ts'
import { watchAddresses } from '../../../../src/convert/known-addresses.ts'
import type { Database } from '../../../../src/database/database.ts'
import type { Codec } from '../../../../src/events/codec.ts'
import { openInstanceRows } from '../../../../src/instances/instance-rows.ts'
import { readSettings } from '../../../../src/instances/instance-settings.ts'
import type { EventLog } from '../../../../src/log/log.ts'
import { openAuthState } from '../../../../src/producers/auth/auth-state.ts'
import { createKeyWriter } from '../../../../src/producers/auth/key-writer.ts'
import { ownAddresses } from '../../../../src/producers/epoch/instance-events.ts'
import { openEpoch } from '../../../../src/producers/epoch/open-epoch.ts'
import { createAckGate } from '../../../../src/producers/gate/ack-gate.ts'
import { createAppendedStanzaParts } from '../../../../src/producers/gate/appended-stanza-parts.ts'
import { gateRepository } from '../../../../src/producers/gate/gated-repository.ts'
import { createIngest } from '../../../../src/producers/gate/ingest.ts'
import { createKeptStanzas } from '../../../../src/producers/gate/kept-stanzas.ts'
import { createTakeIn } from '../../../../src/producers/gate/take-in.ts'
import { createUntoldParts } from '../../../../src/producers/gate/untold-parts.ts'
import { createProducerMetrics } from '../../../../src/producers/producer-metrics.ts'
import { createSecretWriter } from '../../../../src/producers/secrets/secret-writer.ts'
import { openMessageSecrets } from '../../../../src/producers/secrets/secrets.ts'
import { createSecretsOfPart } from '../../../../src/producers/secrets/secrets-of-part.ts'
import { createBaileysLogger } from '../../../../src/producers/socket/baileys-logger.ts'
import { keysNamedBy } from '../../../../src/producers/socket/keys-ahead.ts'
import { openStanzaQueue } from '../../../../src/producers/socket/stanza-queue.ts'
import type { Logger } from '../../../../src/runtime/logger.ts'
import { createMetrics } from '../../../../src/runtime/metrics.ts'
import { never } from '../../../../src/runtime/or-abort.ts'
import type { Sealer } from '../../../../src/runtime/seal.ts'
import { aTally } from '../a-tally.ts'
import { createMemoryObjects } from '../memory-objects.ts'
import { type BaileysPart, playBaileys } from './baileys-part.ts'
import type { Power } from './power.ts'
import type { RelayDeps } from './relay.ts'

export type Ports = { database: Database; log: EventLog }
export type Ground = Ports & {
  codec: Codec
  eventsTopic: string
  sealer: Sealer
  logger: Logger
  /** The ports of a process over those that it loses with its power: what they hold back has not begun when it dies. */
  wrap?: (ports: Ports) => Ports
}
export type OwnDevice = BaileysPart & {
  power: Power
  epoch: number
  receive(node: BinaryNode): void
  /** Why it ended by itself; null: it lives, or was cut off. */
  endedAs(): string | null
}

export async function openOwnDevice(
  ground: Ground,
  of: Pick<RelayDeps, 'say' | 'bundleOf' | 'sentBefore'> & { instanceId: string; me: { id: string; lid: string }; power: Power },
): Promise<OwnDevice> {
  const { instanceId, power } = of
  const deps = depsOf(ground, power)
  const { logger, metrics } = deps
  const epoch = await openEpoch({ ...deps, tallies: { open: aTally } }, { instanceId, settings: () => readSettings({}) })
  const { socketLife: life, intake, endedCleanly } = epoch
  power.off.addEventListener('abort', life.release, { once: true })
  const whose = { life, instanceId, epoch: epoch.epoch, timeoutMs: 10_000 }
  const secrets = openMessageSecrets({ ...deps, ...whose })
  const auth = await openAuthState({
    ...deps,
    ...(!endedCleanly && { crashFoundAt: Date.now() }),
    ...whose,
    appended: async () => void (await Promise.all([intake.appended(), secrets.kept()])),
  })
  auth.creds.me ??= of.me
  auth.creds.account ??= {} // it is linked
  const own = () => ownAddresses(auth.creds)
  const known = watchAddresses(auth.keys, own)
  const names = createContactNames({ maxContacts: 100 })
  const told = { change: () => undefined }
  const ofPart = createSecretsOfPart({ secrets, sealed: nothingSealed, known, ignores: intake.ignores })
  const ingest = createIngest({ instanceId, own, known, names, told, secrets: ofPart, intake, clock: Date.now, metrics })
  const gate = createAckGate({
    ingest,
    parts: createAppendedStanzaParts(auth),
    untold: createUntoldParts({ maxBytes: 0 }).ofAccount(),
    life,
    own,
    logger,
    metrics,
  })

  const baileysLogger = createBaileysLogger(logger, instanceId)
  const keys = addTransactionCapability(known.keys, baileysLogger, { maxCommitRetries: 1, delayBetweenTriesMs: 0 })
  const state = { creds: auth.creds, keys }
  const nobodyHasALid = async () => []
  const gated = gateRepository({ gate, auth, lookUpLids: ask => ask })
  const repository = gated.make(state, baileysLogger, nobodyHasALid)
  const socket = new EventEmitter()
  const say = (node: BinaryNode) => {
    power.instant()
    if (!life.isOver()) of.say(node)
    power.said()
  }
  const part = playBaileys(socket, { ...of, state, repository, say, credsChanged: auth.credsChanged, logger: baileysLogger })
  openStanzaQueue(socket, {
    noMore: never,
    isOver: life.isOver,
    readAhead: nodes => auth.readAhead(nodes.flatMap(keysNamedBy)),
    takeIn: createTakeIn({ gate, auth, gated, me: () => auth.creds.me, life, logger }),
    failed: () => undefined,
  })
  return {
    ...part,
    power,
    epoch: epoch.epoch,
    receive: node => void (life.isOver() || socket.emit(`CB:${node.tag}`, node)),
    endedAs: () => life.ownReason(),
  }
}

function depsOf({ wrap = ports => ports, ...ground }: Ground, power: Power) {
  const powered = { database: power.of(ground.database, 'query', 'transact'), log: power.of(ground.log, 'append') }
  const { database, log } = wrap(powered)
  const metrics = createProducerMetrics(createMetrics({ processMetrics: false }))
  return {
    ...ground,
    database,
    metrics,
    log,
    objects: createMemoryObjects(),
    rawInlineBytes: 768 * 1024,
    maxRecordBytes: 2 * 1024 ** 2,
    appendTimeoutMs: 10_000,
    rows: openInstanceRows({ database, sealer: ground.sealer }),
    keyWriter: createKeyWriter({ database, timeoutMs: 10_000 }),
    secretWriter: createSecretWriter({ database, timeoutMs: 10_000 }),
    keptStanzas: createKeptStanzas({ ...ground, database, metrics }),
    clock: Date.now,
    random: Math.random,
  }
}

/** Nothing of what comes here is opened later. */
const nothingSealed = { keep: async () => undefined, openWith: async () => undefined }
