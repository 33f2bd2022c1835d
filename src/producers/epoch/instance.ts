// One instance's life over any number of sockets: connecting, qr, open, reconnecting ... until somebody wants otherwise.
// Each socket has an epoch of its own, taken before it opens; what the end of one leaves untold is told first in the next.

import { aborted, orAbort } from '../../runtime/or-abort.ts'
import { backoffMs, isWorthSaying, wait } from '../../runtime/wait.ts'
import { createContactNames } from '../convert/contact-names.ts'
import { createGroupNames } from '../convert/group-names.ts'
import type { OwnAddresses } from '../convert/jid.ts'
import { type Ending, nextStep, type OwnReason } from '../socket/reconnect-policy.ts'
import { unlinkDevice } from '../socket/unlink-device.ts'
import { createAccountTrouble } from './account-trouble.ts'
import type { State } from './instance-events.ts'
import { taskOf, type Wanted } from './instance-rows.ts'
import { createInstanceVoice } from './instance-voice.ts'
import { type Connection, type ConnectionDeps, openConnection } from './open-connection.ts'
import { type Epoch, openEpoch } from './open-epoch.ts'
import type { Pacer } from './pacer.ts'
import { retireInstance } from './retire-instance.ts'

export type Instance = {
  state(): State['state'] | 'parked'
  /** Why the account cannot go on, for people; null: it goes on. */
  trouble(): string | null
  /** What is wanted now; a changed task ends the present socket. */
  update(wanted: Wanted): void
  /** Destroys the socket at once and ends. */
  terminate(reason: OwnReason): void
  /** Finishes the stanza in hand, says goodbye, leaves the auth state in peace. Idempotent. */
  close(): Promise<void>
}
export type InstanceDeps = ConnectionDeps & {
  pacer: Pacer
  qrRounds: number
  /** Between connects that failed; between looks whether the log and the database are back, up to probeCapMs. */
  backoff: { baseMs: number; capMs: number; probeCapMs: number }
}

const maxContacts = 2_000
const maxGroups = 1_000
/** A connection that lived this long starts the backoff anew. */
const stableMs = 10_000
const onRequest = 'Asked for by an operator.'
const beginning: State = { state: 'connecting', reason: null, reasonText: null }

