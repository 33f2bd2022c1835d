// A simulator with its control API over HTTP, all on loopback: what `zaplog simulate` runs.
import { fastify } from 'fastify'
import { openSimulator, type Simulator } from '../simulator.ts'
import { addControlRoutes } from './routes.ts'
import { shareOnLink } from './share-on-link.ts'

export type SimulatorServer = {
  /** The websocket, for WHATSAPP_URL. */
  url: string
  /** For WHATSAPP_CDN_URL. */
  cdnUrl: string
  /** The origin of /sim/v1. */
  controlUrl: string
  simulator: Simulator
  /** Idempotent; also called when the signal aborts. */
  close(): Promise<void>
}

type Options = {
  port?: number
  cdnPort?: number
  controlPort?: number
  /** How many messages each phone shares of its past, once, as soon as its device has logged in [0] */
  history?: number
}

/** Port 0 takes a free one. Rejects when a port is taken, with nothing left open. */
export async function openSimulatorServer(
  { history = 0, ...ports }: Options = {},
  signal?: AbortSignal,
): Promise<SimulatorServer> {
  const simulator = await openSimulator(ports)
  shareOnLink(simulator, history)
  const stopped = new AbortController()
  const app = fastify({ bodyLimit: 64 * 1024 * 1024, forceCloseConnections: true })
  addControlRoutes(app, simulator, stopped.signal)

  let closing: Promise<void> | null = null
  function close(): Promise<void> {
    stopped.abort()
    closing ??= Promise.all([app.close(), simulator.close()]).then(() => undefined)
    return closing
  }

  try {
    const controlUrl = await app.listen({ port: ports.controlPort ?? 0, host: '127.0.0.1' })
    signal?.addEventListener('abort', close, { once: true })
    if (signal?.aborted) await close()
    return { url: simulator.url, cdnUrl: simulator.cdnUrl, controlUrl, simulator, close }
  } catch (error) {
    await close()
    throw error
  }
}
