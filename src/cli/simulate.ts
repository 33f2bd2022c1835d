// zaplog simulate: a local WhatsApp until a signal stops it, or nobody reads it, the commands that make zaplog use it, and what its accounts write.
import { openSimulatorServer, type SimulatorServer } from '../../simulator/control/control.ts'
import { shownLine } from '../../simulator/shown-line.ts'
import { describeError } from '../runtime/logger.ts'
import { aborted } from '../runtime/or-abort.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { columnsOf } from './fit-terminal.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { describeLoss } from './lost-output.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'
import { planOf, screenOf } from './simulate-screen.ts'
import { watchStopSignals } from './stop-signals.ts'

/** 0: a free one. */
type Ports = { port: number; cdnPort: number; controlPort: number }

/** `history`: how many messages each phone shares of its past. */
type Options = Ports & { history: number }

/** Ends the process: 0 when told to stop, else with what kept it from running. */
export async function simulate(options: Options, outputLost: AbortSignal): Promise<void> {
  const stopping = AbortSignal.any([watchStopSignals(), outputLost])
  const server = await open(options)
  const plan = await planOf(process.env)
  const { url, cdnUrl, controlUrl } = server
  const told = jsonIsWanted()
    ? jsonLine({ url, cdnUrl, controlUrl, settings: plan.start(server) })
    : `${screenOf({ ...server, sharesHistory: options.history > 0 }, plan, columnsOf(process.stdout)).join('\n')}\n`
  process.stdout.write(told)
  if (!jsonIsWanted()) server.simulator.on('shown', shown => void process.stdout.write(`${shownLine(shown)}\n`))
  await aborted(stopping)
  await server.close()
  process.stderr.write(outputLost.aborted ? `${describeLoss(outputLost)}: the simulator has ended\n` : 'stopped\n')
  process.exit(exitCodes.done)
}

async function open(options: Options): Promise<SimulatorServer> {
  refuseSharedPort(options)
  try {
    return await openSimulatorServer(options)
  } catch (error) {
    end(whyNot(options, error), exitCodeOf(error))
  }
}

function end(detail: string, exitCode: number): never {
  sayProblem({ detail, exitCode })
  process.exit(exitCode)
}

const portsOf = ({ port, cdnPort, controlPort }: Ports) => [
  { option: '--port', port },
  { option: '--cdn-port', port: cdnPort },
  { option: '--control-port', port: controlPort },
]

function refuseSharedPort(ports: Ports): void {
  const asked = portsOf(ports)
  const [first, second] = asked.filter(one => one.port !== 0 && asked.some(other => other !== one && other.port === one.port))
  if (first === undefined || second === undefined) return
  end(`${first.option} and ${second.option} are both ${first.port}: expected a port for each`, exitCodes.usage)
}

const mends: Readonly<Record<string, string>> = {
  EADDRINUSE: 'taken on 127.0.0.1; choose another, or 0 for a free one',
  EACCES: 'not for this user; choose another, from 1024 on they are for everybody, or 0 for a free one',
}

function whyNot(ports: Ports, error: unknown): string {
  if (!(error instanceof Error && 'port' in error && 'code' in error)) return describeError(error)
  const asked = portsOf(ports).find(one => one.port === error.port)
  const mend = mends[String(error.code)]
  return asked === undefined || mend === undefined ? describeError(error) : `${asked.option} ${asked.port}: ${mend}`
}
