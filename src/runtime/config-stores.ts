// Settings of where what is kept is kept: rows, records and files. Part of config.ts, in its order.
import { parseCertificate, parseKeyPrefix, parsePrefix, parseRetention, parseUrl } from './config-values.ts'
import type { Variables } from './variables.ts'

export function declareDatabase(v: Variables) {
  v.group('Database')
  return {
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
}

export function declareLog(v: Variables) {
  v.group('Log')
  return {
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
}

export function declareObjects(v: Variables) {
  v.group('Objects')
  return {
    bucket: v.optionalText('S3_BUCKET', { shown: 'the file system', doc: 'S3 bucket for media' }),
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
}
