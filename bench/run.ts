// `npm run bench -- NAME... [--json] [--runs N]`: runs benches, by default three times each on the same ground, and prints the median by
// ratio. Each run measures the bare library too: on a noisy machine only the ratio counts. `all` is all of them; without a name they are listed.
import { type Bench, type Measured, NotHere } from './measure.ts'

type BenchResult = Measured & { name: string; ratio: number }
type Entry = { what: string; load(): Promise<Bench> }

const benches: Readonly<Record<string, Entry>> = {
  simulator: {
    what: 'ms of CPU that the simulated WhatsApp takes per text; bare: its encryption alone. Lower is better',
    load: async () => (await import('./simulator.ts')).simulator,
  },
  'receive-1': {
    what: 'messages/s from WhatsApp to durable and acknowledged, 1 socket, embedded parts; bare: Baileys alone, keys in memory. Higher is better',
    load: async () => (await import('./receive.ts')).receive({ sockets: 1, n: 2_000 }),
  },
  'receive-50': {
    what: 'the same with 50 sockets',
    load: async () => (await import('./receive.ts')).receive({ sockets: 50, n: 4_000 }),
  },
  chats: {
    what: 'messages/s received and projected, 1 socket, each from a person who never wrote before; bare: as many in one chat. Higher is better',
    load: async () => (await import('./chats.ts')).chats({ n: 1_000 }),
  },
  'append-kafka': {
    what: 'events of 1 KiB/s through the Kafka log from 2,000 callers; bare: kafkajs with ready batches, idempotent too. Higher is better',
    load: async () => (await import('./append-kafka.ts')).appendKafka,
  },
  'append-embedded': {
    what: 'the same through the log in Postgres; bare: raw inserts into a plain table in batches of the same size. Higher is better',
    load: async () => (await import('./append-embedded.ts')).appendEmbedded,
  },
  lanes: {
    what: 'records/s that take 20 ms each, in order per key, from Kafka; bare: kafkajs with all partitions at once. Higher is better',
    load: async () => (await import('./lanes.ts')).lanes,
  },
  project: {
    what: 'events/s into the read model, exactly once; bare: raw inserts of the same rows. Higher is better',
    load: async () => (await import('./project.ts')).project,
  },
  'webhook-1': {
    what: 'deliveries/s to 1 endpoint that takes 250 ms, 10 in flight; bare: undici with as many in flight. Higher is better',
    load: async () => (await import('./webhook.ts')).webhook({ endpoints: 1, n: 200, inFlight: null }),
  },
  'webhook-10': {
    what: 'the same to 10 endpoints',
    load: async () => (await import('./webhook.ts')).webhook({ endpoints: 10, n: 2_000, inFlight: null }),
  },
  'webhook-wide': {
    what: 'the same to 1 endpoint with 1,000 in flight',
    load: async () => (await import('./webhook.ts')).webhook({ endpoints: 1, n: 6_000, inFlight: 1_000 }),
  },
  'webhook-dead': {
    what: 'p99 in ms from the writing of a message to 9 endpoints while a tenth answers 503; bare: while it answers. Lower is better, 1.3 is the bound',
    load: async () => (await import('./webhook-dead.ts')).webhookDead,
  },
  pictures: {
    what: 'ms of a photo from sent to media.stored while another account is sent 64 hostile pictures at once; bare: 64 ordinary ones. Lower is better, 2 is the bound',
    load: async () => (await import('./pictures.ts')).pictures,
  },
  overload: {
    what: 'ms that a member of a consumer group was silent at most, in ten minutes of as many messages as WhatsApp lets through; bare: how long it may be. Lower is better, 1 is the bound',
    load: async () => (await import('./overload.ts')).overload({ seconds: 600 }),
  },
  'catch-up': {
    what: 'webhooks/s while 50 accounts take in what was kept for them; bare: what they take in, messages/s. Higher is better, 0.5 is the bound',
    load: async () => (await import('./catch-up.ts')).catchUp,
  },
  'chain-embedded': {
    what: 'messages/s from WhatsApp to verified webhook, 10 sockets, embedded parts; bare: Baileys posting at once, nothing durable. Higher is better',
    load: async () => (await import('./chain.ts')).chain('embedded'),
  },
  'chain-kafka': {
    what: 'the same over Kafka and a schema registry',
    load: async () => (await import('./chain.ts')).chain('kafka'),
  },
  start: {
    what: 'ms from spawn to /health/ready on embedded parts used before; bare: Node with Baileys and the same PostgreSQL. Lower is better',
    load: async () => (await import('./start.ts')).start,
  },
}