export function openInstance(deps: InstanceDeps, first: Wanted): Instance {
  const { instanceId } = first
  const { clock, rows, logger, metrics } = deps
  const stop = new AbortController()
  const names = createContactNames({ maxContacts })
  const groupNames = createGroupNames({ maxGroups })
  const voice = createInstanceVoice({ instanceId, clock, metrics })
  // Whatever holds an account up is given up after the append timeout.
  const trouble = createAccountTrouble({ clock, calmMs: 1.5 * deps.appendTimeoutMs })
  let wanted = first
  let nudge = new AbortController()
  let present: Epoch | null = null
  let connected: Connection | null = null
  let failures = 0
  /** Probes that failed one after another: WhatsApp is not asked more slowly for them. */
  let outages = 0
  let qrRounds = 0
  let isResting = false
  /** What came of unlinking the device for the present task: it is tried once. */
  let farewell: string | null = null
  voice.owe(beginning)
  const ended = run()

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      if (wanted.parkedFor === taskOf(wanted)) await rest()
      else await liveOneEpoch()
    }
    voice.silence()
  }

  async function rest(): Promise<void> {
    voice.parked()
    await aborted(anyEnd())
  }

  async function liveOneEpoch(): Promise<void> {
    const task = taskOf(wanted)
    const purposely = anyEnd()
    const epoch = await takeEpoch()
    if (epoch === null) return
    present = epoch
    try {
      if (wanted.wanted !== 'running') return await leave(epoch, purposely)
      if (!(await probe(epoch, purposely))) return
      if (isResting) return void (await aborted(purposely))
      if (await isTurn(purposely)) await goOn(epoch, await connect(epoch, purposely), task)
    } catch (error) {
      // Whatever came up in the middle: taken up again in a new epoch.
      if (purposely.aborted) return
      logger.warn('instance.epoch-ended', { instanceId, epoch: epoch.epoch, error })
      trouble.ended({ reason: 'epoch', text: 'What was to be done for it failed.', failure: error })
      failures += 1
    } finally {
      epoch.life.release()
      present = null
    }
  }

  /**
   * No socket opens before the log takes what is owed to it. false: it did not in time (an append rejects for no other reason); another
   * epoch asks again soon, however long the log has been away.
   */
  async function probe(epoch: Epoch, purposely: AbortSignal): Promise<boolean> {
    try {
      await orAbort(voice.tellOwed(epoch.intake.append), () => purposely.reason, purposely)
      outages = 0
      return true
    } catch (error) {
      if (purposely.aborted) return false
      outages += 1
      trouble.ended({
        reason: 'log-unavailable',
        text: 'The event log does not take its state.',
        failure: epoch.life.lastFailure(),
      })
      const delayMs = probeAfter(outages)
      if (isWorthSaying(outages)) logger.warn('instance.log-away', { instanceId, epoch: epoch.epoch, outages, delayMs, error })
      await wait(delayMs, purposely)
      return false
    }
  }

  async function takeEpoch(): Promise<Epoch | null> {
    for (let attempt = 1; !stop.signal.aborted; attempt++) {
      try {
        return await openEpoch(deps, { instanceId, settings: () => wanted.settings })
      } catch (error) {
        const delayMs = probeAfter(attempt)
        trouble.ended({ reason: 'epoch-not-taken', text: 'The database does not give it to this process.', failure: error })
        if (isWorthSaying(attempt)) logger.warn('instance.epoch-not-taken', { instanceId, attempt, delayMs, error })
        await wait(delayMs, stop.signal)
      }
    }
    return null
  }

  /** false: there is something else to do now. */
  async function isTurn(purposely: AbortSignal): Promise<boolean> {
    const delayMs = failures === 0 ? 0 : delayAfter(failures, deps.backoff.capMs)
    return (await wait(delayMs, purposely)) && (await deps.pacer.turn(purposely))
  }

  /** Until the connection is gone, for whatever reason, and nothing of it is on its way any more. */
  async function connect(epoch: Epoch, purposely: AbortSignal): Promise<Ending> {
    const qrRoundsLeft = deps.qrRounds - qrRounds - 1
    const connection = await open(epoch)
    if (connection !== null) trouble.connected(connection.openedAt)
    if (connection === null)
      return { statusCode: 0, message: '', details: {}, own: epoch.life.ownReason(), qrRoundsLeft, wanted: wanted.wanted }
    connected = connection
    await Promise.race([connection.closed, aborted(purposely)])
    connected = null
    const own = purposely.aborted ? await endOnPurpose(connection) : null
    const closed = await connection.closed
    await connection.idle()
    if (epoch.life.ownReason() === null) await connection.auth.saveCreds()
    const openedAt = connection.openedAt()
    if (openedAt !== null) qrRounds = 0
    if (openedAt !== null && clock() - openedAt >= stableMs) failures = 0
    return { ...closed, own: epoch.life.ownReason() ?? own, qrRoundsLeft, wanted: wanted.wanted }
  }

  /** null: ended by ourselves before there was a connection. */
  async function open(epoch: Epoch): Promise<Connection | null> {
    const tell = (state: State, own: OwnAddresses) => voice.tell(epoch.intake.append, state, own)
    try {
      return await openConnection(deps, { epoch, names, groupNames, settings: () => wanted.settings, tell })
    } catch (error) {
      if (epoch.life.ownReason() === null) throw error
      logger.error('instance.not-opened', { instanceId, epoch: epoch.epoch, error })
      return null
    }
  }

  /** null: WhatsApp's answer to a log-out says what comes next. */
  async function endOnPurpose(connection: Connection): Promise<OwnReason | null> {
    if (!stop.signal.aborted && wanted.wanted !== 'running' && connection.openedAt() !== null) {
      await connection.logout()
      return null
    }
    await connection.close()
    return stop.signal.aborted ? 'shutdown' : 'requested'
  }

  async function goOn(epoch: Epoch, ending: Ending, task: string): Promise<void> {
    const step = nextStep(ending)
    metrics.closes.inc({ reason: step.reason })
    logger.info('socket.closed', { instanceId, epoch: epoch.epoch, statusCode: ending.statusCode, own: ending.own, ...step })
    if (step.state === 'logged-out') {
      trouble.forget()
      return retire(epoch, wanted.wanted === 'running' ? step.reasonText : onRequest)
    }
    failures = step.action === 'reconnect' ? failures + 1 : 0
    if (step.action === 'reconnect')
      trouble.ended({
        reason: step.reason,
        text: step.reasonText,
        failure: ending.own === null ? null : epoch.life.lastFailure(),
      })
    else trouble.forget()
    if (step.reason === 'qr-expired') qrRounds += 1
    voice.owe(step)
    isResting = step.action === 'rest'
    if (epoch.life.signal.aborted) return
    await voice.tellOwed(epoch.intake.append)
    if (ending.own === 'shutdown' || ending.own === 'requested') await rows.endCleanly({ instanceId, epoch: epoch.epoch })
    if (step.action === 'stop') await park(epoch, task)
  }

  /** Without a socket of its own: the device is unlinked through a new one, then the pairing ends here, whatever came of that. */
  async function leave(epoch: Epoch, purposely: AbortSignal): Promise<void> {
    if (!(await isTurn(purposely))) return
    farewell ??= await unlink(epoch, purposely)
    if (purposely.aborted) return
    await retire(epoch, farewell)
  }

  async function unlink(epoch: Epoch, purposely: AbortSignal): Promise<string> {
    const failure = await unlinkDevice(deps, { epoch, names, groupNames, settings: () => wanted.settings }, purposely)
    if (failure === null) return onRequest
    logger.warn('instance.not-unlinked', { instanceId, epoch: epoch.epoch, failure })
    return `${onRequest} The device could not be unlinked (${failure}). Remove it on the phone.`
  }

  async function retire(epoch: Epoch, reasonText: string): Promise<void> {
    const task = taskOf(wanted)
    await orAbort(retireInstance({ ...deps, voice }, { epoch, wanted, reasonText }), () => stop.signal.reason, stop.signal)
    logger.info(`instance.${wanted.wanted === 'deleted' ? 'deleted' : 'logged-out'}`, {
      instanceId,
      epoch: epoch.epoch,
      reasonText,
    })
    await park(epoch, task)
  }

  async function park(epoch: Epoch, task: string): Promise<void> {
    await rows.hideQr({ instanceId, epoch: epoch.epoch })
    await rows.park({ instanceId, epoch: epoch.epoch }, task)
    if (taskOf(wanted) === task) wanted = { ...wanted, parkedFor: task }
  }

  function anyEnd(): AbortSignal {
    return AbortSignal.any([stop.signal, nudge.signal])
  }

  function delayAfter(attempt: number, capMs: number): number {
    return backoffMs({ attempt, baseMs: deps.backoff.baseMs, capMs, jitter: 0.2, random: deps.random() })
  }

  function probeAfter(attempt: number): number {
    return delayAfter(attempt, deps.backoff.probeCapMs)
  }

  return {
    state: () => voice.shown(),
    trouble: () => trouble.told(),
    update: next => {
      const task = taskOf(next)
      const isChanged = task !== taskOf(wanted)
      // A row read before we parked does not wake us.
      wanted = { ...next, parkedFor: wanted.parkedFor === task ? task : next.parkedFor }
      connected?.settingsChanged()
      if (!isChanged) return
      failures = 0
      qrRounds = 0
      isResting = false
      farewell = null
      trouble.forget()
      voice.owe(beginning)
      nudge.abort()
      nudge = new AbortController()
    },
    terminate: reason => {
      stop.abort()
      present?.life.terminate(reason)
    },
    close: () => {
      stop.abort()
      return ended
    },
  }
}
