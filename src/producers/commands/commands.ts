// What was asked of an account is done by whoever holds it: one desk for each session, from its login to its end, and the acks that reach it.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { deviceOf, type OwnAddresses } from '../../convert/jid.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { Database } from '../../database/database.ts'
import type { ChatTimer } from '../../instances/commands-claimed.ts'
import type { FirstContactPace } from '../../instances/first-contacts.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { Traces } from '../../runtime/traces.ts'
import type { AuthState } from '../auth/auth-state.ts'
import type { Intake } from '../gate/intake.ts'
import { outlast } from '../outlast.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { MessageSecrets } from '../secrets/secrets.ts'
import type { Send } from '../socket/send.ts'
import { type SocketLife, whilePending } from '../socket-life.ts'
import { createMediaConnection } from '../upload/media-connection.ts'
import type { FileUploads } from '../upload/upload.ts'
import { createAcks } from './acks.ts'
import { createBuiltSeals } from './built-message.ts'
import { type Desk, openDesk } from './desk.ts'
import type { CommandTimes } from './judge-try.ts'
import type { ActionPaces } from './pace-actions.ts'
import type { OutgoingPace } from './pace-outgoing.ts'

type Deps = {
  database: Database
  sealer: Sealer
  outgoingPace: OutgoingPace
  firstContactPace: FirstContactPace
  actionPaces: ActionPaces
  commandTimes: CommandTimes
  fileUploads: FileUploads
  chatTimer: ChatTimer
  appendTimeoutMs: number
  /** null or left out: nobody traces. */
  traces?: Traces | null
  clock: () => number
  random: () => number
  logger: Logger
  metrics: ProducerMetrics
}
type Of = {
  epoch: { instanceId: string; epoch: number; socketLife: SocketLife; intake: Intake }
  auth: Pick<AuthState, 'creds' | 'beginTry'>
  own(): OwnAddresses
  known: Pick<KnownAddresses, 'complete' | 'readAhead'>
  secrets: MessageSecrets
  send: Send
}

export function openCommands(deps: Deps, of: Of): Desk & { acked(node: BinaryNode): void } {
  const { epoch, auth, own, send } = of
  const { instanceId, socketLife: life, intake } = epoch
  const { appendTimeoutMs, random, logger } = deps
  const owned = { instanceId, epoch: epoch.epoch }
  const acks = createAcks()
  const line = { event: 'commands.retrying', ...owned }
  const outlasting = <T>(doing: string, work: () => Promise<T>): Promise<T> =>
    whilePending(life, appendTimeoutMs, () => outlast(doing, work, { life, isForGood: () => false, line, random, logger }))
  const desk = openDesk({
    ...deps,
    ...of,
    ...{ owned, life, acks, outlasting },
    beginTry: auth.beginTry,
    seals: createBuiltSeals(deps, instanceId),
    pace: deps.outgoingPace,
    firsts: deps.firstContactPace,
    uploads: deps.fileUploads,
    mediaConnection: createMediaConnection(send.askForMediaHosts, deps.clock),
    account: () => ({ own: own(), device: deviceOf(auth.creds.me?.id ?? '') }),
    times: deps.commandTimes,
    ignores: intake.ignores,
    append: intake.append,
  })
  return { ...desk, acked: acks.heard }
}
