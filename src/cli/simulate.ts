// zaplog simulate: a local WhatsApp until a signal stops it, and the commands that make zaplog use it and play a conversation.
import { openSimulatorServer, type SimulatorServer } from '../../simulator/control.ts'
import { examplePhone } from '../../simulator/control-examples.ts'
import { describeError } from '../runtime/logger.ts'
import { aborted } from '../runtime/or-abort.ts'
import { DEFAULT_URL } from './api-settings.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { watchStopSignals } from './stop-signals.ts'

/** 0: a free one. */
type Ports = { port: number; cdnPort: number; controlPort: number }

/** Ends the process: 0 when told to stop, else with what kept it from running. */
export async function simulate(ports: Ports): Promise<void> {
  const stopping = watchStopSignals()
  const server = await open(ports)
  process.stdout.write(`${screen(server).join('\n')}\n`)
  await aborted(stopping)
  await server.close()
  process.stderr.write('stopped\n')
  process.exit(exitCodes.done)
}

async function open(ports: Ports): Promise<SimulatorServer> {
  refuseSharedPort(ports)
  try {
    return await openSimulatorServer(ports)
  } catch (error) {
    process.stderr.write(`${whyNot(ports, error)}\n`)
    process.exit(exitCodeOf(error))
  }
}

const options = ({ port, cdnPort, controlPort }: Ports) => [
  { option: '--port', port },
  { option: '--cdn-port', port: cdnPort },
  { option: '--control-port', port: controlPort },
]

function refuseSharedPort(ports: Ports): void {
  const asked = options(ports)
  const [first, second] = asked.filter(one => one.port !== 0 && asked.some(other => other !== one && other.port === one.port))
  if (first === undefined || second === undefined) return
  process.stderr.write(`${first.option} and ${second.option} are both ${first.port}: expected a port for each\n`)
  process.exit(exitCodes.usage)
}

const mends: Readonly<Record<string, string>> = {
  EADDRINUSE: 'taken on 127.0.0.1; choose another, or 0 for a free one',
  EACCES: 'not for this user; choose another, from 1024 on they are for everybody, or 0 for a free one',
}

function whyNot(ports: Ports, error: unknown): string {
  if (!(error instanceof Error && 'port' in error && 'code' in error)) return describeError(error)
  const asked = options(ports).find(one => one.port === error.port)
  const mend = mends[String(error.code)]
  return asked === undefined || mend === undefined ? describeError(error) : `${asked.option} ${asked.port}: ${mend}`
}

/** Of its own: an account of ./data that met the simulator would be logged out. */
const DATA_DIR = 'data-simulated'

function screen({ url, cdnUrl, controlUrl }: SimulatorServer): readonly string[] {
  const ask = (path: string) => `curl -sS -H "authorization: Bearer $(cat ${DATA_DIR}/admin-key)" '${DEFAULT_URL}${path}'`
  return [
    'A local WhatsApp is running; Ctrl-C ends it. In another terminal, start a zaplog that uses it:',
    `  DATA_DIR=./${DATA_DIR} WHATSAPP_URL=${url} WHATSAPP_CDN_URL=${cdnUrl} npm start`,
    '',
    `In a third one, make an instance, have the simulated phone ${examplePhone} scan its QR code, play a conversation, and read it:`,
    `  DATA_DIR=./${DATA_DIR} npm run zaplog -- instances create --id support --name Support --no-qr`,
    `  ${ask('/v1/instances/support/qr?wait=30')} | curl -sS -H 'content-type: application/json' -d @- ${controlUrl}/sim/v1/scan`,
    `  curl -sS -X POST ${controlUrl}/sim/v1/devices/${examplePhone}/conversation`,
    `  ${ask('/v1/instances/support/messages')}`,
    'A simulator that was started again knows no phones: once `instances list` says logged-out, `instances restart support` replaces the create.',
    '',
    `What else it can do, with examples: curl ${controlUrl}/sim/v1`,
  ]
}
