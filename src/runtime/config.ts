// The whole configuration, declared once: parsed whole before anything opens, every mistake reported together.
// .env.example and README's table are generated from this file.
import { ignoredIn, refuseUnknown, requireTogether } from './config-rules.ts'
import {
  parseBrokers,
  parseCertificate,
  parseCount,
  parseHeaderKey,
  parseKey,
  parseKeyPrefix,
  parseLoopback,
  parsePrefix,
  parseProxy,
  parseRetention,
  parseRoles,
  parseSaslMechanism,
  parseUrl,
  parseVersion,
  roles,
  saslMechanisms,
} from './config-values.ts'
import { declareMedia, declareWebhooks } from './config-work.ts'
import { type Environment, openVariables, type Problem, type Variables } from './variables.ts'

export type { RoleName } from './config-values.ts'

export type Config = ReturnType<typeof declareVariables>

/** `ignored`: names that are set, and that this version has no use for yet. */
export type ParsedConfig = { ok: true; config: Config; ignored: readonly string[] } | { ok: false; problems: readonly Problem[] }

export function parseConfig(env: Environment): ParsedConfig {
  const variables = openVariables(env)
  const config = declareVariables(variables)
  requireTogether(variables, config)
  refuseUnknown(variables, env)
  const problems = variables.problems()
  return problems.length === 0 ? { ok: true, config, ignored: ignoredIn(env) } : { ok: false, problems }
}

export const declaredVariables = () => {
  const variables = openVariables({})
  declareVariables(variables)
  return variables.declared()
}

