// The ports of zaplog dev services: all are free before anything is started, and one that is not is told with the part that needs it.
import { createServer } from 'node:net'
import { CodedError, type Known } from '../runtime/coded-error.ts'
import { wait } from '../runtime/wait.ts'
import type { PartName } from './dev-options.ts'

export type PortPlan = {
  names: readonly PartName[]
  /** 0: free ones. */
  portBase: number
  /** How long to wait for servers of a killed process to leave their ports. */
  leftOverMs: number
  say(part: PartName, what: string): void
}
type Use = 'kafka' | 'registry' | 's3' | 'kafkaController'

export class PortInUse extends CodedError<'in-use'> {
  override name = 'PortInUse'
  readonly port = 'listen'
  constructor(message: string, known: Known = {}) {
    super({ code: 'in-use', message, retryable: true, ...known })
  }
}

const uses: Readonly<Record<Use, { part: PartName; offset: number; called: string }>> = {
  kafka: { part: 'kafka', offset: 0, called: 'Kafka' },
  registry: { part: 'registry', offset: 1, called: 'the schema registry' },
  s3: { part: 's3', offset: 2, called: 'the S3 server' },
  kafkaController: { part: 'kafka', offset: 3, called: 'Kafka’s controller' },
}

/** undefined: a free one. */
export const portOf = ({ portBase }: PortPlan, use: Use): number | undefined =>
  portBase === 0 ? undefined : portBase + uses[use].offset

const PORT_POLL_MS = 50

/** Rejects with PortInUse; with an AbortError when the signal aborts first. */
export async function requirePorts(plan: PortPlan, signal: AbortSignal): Promise<void> {
  if (plan.portBase === 0) return
  const endAt = performance.now() + plan.leftOverMs
  for (const { part, offset, called } of Object.values(uses)) {
    if (!plan.names.includes(part)) continue
    const port = plan.portBase + offset
    for (let waited = false, problem = await probePort(port); problem !== null; problem = await probePort(port)) {
      if (performance.now() >= endAt)
        throw new PortInUse(`${called} needs port ${port} on 127.0.0.1, which is in use: choose others with --port-base`, {
          cause: problem,
        })
      if (!waited) plan.say(part, `waits for port ${port}, which a server of the killed process may still have`)
      waited = true
      await wait(PORT_POLL_MS, signal)
      signal.throwIfAborted()
    }
  }
}

/** null: free. Rejects where this user may not have it at all. */
const probePort = (port: number): Promise<Error | null> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', error => ('code' in error && error.code === 'EADDRINUSE' ? resolve(error) : reject(error)))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(null)))
  })
