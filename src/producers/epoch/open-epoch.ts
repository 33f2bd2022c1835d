// An epoch: the right to write for an instance until somebody takes a newer one, and the one way into the log that goes with it.
import type { Codec } from '../../events/codec.ts'
import type { InstanceRows } from '../../instances/instance-rows.ts'
import type { InstanceSettings } from '../../instances/instance-settings.ts'
import type { EventLog } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import { openAppendQueue } from '../gate/append-queue.ts'
import { createRecordFitter } from '../gate/fit-record.ts'
import { createIntake, type Intake } from '../gate/intake.ts'
import type { KeptStanzas } from '../gate/kept-stanzas.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import { createSocketLife, type SocketLife, whilePending } from '../socket-life.ts'
import type { Tallies } from './tallies.ts'
import type { Tally } from './tally.ts'

export type Epoch = {
  instanceId: string
  epoch: number
  /** How the epoch before was left. */
  endedCleanly: boolean
  socketLife: SocketLife
  tally: Tally
  /** Its append, pending for the append timeout, ends the socket. */
  intake: Intake
}
export type EpochDeps = {
  log: EventLog
  codec: Codec
  objects: ObjectStore
  eventsTopic: string
  rawInlineBytes: number
  maxRecordBytes: number
  appendTimeoutMs: number
  rows: InstanceRows
  keptStanzas: KeptStanzas
  tallies: Pick<Tallies, 'open'>
  clock: () => number
  random: () => number
  logger: Logger
  metrics: ProducerMetrics
}

export async function openEpoch(deps: EpochDeps, of: { instanceId: string; settings(): InstanceSettings }): Promise<Epoch> {
  const { instanceId, settings } = of
  const { epoch, endedCleanly } = await deps.rows.takeEpoch(instanceId)
  const socketLife = createSocketLife()
  const tally = deps.tallies.open({ instanceId, epoch }, socketLife.signal)
  const fitter = createRecordFitter({ ...deps, objectTimeoutMs: deps.appendTimeoutMs / 2 })
  const { keep } = deps.keptStanzas
  const queue = openAppendQueue(
    { ...deps, topic: deps.eventsTopic, fitter, keep, failing: socketLife.failing, tally, instanceId, epoch },
    socketLife.signal,
  )
  const intake = createIntake({
    settings,
    metrics: deps.metrics,
    append: drafts => whilePending(socketLife, deps.appendTimeoutMs, () => queue.append(drafts)),
    appended: queue.appended,
  })
  return { instanceId, epoch, endedCleanly, socketLife, tally, intake }
}
