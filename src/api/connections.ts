// Connections of clients never use up the descriptors that sockets of WhatsApp need: there is a most, and beyond it the newcomer takes
// the place of one that is owed nothing. Places of what had a right key or signature are given up last.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { createBudgets } from './budgets.ts'
import { clientBlock } from './client-address.ts'

export type Connections = {
  max: number
  /**
   * A request on it had a right key or signature. false: so many of those are being answered that this one has to come again; the
   * places that are left are for those who have not been asked yet, health among them.
   */
  prove(socket: Socket): boolean
}
type Options = { max: number; metrics: Metrics; logger: Logger; clock: () => number }
type Connection = { socket: Socket; block: string; openRequests: number; isProven: boolean }

const LINE_EVERY_MS = 60_000

/** Before the server listens. */
export function limitConnections(server: Server, { max, metrics, logger, clock }: Options): Connections {
  const all = new Map<Socket, Connection>()
  /** Waiting for a request, the one that waits for longest first; those that proved nothing by the address they come from. */
  const idle = { unproven: new Map<string, Set<Connection>>(), proven: new Set<Connection>() }
  const mostProven = max - Math.max(2, Math.floor(max / 8))
  const closed = countClosed(metrics, all, max)
  const lines = createBudgets({ burst: 1, everyMs: LINE_EVERY_MS, maxNames: 1 })
  let provenServing = 0

  function rest(one: Connection) {
    if (one.isProven) return void idle.proven.add(one)
    const ofBlock = idle.unproven.get(one.block) ?? new Set()
    idle.unproven.set(one.block, ofBlock.add(one))
  }

  function leaveRest(one: Connection) {
    idle.proven.delete(one)
    const ofBlock = idle.unproven.get(one.block)
    if (ofBlock?.delete(one) && ofBlock.size === 0) idle.unproven.delete(one.block)
  }

  /** Of the address that has most of them, so that who opens thousands closes their own. */
  function leastOwed(): Connection | null {
    let most: Set<Connection> | null = null
    for (const ofBlock of idle.unproven.values()) if (most === null || ofBlock.size > most.size) most = ofBlock
    for (const one of most ?? idle.proven) return one
    return null
  }

  function makeRoom(newcomer: Connection) {
    const leaving = leastOwed() ?? newcomer
    closed.inc({ reason: leaving === newcomer ? 'full' : 'room' })
    if (lines.waitMs('all', clock()) === 0) {
      lines.spend('all', clock())
      logger.warn('http.connections-full', { maxConnections: max, address: leaving.block })
    }
    forget(leaving)
    leaving.socket.destroy()
  }

  function forget(one: Connection) {
    leaveRest(one)
    all.delete(one.socket)
  }

  server.on('connection', (socket: Socket) => {
    const one = { socket, block: clientBlock(socket.remoteAddress) ?? 'unknown', openRequests: 0, isProven: false }
    all.set(socket, one)
    socket.once('close', () => forget(one))
    if (all.size > max) makeRoom(one)
    if (!socket.destroyed) rest(one)
  })
  const serving = ({ socket }: IncomingMessage, response: ServerResponse) => {
    const one = all.get(socket)
    if (one === undefined) return
    leaveRest(one)
    one.openRequests += 1
    if (one.isProven) provenServing += 1
    response.once('close', () => {
      one.openRequests -= 1
      if (one.isProven) provenServing -= 1
      if (one.openRequests === 0 && !socket.destroyed) rest(one)
    })
  }
  server.on('request', serving).on('checkContinue', serving).on('checkExpectation', serving)

  return {
    max,
    prove: socket => {
      const one = all.get(socket)
      if (one === undefined) return true // it is closed already
      if (!one.isProven) provenServing += one.openRequests
      one.isProven = true
      return provenServing <= mostProven
    },
  }
}

function countClosed(metrics: Metrics, all: ReadonlyMap<Socket, Connection>, max: number) {
  metrics.gauge('zaplog_http_connections', gauge => {
    const answering = [...all.values()].filter(one => one.openRequests > 0).length
    gauge.set({ state: 'answering' }, answering)
    gauge.set({ state: 'idle' }, all.size - answering)
  })
  metrics.gauge('zaplog_http_max_connections').set(max)
  return metrics.counter('zaplog_http_connections_closed_total')
}
