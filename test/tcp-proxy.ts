// A real proxy between a client and a server, that cuts, freezes or refuses real sockets.
import { createConnection, createServer, type Socket } from 'node:net'

export type Direction = 'to-target' | 'to-client'
/** cut-before: the chunk reaches nobody; cut-after: the receiver gets it, and then both sides are cut. */
export type Verdict = 'pass' | 'cut-before' | 'cut-after'
export type TcpProxy = {
  port: number
  /** Breaks every connection there is; new ones are served. */
  cut(): void
  /** Breaks every connection, and new ones at once, until resume(). */
  down(): void
  /** Accepts but passes nothing on, as a peer that hangs, until resume(). */
  hold(): void
  resume(): void
  /** Judges every chunk from now on; null passes all. */
  watch(judge: ((chunk: Buffer, direction: Direction) => Verdict) | null): void
  connections(): number
  close(): Promise<void>
}
type Pair = { client: Socket; target: Socket }

export async function openTcpProxy({ target }: { target: { host?: string; port: number } }): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let mode: 'serve' | 'hold' | 'down' = 'serve'
  let judge: ((chunk: Buffer, direction: Direction) => Verdict) | null = null

  const forward = (pair: Pair, from: Socket, to: Socket, direction: Direction) => {
    from.on('data', chunk => {
      const verdict = judge?.(chunk, direction) ?? 'pass'
      if (verdict === 'cut-before') return breakPair(pair)
      if (verdict === 'cut-after') return to.write(chunk, () => breakPair(pair))
      if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => mode !== 'hold' && from.resume())
      }
    })
    from.once('close', () => breakPair(pair))
    from.on('error', () => from.destroy()) // the other side learns by the close
  }
  const breakPair = ({ client, target: other }: Pair) => {
    client.destroy()
    other.destroy()
  }
  const server = createServer(client => {
    if (mode === 'down') return void client.destroy()
    const pair = { client, target: createConnection({ host: target.host ?? '127.0.0.1', port: target.port }) }
    pairs.add(pair)
    client.once('close', () => pairs.delete(pair))
    forward(pair, client, pair.target, 'to-target')
    forward(pair, pair.target, client, 'to-client')
    if (mode === 'hold') pauseOrResume(pair)
  })
  const pauseOrResume = ({ client, target: other }: Pair) => {
    for (const socket of [client, other]) mode === 'hold' ? socket.pause() : socket.resume()
  }
  const cut = () => pairs.forEach(breakPair)

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  let closed: Promise<void> | null = null
  return {
    port: address.port,
    cut,
    down: () => {
      mode = 'down'
      cut()
    },
    hold: () => {
      mode = 'hold'
      pairs.forEach(pauseOrResume)
    },
    resume: () => {
      mode = 'serve'
      pairs.forEach(pauseOrResume)
    },
    watch: next => {
      judge = next
    },
    connections: () => pairs.size,
    close: () => {
      closed ??= new Promise<void>(resolve => server.close(() => resolve()))
      cut()
      return closed
    },
  }
}
