// zaplog demo: one simulated phone, one conversation, every stage of every message on the terminal, every webhook verified.
import { type Played, playConversation } from '../../simulator/conversation.ts'
import { describeError } from '../runtime/logger.ts'
import { aborted, orAbort } from '../runtime/or-abort.ts'
import { wait } from '../runtime/wait.ts'
import { onStderr, shown as pc } from './colours.ts'
import type { DemoReceiver } from './demo-receiver.ts'
import { openStage, type Stage, stagePrefix } from './demo-stage.ts'
import { followStages } from './demo-stages.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { describeLoss, isStop } from './lost-output.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'
import { watchStopSignals } from './stop-signals.ts'

const PHONE = '5511900000001'

type Options = { once?: boolean; json?: boolean }
type Say = (line: string) => void

/** Ends the process: 0 when nothing is missing, also of what was played before a signal or the loss of its output; 1 with what is. */
export async function demo(options: Options, outputLost: AbortSignal): Promise<void> {
  const say: Say = line => void (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const sayWhatIsLeft = () => say(`ended at once; what is left is in ${stagePrefix}*`)
  const stopping = AbortSignal.any([watchStopSignals({ onSecond: sayWhatIsLeft }), outputLost])
  const exitCode = await openAndPlay(options, say, stopping)
  if (outputLost.aborted) process.stderr.write(`${describeLoss(outputLost)}: the demo has ended\n`)
  else if (stopping.aborted) say('stopped')
  process.exit(exitCode) // Baileys keeps timers of closed sockets for up to half a minute
}

async function openAndPlay(options: Options, say: Say, signal: AbortSignal): Promise<number> {
  try {
    const stage = await openUnlessStopped(say, signal)
    if (stage === null) return options.once ? exitCodes.failed : exitCodes.done
    try {
      return await play(stage, options, say, signal)
    } finally {
      await stage.close()
    }
  } catch (error) {
    const [detail, exitCode] = [describeError(error), exitCodeOf(error)]
    sayProblem({ detail, exitCode }, `${onStderr.red('zaplog demo cannot go on:')} ${detail}`)
    return exitCode
  }
}

/** null where a signal came first. Ctrl-C reaches the programs that are run meanwhile, too: what they say then is no failure. */
async function openUnlessStopped(say: Say, signal: AbortSignal): Promise<Stage | null> {
  try {
    return await openStage(say, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    say(pc.dim(`cut short: ${describeError(error)}`))
    return null
  }
}

async function play(stage: Stage, { once = false, json = false }: Options, say: Say, signal: AbortSignal): Promise<number> {
  const { played, isWhole } = await perform(stage, say, signal)
  const due = signal.aborted && !once ? played.filter(isOverdue) : played
  const neverPlayed = isWhole || !once ? [] : ['the rest of the conversation: stopped before it was played']
  const missing = [...stage.receiver.missing(due), ...neverPlayed]
  const onTheirWay = stage.receiver.missing(played).length - stage.receiver.missing(due).length
  summarise(stage, { missing, onTheirWay, isWhole }, { json, say })
  if (!once && !signal.aborted) await stayOpen(stage, say, signal)
  return missing.length === 0 ? exitCodes.done : exitCodes.failed
}

type Line = Played & { playedAt: number }

/** A signal finds webhooks on their way: only after this long they are missing. */
const OVERDUE_AFTER_MS = 10_000
const isOverdue = ({ playedAt }: Line): boolean => Date.now() - playedAt > OVERDUE_AFTER_MS

/** Until all that was played has arrived, or has been waited for long enough, or the signal aborts, also in the middle of it. */
async function perform(stage: Stage, say: Say, signal: AbortSignal): Promise<{ played: readonly Line[]; isWhole: boolean }> {
  const played: Line[] = []
  const stages = followStages(stage.zaplog, { instanceId: 'demo', say, signal })
  try {
    await connect(stage, say, signal)
    const onPlayed = (line: Played) => void played.push({ ...line, playedAt: Date.now() })
    await playConversation(stage.simulator, stage.simulator.device(PHONE), { signal, paceMs: 250, onPlayed })
    await waitForWebhooks(stage.receiver, played, signal)
    return { played, isWhole: true }
  } catch (error) {
    if (isStop(error, signal)) return { played, isWhole: false }
    throw error
  } finally {
    stages.stop()
  }
}

async function connect(stage: Stage, say: Say, signal: AbortSignal): Promise<void> {
  say(`${pc.bold('zaplog demo')}: a simulated phone, the real Baileys, embedded parts. API at ${pc.cyan(stage.zaplog.url)}\n`)
  const { secret } = await stage.call('POST', '/v1/endpoints', {
    url: stage.receiver.url,
    eventTypes: ['message.*', 'instance.paired'],
  })
  stage.receiver.expectSecret(String(secret))
  await stage.call('POST', '/v1/instances', { id: 'demo', name: 'Demo' })
  await pairPhone(stage, say, signal)
}

async function pairPhone({ call, simulator }: Stage, say: Say, signal: AbortSignal): Promise<void> {
  const { qr } = await call('GET', '/v1/instances/demo/qr?wait=30')
  say(`${pc.dim('phone')}    scans the QR code`)
  await orAbort(simulator.scanQr(String(qr), { pn: PHONE, name: 'Padaria' }), () => signal.reason, signal)
  while ((await call('GET', '/v1/instances/demo')).state !== 'open') await wait(50, signal)
  say(`${pc.dim('phone')}    is linked, the socket is open\n`)
}

const GIVE_UP_MS = 60_000

async function waitForWebhooks(receiver: DemoReceiver, played: readonly Played[], signal: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + GIVE_UP_MS
  while (receiver.missing(played).length > 0 && Date.now() <= giveUpAt && !signal.aborted) await wait(50, signal)
}

type Outcome = { missing: readonly string[]; onTheirWay: number; isWhole: boolean }

function summarise({ receiver, startedAt }: Stage, outcome: Outcome, { json, say }: { json: boolean; say: Say }): void {
  const { missing, onTheirWay, isWhole } = outcome
  const counts = receiver.counts()
  const seconds = (Date.now() - startedAt) / 1000
  if (json) process.stdout.write(jsonLine({ ...counts, missing, seconds }))
  say('')
  for (const line of missing) say(`${pc.red('missing')}  ${line}`)
  const arrived = isWhole && onTheirWay === 0 ? 'all webhooks arrived' : 'cut short: all webhooks so far arrived'
  const rest = onTheirWay === 0 ? '' : `, ${onTheirWay} on the way`
  const verdict =
    missing.length === 0 ? pc.green(`${arrived}, in order, signatures verified${rest}`) : pc.red(`${missing.length} missing`)
  say(
    `${verdict}: ${counts.received} webhooks, ${counts.files} files, ${counts.repeated} repeated attempts, ${seconds.toFixed(1)} s`,
  )
}

async function stayOpen(stage: Stage, say: Say, signal: AbortSignal): Promise<void> {
  say(`\nStill running at ${pc.cyan(stage.zaplog.url)}; Ctrl-C ends it.`)
  await aborted(signal)
}
