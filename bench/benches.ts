// Every bench there is, and what each measures.
import type { Bench } from './measure.ts'

type Entry = {
  what: string
  better: 'higher' | 'lower'
  load(): Promise<Bench>
}

const KiB = 1024
const MiB = 1024 * KiB
const small = { sizeBytes: 64 * KiB, n: 400, slices: 4, unit: 'files/s' } as const
const medium = { sizeBytes: MiB, n: 128, slices: 4, unit: 'MiB/s' } as const
/** Their simulator takes 2.5 GB. */
const large = { sizeBytes: 64 * MiB, n: 32, slices: 2, unit: 'MiB/s' } as const
/** An S3 server writes each file three times: its parts, the whole, its copy. */
const largeInParts = { ...large, n: 8 } as const

export const benches: Readonly<Record<string, Entry>> = {
  simulator: {
    what: 'ms of CPU that the simulated WhatsApp takes per text; bare: its encryption alone',
    better: 'lower',
    load: async () => (await import('./simulator.ts')).simulator,
  },
  'receive-1': {
    what: 'messages/s from WhatsApp to durable and acknowledged, 1 socket, embedded parts; bare: Baileys alone, keys in memory',
    better: 'higher',
    load: async () => (await import('./receive.ts')).receive({ sockets: 1, n: 2_000 }),
  },
  'receive-50': {
    what: 'the same with 50 sockets',
    better: 'higher',
    load: async () => (await import('./receive.ts')).receive({ sockets: 50, n: 4_000 }),
  },
  'group-10': {
    what: 'the same in groups of ten members, 10 sockets; bare: Baileys on the very same stanzas, signed before the clock starts',
    better: 'higher',
    load: async () => (await import('./group.ts')).group({ sockets: 10, members: 10, n: 2_000 }),
  },
  command: {
    what: 'ms at p99 from a POST to an idle account until its text is at WhatsApp, pacing off, one process, embedded parts, and rushed: one right behind the other; bare: Baileys alone. 10 ms at p50 and 50 ms at p99 are the bounds',
    better: 'lower',
    load: async () => (await import('./command.ts')).command({ n: 300, chats: 5 }),
  },
  'command-apart': {
    what: 'the same with the API in a process of its own',
    better: 'lower',
    load: async () => (await import('./command.ts')).command({ n: 300, chats: 5, setup: 'apart' }),
  },
  'command-kafka': {
    what: 'the same in one process over Kafka and a schema registry',
    better: 'lower',
    load: async () => (await import('./command.ts')).command({ n: 300, chats: 5, setup: 'kafka' }),
  },
  chats: {
    what: 'messages/s received and projected, 1 socket, each from a person who never wrote before; bare: as many in one chat',
    better: 'higher',
    load: async () => (await import('./chats.ts')).chats({ n: 1_000 }),
  },
  'append-kafka': {
    what: 'events of 1 KiB/s through the Kafka log from 2,000 callers; bare: kafkajs with ready batches, idempotent too',
    better: 'higher',
    load: async () => (await import('./append-kafka.ts')).appendKafka,
  },
  'append-embedded': {
    what: 'the same through the log in Postgres; bare: raw inserts into a plain table in batches of the same size',
    better: 'higher',
    load: async () => (await import('./append-embedded.ts')).appendEmbedded,
  },
  migrate: {
    what: 'records/s of 1 KiB that move from Postgres to Kafka, compared one by one, 1,000,000 of them; bare: kafkajs with ready batches, which compares nothing',
    better: 'higher',
    load: async () => (await import('./migrate.ts')).migrate({ n: 1_000_000 }),
  },
  'migrate-small': {
    what: 'the same with 100,000',
    better: 'higher',
    load: async () => (await import('./migrate.ts')).migrate({ n: 100_000 }),
  },
  lanes: {
    what: 'records/s that take 20 ms each, in order per key, from Kafka; bare: kafkajs with all partitions at once',
    better: 'higher',
    load: async () => (await import('./lanes.ts')).lanes,
  },
  project: {
    what: 'events/s of all kinds into the read model, exactly once; bare: raw inserts of the same rows',
    better: 'higher',
    load: async () => (await import('./project.ts')).project,
  },
  fill: {
    what: 'messages/s into an empty read model beside the webhook stream, 1,000,000 of them; bare: raw inserts of the last rows',
    better: 'higher',
    load: async () => (await import('./project.ts')).fill({ n: 1_000_000 }),
  },
  'fill-small': {
    what: 'the same with 100,000',
    better: 'higher',
    load: async () => (await import('./project.ts')).fill({ n: 100_000 }),
  },
  rebuild: {
    what: 'events/s that a rebuild of the read model takes in while nothing live comes, its indexes included; bare: raw inserts of the same rows. 20,000 is the bound',
    better: 'higher',
    load: async () => (await import('./rebuild.ts')).rebuild({ n: 100_000 }),
  },
  lists: {
    what: 'ms at p99 of the slowest list of 1,000,000 messages, 50,000 chats and 500 instances, and p50 and p99 of each; bare: a plain page of messages. 30 ms is the bound',
    better: 'lower',
    load: async () => (await import('./lists.ts')).lists({ messages: 1_000_000, chats: 50_000, instances: 500 }),
  },
  'lists-small': {
    what: 'the same of a twentieth of the messages and chats',
    better: 'lower',
    load: async () => (await import('./lists.ts')).lists({ messages: 50_000, chats: 2_500, instances: 500 }),
  },
  'read-api': {
    what: 'ms at p99 of the slowest page of 50 over HTTP, of 1,000,000 messages, and of the slowest search; bare: a plain page straight from Postgres. 30 ms is the bound, 150 of a search',
    better: 'lower',
    load: async () => (await import('./read-api.ts')).readApi({ messages: 1_000_000, chats: 50_000, instances: 500 }),
  },
  'read-api-small': {
    what: 'the same of a twentieth of the messages and chats',
    better: 'lower',
    load: async () => (await import('./read-api.ts')).readApi({ messages: 50_000, chats: 2_500, instances: 500 }),
  },
  'webhook-1': {
    what: 'deliveries/s to 1 endpoint that takes 250 ms, 10 in flight; bare: undici with as many in flight',
    better: 'higher',
    load: async () => (await import('./webhook.ts')).webhook({ endpoints: 1, n: 200, inFlight: null }),
  },
  'webhook-10': {
    what: 'the same to 10 endpoints',
    better: 'higher',
    load: async () => (await import('./webhook.ts')).webhook({ endpoints: 10, n: 2_000, inFlight: null }),
  },
  'webhook-wide': {
    what: 'the same to 1 endpoint with 1,000 in flight',
    better: 'higher',
    load: async () => (await import('./webhook.ts')).webhook({ endpoints: 1, n: 6_000, inFlight: 1_000 }),
  },
  'webhook-dead': {
    what: 'p99 in ms from the writing of a message to 9 endpoints while a tenth answers 503; bare: while it answers. 1.3 is the bound',
    better: 'lower',
    load: async () => (await import('./webhook-dead.ts')).webhookDead,
  },
  history: {
    what: 'p99 in ms from the writing of a live message to its webhook, 100 a second, while 200,000 messages of history are worked off; bare: while none are. 2 is the bound',
    better: 'lower',
    load: async () => (await import('./history.ts')).history({ messages: 200_000 }),
  },
  'history-small': {
    what: 'the same beside 20,000',
    better: 'lower',
    load: async () => (await import('./history.ts')).history({ messages: 20_000 }),
  },
  pictures: {
    what: 'ms of a photo from sent to media.stored while another account is sent 64 hostile pictures at once; bare: 64 ordinary ones. 2 is the bound',
    better: 'lower',
    load: async () => (await import('./pictures.ts')).pictures,
  },
  'media-small': {
    what: 'files/s of 64 KiB from CDN to stored on the file system, 16 transfers; bare: a verified copy of the same files, as many at once',
    better: 'higher',
    load: async () => (await import('./media.ts')).media({ store: 'files', ...small }),
  },
  'media-1m': {
    what: 'MiB/s of files of 1 MiB, on the file system',
    better: 'higher',
    load: async () => (await import('./media.ts')).media({ store: 'files', ...medium }),
  },
  'media-64m': {
    what: 'MiB/s of files of 64 MiB, on the file system',
    better: 'higher',
    load: async () => (await import('./media.ts')).media({ store: 'files', ...large }),
  },
  'media-small-s3': {
    what: 'files/s of 64 KiB from CDN to stored on an S3 server; bare: a verified copy of the same files to there',
    better: 'higher',
    load: async () => (await import('./media.ts')).media({ store: 's3', ...small }),
  },
  'media-1m-s3': {
    what: 'MiB/s of files of 1 MiB, on an S3 server',
    better: 'higher',
    load: async () => (await import('./media.ts')).media({ store: 's3', ...medium }),
  },
  'media-64m-s3': {
    what: 'MiB/s of files of 64 MiB, on an S3 server',
    better: 'higher',
    load: async () => (await import('./media.ts')).media({ store: 's3', ...largeInParts }),
  },
  overload: {
    what: 'ms that a member of a consumer group was silent at most, in ten minutes of as many messages as WhatsApp lets through; bare: how long it may be. 1 is the bound',
    better: 'lower',
    load: async () => (await import('./overload.ts')).overload({ seconds: 600 }),
  },
  'catch-up': {
    what: 'webhooks/s while 50 accounts take in what was kept for them; bare: what they take in, messages/s. 0.5 is the bound',
    better: 'higher',
    load: async () => (await import('./catch-up.ts')).catchUp,
  },
  'catch-up-kafka': {
    what: 'records/s that one consumer reads from the beginning of 24 partitions in Kafka, half of them in one and most empty; bare: kafkajs',
    better: 'higher',
    load: async () => (await import('./catch-up-kafka.ts')).catchUpKafka,
  },
  replay: {
    what: 'records of 1 KiB/s that a replay copies in Kafka; bare: kafkajs, consumer to idempotent producer. 20,000 is the bound',
    better: 'higher',
    load: async () => (await import('./replay.ts')).replay,
  },
  'replay-live': {
    what: 'p99 in ms from the writing of a live message to its webhook, 100 a second over Kafka, while a replay copies as fast as it may; bare: while none does. 2 is the bound, and 500 records/s the least that it copies',
    better: 'lower',
    load: async () => (await import('./replay-live.ts')).replayLive,
  },
  'rebuild-live': {
    what: 'the same while a rebuild of the read model is filled; bare: while none is',
    better: 'lower',
    load: async () => (await import('./rebuild-live.ts')).rebuildLive,
  },
  'chain-embedded': {
    what: 'messages/s from WhatsApp to verified webhook, 10 sockets, embedded parts; bare: Baileys posting at once, nothing durable',
    better: 'higher',
    load: async () => (await import('./chain.ts')).chain('embedded'),
  },
  'chain-kafka': {
    what: 'the same over Kafka and a schema registry',
    better: 'higher',
    load: async () => (await import('./chain.ts')).chain('kafka'),
  },
  traced: {
    what: 'messages/s as chain-embedded with every span told to a receiver of OTLP; bare: the same zaplog without traces, with its CPU. spansDropped and otlpBytes are per message',
    better: 'higher',
    load: async () => (await import('./traced.ts')).traced,
  },
  idle: {
    what: 'MiB of zaplog with 100 accounts that nobody writes to, without its Postgres; bare: as many Baileys clients in one process, keys in memory',
    better: 'lower',
    load: async () => (await import('./idle.ts')).idle({ accounts: 100, seconds: 30 }),
  },
  'idle-500': {
    what: 'the same with 500 accounts. 650 MiB is the bound',
    better: 'lower',
    load: async () => (await import('./idle.ts')).idle({ accounts: 500, seconds: 60 }),
  },
  start: {
    what: 'ms from spawn to /health/ready on embedded parts used before; bare: Node with Baileys and the same PostgreSQL',
    better: 'lower',
    load: async () => (await import('./start.ts')).start,
  },
}
