// Settings of the process: what it does, where it listens, what it says, and its keys. Part of config.ts, in its order.
import {
  dialects,
  parseDialect,
  parseHeaderKey,
  parseHost,
  parseKey,
  parseKeys,
  parseProxy,
  parseRoles,
  parseUrl,
  roles,
} from './config-values.ts'
import type { Variables } from './variables.ts'

const loopback = '127.0.0.1'

export function declareProcess(v: Variables) {
  v.group('Process')
  return {
    roles: v.parsed('ROLES', { shown: 'all', doc: `comma list of ${roles.join(', ')}`, parse: parseRoles }) ?? roles,
    host: v.parsed('HOST', { shown: loopback, doc: 'address the API listens on', parse: parseHost }) ?? loopback,
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
    dialects: v.list('DIALECTS', {
      default: '',
      shown: 'none',
      doc: `comma list of ${dialects.join(', ')}: calls of other products that the API takes, too (docs/dialects.md)`,
      each: parseDialect,
    }),
  }
}

export function declareKeys(v: Variables) {
  v.group('Keys')
  return {
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
      doc: 'comma list of other keys that still open, or already do: earlier ones until `zaplog keys rotate` is done, the next one before it',
      secret: true,
      parse: parseKeys,
    }),
  }
}