const exitCodes = { failed: 1, usage: 2, notHere: 75 } as const
const signals = ['SIGINT', 'SIGTERM'] as const
const wanted = readArguments(process.argv.slice(2))
for (const name of wanted.names) await runBench(name)

type Wanted = { names: readonly string[]; json: boolean; runs: number }

function readArguments(args: readonly string[]): Wanted {
  const at = args.indexOf('--runs')
  const runs = at < 0 ? 3 : Number(args[at + 1])
  const given = args.filter((arg, index) => !arg.startsWith('--') && (at < 0 || index !== at + 1))
  const names = given.includes('all') ? Object.keys(benches) : given
  if (names.length > 0 && names.every(name => name in benches) && Number.isInteger(runs) && runs > 0)
    return { names, json: args.includes('--json'), runs }
  const list = Object.entries(benches).map(([name, { what }]) => `  ${name.padEnd(17)}${what}`)
  process.stderr.write(`usage: npm run bench -- NAME... | all [--json] [--runs N]\n\n${list.join('\n')}\n`)
  process.exit(exitCodes.usage)
}

async function runBench(name: string): Promise<void> {
  try {
    print(await medianOf(name, wanted.runs))
  } catch (error) {
    if (!(error instanceof NotHere)) throw error
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exitCode = exitCodes.notHere
  }
}

async function medianOf(name: string, runs: number): Promise<BenchResult> {
  const bench = await benches[name]?.load()
  if (bench === undefined) throw new Error(`no bench ${name}`)
  const closing = new AsyncDisposableStack()
  const close = closeOnce(closing)
  try {
    const run = await bench(closing)
    const results: BenchResult[] = []
    while (results.length < runs) {
      const measured = await run()
      const result = { name, ...measured, ratio: measured.value / measured.bare }
      results.push(result)
      process.stderr.write(`${name}: run ${results.length} of ${runs}: ${sentence(result)}\n`)
    }
    const median = results.toSorted((one, other) => one.ratio - other.ratio)[Math.floor((runs - 1) / 2)]
    if (median === undefined) throw new Error(`${name}: no run`)
    return median
  } finally {
    await close()
  }
}

/** What was opened is closed once, and also when we are told to end: then we end. */
function closeOnce(closing: AsyncDisposableStack): () => Promise<void> {
  let closed: Promise<void> | null = null
  const close = () => {
    for (const signal of signals) process.off(signal, endEarly)
    closed ??= closing.disposeAsync()
    return closed
  }
  const endEarly = () => void close().finally(() => process.exit(exitCodes.failed))
  for (const signal of signals) process.once(signal, endEarly)
  return close
}

function print(result: BenchResult): void {
  const { name, value, unit, bare, ratio, n, seconds, more = {} } = result
  const numbers = Object.fromEntries(Object.entries({ ...more }).map(([key, number]) => [key, round(number)]))
  const line = { name, value: round(value), unit, bare: round(bare), ratio: round(ratio), n, seconds: round(seconds), ...numbers }
  process.stdout.write(wanted.json ? `${JSON.stringify(line)}\n` : `${name}: ${sentence(result)}\n`)
}

function sentence({ value, unit, bare, ratio, n, seconds, more = {} }: BenchResult): string {
  const others = Object.entries(more).map(([key, number]) => `, ${key} ${round(number)}`)
  return `${round(value)} ${unit}, bare ${round(bare)}, ratio ${round(ratio)} (${n} in ${round(seconds)} s)${others.join('')}`
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
