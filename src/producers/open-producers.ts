// The role producers: the only process of its database that holds WhatsApp sockets, and only while it provably does.

import type { Database } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import { type AccountsHere, createAccountsHere } from '../instances/accounts-here.ts'
import type { ChatTimer } from '../instances/commands-claimed.ts'
import { openInstanceRows } from '../instances/instance-rows.ts'
import type { EventLog } from '../log/log.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { aborted } from '../runtime/or-abort.ts'
import type { Check, Role } from '../runtime/role.ts'
import type { Sealer } from '../runtime/seal.ts'
import type { Traces } from '../runtime/traces.ts'
import { wait } from '../runtime/wait.ts'
import { findSealedOtherwise } from './auth/auth-rows.ts'
import { createKeyWriter } from './auth/key-writer.ts'
import { keepTrimming } from './auth/trim-old-rows.ts'
import { createCommandWatch } from './commands/command-watch.ts'
import { createCommandExpiry } from './commands/expire-commands.ts'
import type { CommandTimes } from './commands/judge-try.ts'
import { createActionPace } from './commands/pace-actions.ts'
import { createOutgoingPace, type OutgoingPace } from './commands/pace-outgoing.ts'
import { type Account, type AccountTimes, openAccount, type States } from './epoch/account.ts'
import { accountsCheck, keptCheck } from './epoch/account-checks.ts'
import type { InstanceDeps } from './epoch/hands.ts'
import { createPairLearning } from './epoch/learn-pairs.ts'
import { createPacer } from './epoch/pacer.ts'
import { createPairingRequests } from './epoch/pairing-requests.ts'
import { openSupervisor, type Supervisor } from './epoch/supervisor.ts'
import { createSignWatch, type SignConfig } from './feedback/sign-watch.ts'
import { createKeptStanzas, type KeptStanzas } from './gate/kept-stanzas.ts'
import { createUntoldParts } from './gate/untold-parts.ts'
import { type LockSession, type OpenLockSession, takeProducerLock } from './producer-lock.ts'
import { createProducerMetrics, type ProducerMetrics } from './producer-metrics.ts'
import { ProducersError } from './producers-error.ts'
import { createSocketReads } from './reads/serve-reads.ts'
import { createSealedWatch } from './secrets/sealed-watch.ts'
import { createSecretWriter } from './secrets/secret-writer.ts'
import type { UploadTimes } from './upload/post-stream.ts'
import { createFileUploads } from './upload/upload.ts'

export type ProducersDeps = {
  database: Database
  /** Opens a connection of its own for the lock; its application name is what a second process is told. */
  openSession: OpenLockSession
  log: EventLog
  codec: Codec
  objects: ObjectStore
  sealer: Sealer
  chatTimer: ChatTimer
  /** null or left out: nobody traces. */
  traces?: Traces | null
  topic: (name: TopicName) => string
  /** Those of this process, for whoever else in it has something for one [known to nobody else]. */
  accountsHere?: AccountsHere
  config: Pick<
    Config['whatsapp'],
    | 'url'
    | 'cdnUrl'
    | 'version'
    | 'connectsPerSecond'
    | 'qrRounds'
    | 'appendTimeoutMs'
    | 'outboundPerMinute'
    | 'outboundBurst'
    | 'outboundFirstPerMinute'
    | 'outboundFirstPerDay'
    | 'outboundChangesPerMinute'
    | 'outboundMarksPerMinute'
  > &
    Pick<Config['log'], 'rawInlineBytes' | 'maxRecordBytes'> & { processing: SignConfig }
  logger: Logger
  metrics: Metrics
  clock: () => number
  random: () => number
  /** [1 s .. 60 s, probes 5 s] */
  backoff?: InstanceDeps['backoff']
  /** How long WhatsApp keeps each code of a round [60 s the first, 20 s the others]. */
  qrTimeoutMs?: number
  /** How often what is sealed is looked at [5 s]. */
  sealedLookMs?: number
  /** Between looks for pairs of addresses that history told [5 s]. */
  learnPairsEveryMs?: number
  /** [30 s without progress, at least 2 min for a whole file] */
  uploadTimes?: Partial<UploadTimes>
  /** [an ack 20 s, a retry 60 s, a rest 10 min, a file 5 s] */
  commandTimes?: Partial<CommandTimes>
  /** Between looks for commands that wait [5 s]. */
  commandLookMs?: number
  /** Between looks for commands whose time is over [30 s]. */
  commandExpiryMs?: number
} & AccountTimes

const retakeMs = 1_000