function declareVariables(v: Variables) {
  v.group('Process')
  const process = {
    roles: v.parsed('ROLES', { shown: 'all', doc: `comma list of ${roles.join(', ')}`, parse: parseRoles }) ?? roles,
    host: v.text('HOST', { default: '127.0.0.1', doc: 'address the API listens on' }),
    port: v.whole('PORT', { default: 7070, from: 0, to: 65_535, doc: 'port of the API; 0 takes a free one' }),
    publicUrl: v.parsed('PUBLIC_URL', {
      shown: 'http://HOST:PORT',
      doc: 'what media links begin with',
      parse: parseUrl(['http:', 'https:']),
    }),
    dataDir: v.text('DATA_DIR', { default: './data', doc: 'embedded Postgres, embedded objects, generated keys' }),
    logLevel: v.choice('LOG_LEVEL', {
      default: 'info',
      of: ['debug', 'info', 'warn', 'error', 'silent'],
      doc: 'debug, info, warn, error or silent',
    }),
    logFormat: v.choice('LOG_FORMAT', {
      default: 'auto',
      of: ['auto', 'json', 'pretty'],
      doc: 'json, or pretty: a readable line each; auto: pretty on a terminal, json elsewhere',
    }),
    stopWithinMs: v.durationMs('STOP_WITHIN', {
      default: '25s',
      fromMs: 1_000,
      toMs: 3_600_000,
      doc: 'how long SIGTERM waits for what is in flight',
    }),
    metricsToken: v.parsed('METRICS_TOKEN', {
      doc: 'bearer token for /metrics alone, 16 characters or more; the administrator’s key is taken too',
      secret: true,
      parse: parseHeaderKey,
    }),
    http: {
      trustedProxies: v.list('HTTP_TRUSTED_PROXIES', {
        default: '',
        shown: 'none',
        doc: 'addresses and ranges of proxies in front; only what they say in X-Forwarded-For is a client’s address',
        each: parseProxy,
      }),
      maxConnections: v.whole('HTTP_MAX_CONNECTIONS', {
        default: 1000,
        from: 16,
        to: 100_000,
        doc: 'most connections of clients at once, and at most a quarter of the files that the process may open',
      }),
    },
  }
  v.group('Database')
  const database = {
    url: v.parsed('DATABASE_URL', {
      shown: 'embedded Postgres',
      doc: 'external Postgres, a direct connection (LISTEN)',
      secret: true,
      parse: parseUrl(['postgres:', 'postgresql:']),
    }),
    poolSize: v.whole('DATABASE_POOL_SIZE', {
      default: 10,
      from: 1,
      to: 500,
      doc: 'working connections of one process, divided by kind of work, with all roles 8 or more; at most four besides hold leases and its lock, listen, or ask whether Postgres answers',
    }),
    sslCa: v.parsed('DATABASE_SSL_CA', {
      doc: 'PEM of the authority that signed the server’s certificate; setting it demands TLS',
      secret: true,
      parse: parseCertificate,
    }),
  }
  v.group('Log')
  const log = {
    topicPrefix: v.parsed('TOPIC_PREFIX', { shown: 'wa.', doc: 'begins every topic name', parse: parsePrefix }) ?? 'wa.',
    groupPrefix:
      v.parsed('GROUP_PREFIX', { shown: 'zaplog.', doc: 'begins every consumer group name', parse: parsePrefix }) ?? 'zaplog.',
    partitions: v.whole('TOPIC_PARTITIONS', { default: 24, from: 1, to: 1024, doc: 'fixed when the topics are created' }),
    retentionMs:
      v.parsed('TOPIC_RETENTION', {
        shown: 'forever; deliveries and attempts 30d',
        doc: 'how long records are kept in topics that zaplog creates, other than deliveries and attempts',
        parse: parseRetention,
      }) ?? 'forever',
    maxRecordBytes: v.sizeBytes('TOPIC_MAX_RECORD', {
      default: '2MiB',
      fromBytes: 65_536,
      doc: 'largest record; dead letters take twice that',
    }),
    rawInlineBytes: v.sizeBytes('TOPIC_RAW_INLINE', { default: '768KiB', doc: 'larger raw bytes go to the object store' }),
  }
  v.group('Kafka')
  const kafka = {
    brokers: v.parsed('KAFKA_BROKERS', { shown: 'the log is in Postgres', doc: 'comma list of host:port', parse: parseBrokers }),
    ssl: v.flag('KAFKA_SSL', { default: false, doc: 'TLS' }),
    sslCa: v.parsed('KAFKA_SSL_CA', {
      doc: 'PEM of the authority that signed the brokers’ certificates',
      secret: true,
      parse: parseCertificate,
    }),
    sasl: {
      mechanism: v.parsed('KAFKA_SASL_MECHANISM', { shown: 'none', doc: saslMechanisms.join(', '), parse: parseSaslMechanism }),
      username: v.optionalText('KAFKA_SASL_USERNAME', { doc: 'with KAFKA_SASL_MECHANISM' }),
      password: v.optionalText('KAFKA_SASL_PASSWORD', { doc: 'with KAFKA_SASL_MECHANISM', secret: true }),
    },
    replication: v.whole('TOPIC_REPLICATION', { default: 1, from: 1, to: 100, doc: 'copies of each topic that zaplog creates' }),
    minInsync: v.parsed('TOPIC_MIN_INSYNC', {
      shown: '1; 2 from replication 3',
      doc: 'copies that have an append before it counts',
      parse: parseCount,
    }),
  }
  const schemaRegistry = {
    url: v.parsed('SCHEMA_REGISTRY_URL', {
      shown: 'ids are in Postgres',
      doc: 'a registry with Confluent’s API; required with KAFKA_BROKERS',
      parse: parseUrl(['http:', 'https:']),
    }),
    username: v.optionalText('SCHEMA_REGISTRY_USERNAME', { doc: 'where it asks for one' }),
    password: v.optionalText('SCHEMA_REGISTRY_PASSWORD', { doc: 'of that user', secret: true }),
    autoRegister: v.flag('SCHEMA_AUTO_REGISTER', { default: true, doc: 'false: every schema has to be there already' }),
  }
  v.group('Objects')
  const objects = {
    bucket: v.parsed('S3_BUCKET', { shown: 'the file system', doc: 'S3 bucket for media', parse: text => text }),
    endpoint: v.parsed('S3_ENDPOINT', {
      shown: 'AWS',
      doc: 'an S3 server of another maker',
      parse: parseUrl(['http:', 'https:']),
    }),
    region: v.optionalText('S3_REGION', { shown: 'the SDK’s chain', doc: 'region of the bucket' }),
    accessKeyId: v.optionalText('S3_ACCESS_KEY_ID', { shown: 'the SDK’s chain', doc: 'with its secret' }),
    secretAccessKey: v.optionalText('S3_SECRET_ACCESS_KEY', { shown: 'the SDK’s chain', doc: 'of that key', secret: true }),
    forcePathStyle: v.choice('S3_FORCE_PATH_STYLE', {
      default: 'auto',
      of: ['auto', 'true', 'false'],
      doc: 'bucket in the path instead of the host name; auto: with S3_ENDPOINT',
    }),
    keyPrefix: v.parsed('S3_KEY_PREFIX', {
      shown: 'none',
      doc: 'begins the keys of new objects, such as zaplog/; those that are there keep theirs',
      parse: parseKeyPrefix,
    }),
    acl: v.optionalText('S3_ACL', { shown: 'none', doc: 'canned ACL of new objects' }),
  }
  v.group('Keys')
  const keys = {
    adminApiKey: v.parsed('ADMIN_API_KEY', {
      shown: 'made at first start',
      doc: 'key of the administrator, 16 characters or more; required with DATABASE_URL',
      secret: true,
      parse: parseHeaderKey,
    }),
    encryptionKey: v.parsed('ENCRYPTION_KEY', {
      shown: 'made at first start',
      doc: '32 bytes in base64 that seal what is kept in Postgres; required with DATABASE_URL',
      secret: true,
      parse: parseKey,
    }),
    encryptionKeyPrevious: v.parsed('ENCRYPTION_KEY_PREVIOUS', {
      doc: 'still opens what an earlier key sealed',
      secret: true,
      parse: parseKey,
    }),
  }
  v.group('WhatsApp')
  const whatsapp = {
    url: v.parsed('WHATSAPP_URL', {
      shown: 'WhatsApp',
      doc: 'a simulator’s websocket, loopback only',
      parse: parseLoopback(['ws:', 'wss:']),
    }),
    cdnUrl: v.parsed('WHATSAPP_CDN_URL', {
      shown: 'WhatsApp',
      doc: 'loopback origin that every media host on the allow-list is fetched from',
      parse: parseLoopback(['http:', 'https:']),
    }),
    version: v.parsed('WHATSAPP_VERSION', {
      shown: 'Baileys’ own',
      doc: 'client version to announce, such as 2.3000.1043857760',
      parse: parseVersion,
    }),
    connectsPerSecond: v.whole('WHATSAPP_CONNECTS_PER_SECOND', {
      default: 10,
      from: 1,
      to: 1000,
      doc: 'how fast sockets are opened',
    }),
    qrRounds: v.whole('WHATSAPP_QR_ROUNDS', {
      default: 5,
      from: 1,
      to: 100,
      doc: 'unpaired instances are parked after so many rounds of codes',
    }),
    appendTimeoutMs: v.durationMs('WHATSAPP_APPEND_TIMEOUT', {
      default: '10s',
      fromMs: 1_000,
      toMs: 600_000,
      doc: 'a socket is closed when an append or key write has been pending for so long',
    }),
  }
  const media = declareMedia(v)
  const webhooks = declareWebhooks(v)
  return { ...process, database, log, kafka, schemaRegistry, objects, keys, whatsapp, media, webhooks }
}
