// What settings have to be beside each other: alone each is right, together they would be a zaplog that starts and does not work.
import type { Config } from './config.ts'
import { requireKafkaTogether } from './config-kafka-rules.ts'
import { leastConnections, totalOf } from './divide-connections.ts'
import { slipsBetween } from './slips-between.ts'
import type { Environment, Variables } from './variables.ts'

export function requireTogether(v: Variables, config: Config) {
  requireBeside(v, 'KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'expected one')
  requireBeside(v, 'SCHEMA_REGISTRY_URL', 'KAFKA_BROKERS', 'expected them')
  requireKafkaTogether(v, config.kafka)
  requireSizes(v, config)
  requireBeside(v, 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'expected one')
  requireBeside(v, 'S3_SECRET_ACCESS_KEY', 'S3_ACCESS_KEY_ID', 'expected one')
  requireBeside(v, 'S3_ENDPOINT', 'S3_BUCKET', 'expected one')
  requireBeside(v, 'S3_KEY_PREFIX', 'S3_BUCKET', 'expected one')
  requireBeside(v, 'DATABASE_SSL_CA', 'DATABASE_URL', 'expected one')
  requireBeside(v, 'DATABASE_URL', 'ADMIN_API_KEY', 'expected a key')
  requireBeside(v, 'DATABASE_URL', 'ENCRYPTION_KEY', 'expected 32 bytes in base64')
}

/** One that was given and refused has been spoken of. */
function requireBeside(v: Variables, given: string, needed: string, expected: string) {
  if (v.isGiven(given) && !v.isGiven(needed)) v.problem(needed, `${expected} when ${v.nameOf(given)} is set`)
}

/** Numbers that were refused are not compared: what stands for them nobody chose. */
function requireSizes(v: Variables, { kafka, log, database, roles }: Config) {
  const areTaken = (...names: readonly string[]) => !names.some(v.isRefused)
  const { replication, minInsync } = kafka
  if (areTaken('TOPIC_REPLICATION') && minInsync !== null && minInsync > replication)
    v.problem(
      'TOPIC_MIN_INSYNC',
      `expected at most TOPIC_REPLICATION, ${replication}, got ${minInsync}: no append could ever succeed`,
    )
  const { maxRecordBytes, rawInlineBytes } = log
  if (areTaken('TOPIC_RAW_INLINE', 'TOPIC_MAX_RECORD') && rawInlineBytes >= maxRecordBytes)
    v.problem('TOPIC_RAW_INLINE', `expected less than TOPIC_MAX_RECORD, ${maxRecordBytes} bytes, got ${rawInlineBytes}`)
  const { poolSize } = database
  const least = leastConnections({ roles, isLogInPostgres: !v.isGiven('KAFKA_BROKERS') })
  if (areTaken('DATABASE_POOL_SIZE', 'ROLES') && poolSize < totalOf(least)) {
    const told = [...least].map(([share, size]) => `${size} for ${share}`).join(', ')
    v.problem('DATABASE_POOL_SIZE', `expected at least ${totalOf(least)} (${told}), got ${poolSize}`)
  }
}

const ourPrefixes =
  /^(ROLES|TOPIC_|GROUP_|KAFKA_|SCHEMA_|S3_|DATABASE_|ADMIN_|ENCRYPTION_|WHATSAPP_|WEBHOOK_|MEDIA_|AUDIO_FILTER_|RETENTION_|UPLOAD_|THUMBNAIL_|FFMPEG_|METRICS_|CLAMD_)/
/** What Kubernetes tells every pod of a Service, such as one that is named kafka. */
const ofAService = /_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)$/

/** Settings of docs/contract.md that other programs read, too: they are no mistake, and a start says that they do nothing yet. */
const forLater = /^(OTEL_(LOGS|METRICS)_\w+|WORKERS)$/

/** In alphabetical order. */
export const ignoredIn = (env: Environment): readonly string[] =>
  Object.keys(env)
    .filter(name => forLater.test(name) && env[name] !== undefined && env[name] !== '')
    .sort()

/** A misspelt name would otherwise be a setting that silently does nothing. */
export function refuseUnknown(v: Variables, env: Environment) {
  const known = v.declared().flatMap(one => (one.secret ? [one.name, `${one.name}_FILE`] : [one.name]))
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || known.includes(name) || ofAService.test(name)) continue
    const meant = nearest(name, known)
    if (ourPrefixes.test(name) || isOneSlip(name, meant))
      v.problem(name, `is not a setting of this version${meant === null ? '' : `; did you mean ${meant}?`}`)
  }
}

/** Of names that do not begin like ours, those one slip beside one of several words: DATA_DIRR, not HOME for HOST. */
const isOneSlip = (name: string, meant: string | null): boolean =>
  meant !== null && /_/.test(meant) && slipsBetween(name, meant) === 1

/** Only where a slip or two of the fingers lead from one to the other, and to no other as surely. */
function nearest(name: string, known: readonly string[]): string | null {
  const [first, second] = known
    .filter(one => Math.abs(one.length - name.length) <= MOST_SLIPS) // each slip makes a name longer or shorter by one letter at most
    .map(one => ({ one, slips: slipsBetween(name, one) }))
    .filter(({ slips }) => slips <= MOST_SLIPS)
    .toSorted((a, b) => a.slips - b.slips)
  return first === undefined || first.slips === second?.slips ? null : first.one
}

const MOST_SLIPS = 2