/** Rejects with ProducersError: `already-running` or `wrong-key`. */
export async function openProducers(deps: ProducersDeps): Promise<Role> {
  const { logger } = deps
  await refuseWrongKey(deps)
  const stop = new AbortController()
  const metrics = createProducerMetrics(deps.metrics)
  const keptStanzas = createKeptStanzas({ ...deps, metrics })
  const pairLearning = createPairLearning({ ...deps, ...(deps.learnPairsEveryMs && { everyMs: deps.learnPairsEveryMs }) })
  const pairingRequests = createPairingRequests(deps)
  const socketReads = createSocketReads({ ...deps, readPace: readPaceOf(deps), restMs: commandTimesOf(deps).restMs })
  const states: States = () => supervisor?.states() ?? new Map()
  const account = openAccount(deps, states)
  const sealedWatch = createSealedWatch(deps)
  const commandWatch = createCommandWatch({ accountsHere: createAccountsHere(), ...deps, lookMs: deps.commandLookMs ?? 5_000 })
  const commandExpiry = createCommandExpiry({ ...deps, metrics, commandWatch, everyMs: deps.commandExpiryMs ?? 30_000 })
  const signWatch = createSignWatch({ ...deps, metrics })
  const watches = { pairLearning, pairingRequests, sealedWatch, commandWatch, signWatch, socketReads }
  const shared = { metrics, keptStanzas, ...watches, tallies: account.tallies }
  const instanceDeps = instanceDepsOf(deps, shared)
  showTurns(deps.metrics, instanceDeps.outgoingPace, states)
  let supervisor: Supervisor | null = null
  /** Why there is none. */
  let lockless = ''
  const running = keepRunning(await takeProducerLock(deps.openSession, stop.signal))

  async function keepRunning(first: LockSession): Promise<void> {
    for (let lock: LockSession | null = first; lock !== null; lock = await retake()) {
      await tried('supervising', superviseWhile(lock))
      await tried('giving up the lock', lock.close())
    }
  }

  /** What an end leaves behind is said, and keeps nobody from taking the lock again: the sockets are gone, the server frees the lock. */
  async function tried(doing: string, work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      supervisor = null
      logger.warn('producers.not-ended', { doing, error })
    }
  }

  async function superviseWhile(lock: LockSession): Promise<void> {
    const running = openSupervisor(instanceDeps)
    supervisor = running
    const ended = AbortSignal.any([lock.lost, stop.signal])
    const chores = doChores({ ...deps, metrics }, [keptStanzas, account, ...Object.values(watches), commandExpiry], ended)
    // Whoever takes the lock after us must not find our sockets alive: they go first, and at once.
    lock.lost.addEventListener('abort', () => running.terminate('lock-lost'), { once: true })
    if (lock.lost.aborted) running.terminate('lock-lost')
    await aborted(ended)
    if (lock.lost.aborted) {
      lockless = `the connection with the lock of the producers was lost: ${describeError(lock.lost.reason)}`
      logger.warn('producers.lock-lost', { error: lock.lost.reason })
    }
    await running.close()
    await chores
    await account.tallies.write()
    supervisor = null
  }

  async function retake(): Promise<LockSession | null> {
    while (!stop.signal.aborted) {
      try {
        return await takeProducerLock(deps.openSession, stop.signal)
      } catch (error) {
        lockless = whyNoLock(error)
        if (!stop.signal.aborted) logger.warn('producers.lock-not-taken', { error })
        await wait(retakeMs, stop.signal)
      }
    }
    return null
  }

  return {
    name: 'producers',
    checks: () => checksOf({ supervisor, lockless, keptStanzas, account }),
    close: async () => {
      stop.abort()
      await running
    },
  }
}

function showTurns(metrics: Metrics, pace: OutgoingPace, states: States): void {
  metrics.gauge('zaplog_outgoing_turns_left', gauge => {
    gauge.reset()
    for (const instance_id of states().keys()) {
      const left = pace.left(instance_id)
      if (left !== null) gauge.set({ instance_id }, left)
    }
  })
}

type Following = { follow(signal: AbortSignal): Promise<void> }

/** Beside the accounts, until the signal aborts. */
async function doChores(
  { database, logger, metrics }: Pick<ProducersDeps, 'database' | 'logger'> & { metrics: ProducerMetrics },
  following: readonly Following[],
  signal: AbortSignal,
): Promise<void> {
  const trimmed = (what: string, rows: number) =>
    void (what === 'sealed messages' && metrics.sealed.inc({ outcome: 'dropped' }, rows))
  await Promise.all([keepTrimming({ database, logger, trimmed }, signal), ...following.map(one => one.follow(signal))])
}

