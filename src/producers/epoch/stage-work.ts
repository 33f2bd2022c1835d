// The work of each stage of an instance's life, and what of it happened. One stage's work runs at a time.
import { assertNever } from '../../events/event.ts'
import { taskOf } from '../../instances/instance-ids.ts'
import { aborted, orAbort } from '../../runtime/or-abort.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import { onRequest } from './decide.ts'
import type { Hands, InstanceDeps, InstanceHands } from './hands.ts'
import type { Happened, Life, Stage } from './life.ts'
import { type Epoch, openEpoch } from './open-epoch.ts'
import { retireInstance } from './retire-instance.ts'
import { runSession } from './run-session.ts'
import { unlinkDevice } from './unlink-device.ts'

type StageAt<At extends Stage['at']> = Extract<Stage, { at: At }>

export async function workOf(life: Life, hands: InstanceHands): Promise<Happened> {
  const { stage } = life
  switch (stage.at) {
    case 'parked':
      hands.voice.parked()
      return untilCalledAway(hands)
    case 'taking':
      return takeEpoch(hands, hands.hold)
    case 'refused':
      return waitAfterRefusal(stage, hands)
    case 'probing':
      return probe(hands, heldBy(hands))
    case 'log-away':
      return waitForLog(stage, life, hands)
    case 'resting':
      return untilCalledAway(hands)
    case 'queueing':
      return awaitClearance(life, hands)
    case 'connected':
      return { what: 'ended', session: await runSession(hands, heldBy(hands), hands.serve) }
    case 'concluding':
      return conclude(stage, hands, { epoch: heldBy(hands), task: life.task })
    case 'unlinking':
      return unlink(hands, heldBy(hands))
    case 'retiring':
      return retire(stage, hands, heldBy(hands))
    case 'over':
      throw new Error(`instance ${hands.instanceId}: expected a life that goes on, got one that is over`)
    default:
      return assertNever(stage)
  }
}

async function untilCalledAway({ calledAway }: Hands): Promise<Happened> {
  await aborted(calledAway())
  return { what: 'called-away' }
}

async function takeEpoch({ deps, instanceId, life }: Hands, hold: InstanceHands['hold']): Promise<Happened> {
  try {
    hold(await openEpoch(deps, { instanceId, settings: () => life().wanted.settings }))
    return { what: 'taken' }
  } catch (error) {
    return { what: 'not-taken', error }
  }
}

async function waitAfterRefusal({ attempt, error }: StageAt<'refused'>, hands: Hands): Promise<Happened> {
  const { deps, instanceId, stopped } = hands
  const delayMs = hands.delayMs(attempt, 'probeCapMs')
  if (isWorthSaying(attempt)) deps.logger.warn('instance.epoch-not-taken', { instanceId, attempt, delayMs, error })
  return waited(await wait(delayMs, stopped))
}

/** An append rejects for no other reason than that the log did not take it in time. */
async function probe({ voice, calledAway }: Hands, epoch: Epoch): Promise<Happened> {
  const away = calledAway()
  try {
    await orAbort(voice.tellOwed(epoch.intake.append), () => away.reason, away)
    return { what: 'told' }
  } catch (error) {
    return { what: 'not-told', error, failure: epoch.socketLife.lastFailure() }
  }
}

async function waitForLog({ error }: StageAt<'log-away'>, { outages }: Life, hands: Hands): Promise<Happened> {
  const { deps, instanceId } = hands
  const delayMs = hands.delayMs(outages, 'probeCapMs')
  if (isWorthSaying(outages)) {
    const { epoch } = heldBy(hands)
    deps.logger.warn('instance.log-away', { instanceId, epoch, outages, delayMs, error })
  }
  return waited(await wait(delayMs, hands.calledAway()))
}

async function awaitClearance({ failures }: Life, hands: Hands): Promise<Happened> {
  const { deps } = hands
  const calledAway = hands.calledAway()
  const delayMs = failures === 0 ? 0 : hands.delayMs(failures, 'capMs')
  const came = (await wait(delayMs, calledAway)) && (await deps.pacer.next(calledAway))
  return { what: came ? 'cleared' : 'called-away' }
}

const waited = (reached: boolean): Happened => ({ what: reached ? 'waited' : 'called-away' })

async function conclude(
  { isClean, isParked }: StageAt<'concluding'>,
  { deps: { rows }, voice }: Hands,
  { epoch, task }: { epoch: Epoch; task: string },
): Promise<Happened> {
  await voice.tellOwed(epoch.intake.append)
  if (isClean) await rows.endCleanly({ instanceId: epoch.instanceId, epoch: epoch.epoch })
  if (isParked) await park(rows, epoch, task)
  return { what: 'concluded' }
}

async function unlink(hands: Hands, epoch: Epoch): Promise<Happened> {
  const { deps, instanceId, names, untold, life, calledAway } = hands
  const settings = () => life().wanted.settings
  const failure = await unlinkDevice(deps, { epoch, names, untold, settings }, calledAway())
  if (failure === null) return { what: 'unlinked', farewell: onRequest }
  deps.logger.warn('instance.not-unlinked', { instanceId, epoch: epoch.epoch, failure })
  const farewell = `${onRequest} The device could not be unlinked (${failure}). Remove it on the phone.`
  return { what: 'unlinked', farewell }
}

async function retire({ wanted, reasonText }: StageAt<'retiring'>, hands: Hands, epoch: Epoch): Promise<Happened> {
  const { deps, instanceId, voice, stopped } = hands
  await orAbort(retireInstance({ ...deps, voice }, { epoch, wanted, reasonText }), () => stopped.reason, stopped)
  const what = wanted.wanted === 'deleted' ? 'deleted' : 'logged-out'
  deps.logger.info(`instance.${what}`, { instanceId, epoch: epoch.epoch, reasonText })
  await park(deps.rows, epoch, taskOf(wanted))
  return { what: 'retired' }
}

async function park(rows: InstanceDeps['rows'], { instanceId, epoch }: Epoch, task: string): Promise<void> {
  await rows.hideQr({ instanceId, epoch })
  await rows.hidePairingCode({ instanceId, epoch })
  await rows.park({ instanceId, epoch }, task)
}

function heldBy(hands: Hands): Epoch {
  const epoch = hands.epoch()
  if (epoch === null) throw new Error(`instance ${hands.instanceId}: expected an epoch in hand, got none`)
  return epoch
}
