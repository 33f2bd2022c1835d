// A real proxy between a client and a server, that cuts, freezes or refuses real sockets.
import { createConnection, createServer, type Socket } from 'node:net'

export type Direction = 'to-target' | 'to-client'
/** Both sides are cut; of the chunk the receiver gets nothing (cut-before), the first half (cut-inside) or all (cut-after). */
export type Cut = 'cut-before' | 'cut-inside' | 'cut-after'
export type Verdict = 'pass' | Cut
type Judge = (chunk: Buffer, direction: Direction) => Verdict
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
  watch(judge: Judge | null): void
  connections(): number
  close(): Promise<void>
}
type Pair = { client: Socket; target: Socket; isCut: boolean }

export async function openTcpProxy({ target }: { target: { host?: string; port: number } }): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let mode: 'serve' | 'hold' | 'down' = 'serve'
  let judge: Judge | null = null

  const forward = (pair: Pair, from: Socket, to: Socket, direction: Direction) => {
    from.on('data', chunk => {
      if (pair.isCut) return
      const verdict = judge?.(chunk, direction) ?? 'pass'
      if (verdict !== 'pass') return cutPair(pair, to, chunk.subarray(0, chunk.length * PASSED[verdict]))
      if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => mode !== 'hold' && from.resume())
      }
    })
    from.once('close', () => breakPair(pair))
    from.on('error', () => from.destroy()) // the other side learns by the close
  }
  /** Whatever comes behind the last bytes is dropped: the receiver sees a cut, never a gap. */
  const cutPair = (pair: Pair, to: Socket, last: Buffer) => {
    pair.isCut = true
    if (last.length === 0) breakPair(pair)
    else to.write(last, () => breakPair(pair))
  }
  const breakPair = ({ client, target: other }: Pair) => {
    client.destroy()
    other.destroy()
  }
  const server = createServer(client => {
    if (mode === 'down') return void client.destroy()
    const pair = { client, target: createConnection({ host: target.host ?? '127.0.0.1', port: target.port }), isCut: false }
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

/** The share of a chunk that still reaches the receiver. */
const PASSED: Readonly<Record<Cut, number>> = { 'cut-before': 0, 'cut-inside': 0.5, 'cut-after': 1 }
const CUTS: readonly Cut[] = ['cut-before', 'cut-inside', 'cut-after']

type ChanceCuts = {
  judge: Judge
  total(): number
  /** How often the rarest kind of cut, in its rarer direction, was made. */
  fewest(): number
  /** One line for people. */
  describe(): string
}

/**
 * Cuts by chance: `share` of all chunks, in [0, 1], in both directions; before, inside and after by turns, so that few cuts are of all kinds.
 * Once `atMost` were made [no bound], all passes: what is tried again gets through in a time that no luck decides.
 */
export function cutByChance(random: () => number, share: number, { atMost = Number.POSITIVE_INFINITY } = {}): ChanceCuts {
  const none = () => ({ 'cut-before': 0, 'cut-inside': 0, 'cut-after': 0 })
  const made = { 'to-target': none(), 'to-client': none() }
  const counts = () => Object.values(made).flatMap(of => CUTS.map(cut => of[cut]))
  const total = () => counts().reduce((sum, count) => sum + count, 0)
  return {
    judge: (_, direction) => {
      if (total() >= atMost || random() >= share) return 'pass'
      const of = made[direction]
      const fewest = Math.min(...CUTS.map(cut => of[cut]))
      const rarest = CUTS.filter(cut => of[cut] === fewest)
      const cut = rarest[Math.floor(random() * rarest.length)] ?? 'cut-before'
      of[cut] += 1
      return cut
    },
    total,
    fewest: () => Math.min(...counts()),
    describe: () => `${total()} cuts: ${JSON.stringify(made)}`,
  }
}
