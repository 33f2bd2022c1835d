// How the simulated phones write to clients: as fast as these acknowledge, evenly over time, or as much as their windows let through.
import type { Contact } from '../simulator/accounts/accounts.ts'
import type { Simulator } from '../simulator/simulator.ts'

/** A linked client, and the numbers of the contacts who write to it in turns. */
export type Line = { jid: string; contacts: readonly string[] }
/** `window`: written and not yet acknowledged at any time, for each client; WhatsApp lets about a hundred through to a busy one. */
type Delivery = { lines: readonly Line[]; n: number; window: number }
type Pace = { lines: readonly Line[]; n: number; perSecond: number }
/** `perSecond`: offered to all of them together; what does not fit into a window waits at WhatsApp. */
type Offer = Delivery & { perSecond: number }

type Writing = {
  simulator: Simulator
  /** Sends the client its next message. */
  write(jid: string, from: Contact): Promise<unknown>
}

export type Conversations = {
  /** Keeps the window of every client full. Answers the seconds from the first message to the last acknowledgement. */
  deliver(of: Delivery): Promise<number>
  /** Writes evenly over time, to one client after another, whatever is acknowledged. */
  pace(of: Pace): Promise<void>
  /** Offers messages evenly over time, to one client after another, and lets as many through as each one's window has room for. */
  offer(of: Offer): Promise<void>
}

/** Each resolves when all are acknowledged, and rejects when one was not taken in. */
export function createConversations(writing: Writing): Conversations {
  return {
    deliver: async ({ lines, n, window }) => {
      const startedAt = performance.now()
      await converse(writing, { lines, n }, writers => {
        for (const { write } of writers) for (let open = 0; open < window; open++) write()
        return writer => writer.write()
      })
      return (performance.now() - startedAt) / 1000
    },
    pace: ({ lines, n, perSecond }) =>
      converse(writing, { lines, n }, writers => {
        evenly({ n, perSecond, everyMs: 1 }, written => writers[written % writers.length]?.write())
        return () => undefined
      }),
    offer: ({ lines, n, window, perSecond }) =>
      converse(writing, { lines, n }, writers => driveOffers(writers, { n, window, perSecond })),
  }
}

type Beat = { n: number; perSecond: number; everyMs: number }

/** Calls with 0, 1, 2 ... up to n; `after` each beat. */
function evenly({ n, perSecond, everyMs }: Beat, due: (number: number) => void, after: () => void = () => undefined): void {
  const startedAt = performance.now()
  let done = 0
  const beat = setInterval(() => {
    const now = Math.min(n, ((performance.now() - startedAt) / 1000) * perSecond)
    for (; done < now; done++) due(done)
    after()
    if (done === n) clearInterval(beat)
  }, everyMs)
}

function driveOffers(writers: readonly Writer[], { n, window, perSecond }: Omit<Offer, 'lines'>): (by: Writer) => void {
  const queues = writers.map(writer => ({ writer, offered: 0, open: 0 }))
  const letThrough = (queue: (typeof queues)[number]) => {
    for (; queue.offered > 0 && queue.open < window; queue.offered--, queue.open++) queue.writer.write()
  }
  const offerTo = (queue: (typeof queues)[number] | undefined) => {
    if (queue !== undefined) queue.offered++
  }
  evenly(
    { n, perSecond, everyMs: 10 },
    number => offerTo(queues[number % queues.length]),
    () => queues.forEach(letThrough),
  )
  return acknowledgedBy => {
    for (const queue of queues.filter(({ writer }) => writer === acknowledgedBy)) {
      queue.open--
      letThrough(queue)
    }
  }
}

type Writer = { jid: string; write(): void }
/** Answers what to do when a client has acknowledged one. */
type Drive = (writers: readonly Writer[]) => (acknowledgedBy: Writer) => void

/** Resolves when all n are acknowledged; anything but a receipt is a message that was not taken in, and makes it reject. */
function converse(writing: Writing, { lines, n }: { lines: readonly Line[]; n: number }, drive: Drive): Promise<void> {
  return new Promise((resolve, reject) => {
    let acknowledged = 0
    const writers = lines.map((line, index) => createWriter(writing, line, Math.ceil((n - index) / lines.length), reject))
    const stop = writing.simulator.on('settled', ({ device, settlement: { tag, how } }) => {
      const writer = writers.find(({ jid }) => jid === device.jid)
      if (writer === undefined || tag !== 'message') return
      if (!how.startsWith('receipt:')) reject(new Error(`delivering to ${device.jid}: it answered ${how}`))
      if (++acknowledged < n) return acknowledge(writer)
      stop()
      resolve()
    })
    const acknowledge = drive(writers)
  })
}

/** Writes at most n, the contacts in turns. */
function createWriter(
  { simulator, write }: Writing,
  { jid, contacts }: Line,
  n: number,
  failed: (error: unknown) => void,
): Writer {
  const people: readonly Contact[] = contacts.map(pn => simulator.contact({ pn }))
  let written = 0
  return {
    jid,
    write: () => {
      const from = people[written % people.length]
      if (written === n || from === undefined) return
      written++
      write(jid, from).catch(failed)
    },
  }
}