type OfAll = { keptStanzas: KeptStanzas } & Pick<
  InstanceDeps,
  'metrics' | 'pairLearning' | 'pairingRequests' | 'sealedWatch' | 'commandWatch' | 'signWatch' | 'socketReads' | 'tallies'
>

/** What all instances of the process share. */
function instanceDepsOf(deps: ProducersDeps, shared: OfAll): InstanceDeps {
  const { config, random, clock } = deps
  return {
    ...deps,
    ...config,
    ...shared,
    untoldParts: createUntoldParts(),
    eventsTopic: deps.topic('events'),
    presenceTopic: deps.topic('presence'),
    rows: openInstanceRows(deps),
    keyWriter: createKeyWriter({ ...deps, timeoutMs: config.appendTimeoutMs }),
    secretWriter: createSecretWriter({ ...deps, timeoutMs: config.appendTimeoutMs }),
    pacer: createPacer({ perSecond: config.connectsPerSecond, monotonic: () => performance.now(), random }),
    backoff: deps.backoff ?? { baseMs: 1_000, capMs: 60_000, probeCapMs: 5_000 },
    qrTimeoutMs: deps.qrTimeoutMs ?? null,
    fileUploads: createFileUploads({ ...deps, ...config, times: { idleMs: 30_000, totalMs: 120_000, ...deps.uploadTimes } }),
    commandTimes: commandTimesOf(deps),
    outgoingPace: createOutgoingPace({ perMinute: config.outboundPerMinute, burst: config.outboundBurst, clock, random }),
    firstContactPace: firstContactPaceOf(config),
    actionPaces: {
      changes: createActionPace({ perMinute: config.outboundChangesPerMinute, burst: config.outboundBurst, clock }),
      marks: createActionPace({ perMinute: config.outboundMarksPerMinute, burst: config.outboundMarksPerMinute, clock }),
    },
  }
}

const commandTimesOf = ({ commandTimes }: ProducersDeps): CommandTimes => ({
  ackMs: 20_000,
  retryMs: 60_000,
  restMs: 600_000,
  fileMs: 5_000,
  ...commandTimes,
})

/** Marks, and what is asked of WhatsApp, have turns of their own each. */
/** Of reads, as many as of marks. */
const readPaceOf = ({ config: { outboundMarksPerMinute: perMinute }, clock, random }: ProducersDeps) =>
  createOutgoingPace({ perMinute, burst: perMinute, clock, random })

const firstContactPaceOf = ({ outboundFirstPerMinute: perMinute, outboundFirstPerDay: perDay }: ProducersDeps['config']) => ({
  spacingMs: perMinute === 0 ? 0 : 60_000 / perMinute,
  perDay,
})

/** Nothing is opened, and nothing erased, with a key that is not the one the auth state was sealed with. */
async function refuseWrongKey(deps: ProducersDeps): Promise<void> {
  const wrong = await findSealedOtherwise(deps)
  if (wrong === null) return
  const { instanceId, cause } = wrong
  throw new ProducersError(
    'wrong-key',
    `starting producers: the stored auth state of instance ${instanceId} does not open with this ENCRYPTION_KEY. ` +
      'Set the key it was sealed with (or give that one as ENCRYPTION_KEY_PREVIOUS); nothing was changed.',
    { cause },
  )
}

/** That another process has it is said where Postgres has named it, and only there. */
const whyNoLock = (error: unknown): string =>
  error instanceof ProducersError
    ? error.message
    : `the lock of the producers cannot be taken, the database is away: ${describeError(error)}`

type Checked = { supervisor: Supervisor | null; lockless: string; keptStanzas: KeptStanzas; account: Account }

const checksOf = ({ supervisor, lockless, keptStanzas, account }: Checked): readonly Check[] => [
  checkOf(supervisor, lockless),
  accountsCheck(supervisor?.troubles() ?? new Map()),
  keptCheck(keptStanzas.counts()),
  account.check(),
]

function checkOf(supervisor: Supervisor | null, lockless: string): Check {
  if (supervisor === null) return { name: 'producers', state: 'degraded', detail: lockless }
  const counts = new Map<string, number>()
  for (const state of supervisor.states().values()) counts.set(state, (counts.get(state) ?? 0) + 1)
  const detail = [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
  return { name: 'producers', state: 'ok', detail: detail === '' ? 'no instances' : detail }
}
