import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Config, declaredVariables, parseConfig } from '../../src/runtime/config.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'

const problemsOf = (env: Record<string, string>) => {
  const parsed = parseConfig(env)
  return parsed.ok ? [] : parsed.problems.map(problem => `${problem.name}: ${problem.message}`)
}
const configOf = (env: Record<string, string>): Config => {
  const parsed = parseConfig(env)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.config
}

describe('configuration', () => {
  test('[H8] needs nothing: every setting has a default', () => {
    expect(configOf({})).toMatchObject({
      host: '127.0.0.1',
      port: 7070,
      roles: ['producers', 'processors', 'projections', 'webhooks', 'api'],
    })
  })

  test('[H8] reports all mistakes together, each with what was expected and what came', () => {
    expect(problemsOf({ PORT: '70000', ROLES: 'api,painter', WEBHOOK_TIMEOUT: '5 seconds', LOG_LEVEL: 'loud' })).toEqual([
      'ROLES: expected a comma list of producers, processors, projections, webhooks, api, got "api,painter"',
      'PORT: expected a whole number from 0 to 65535, got "70000"',
      'LOG_LEVEL: expected one of debug, info, warn, error, silent, got "loud"',
      'WEBHOOK_TIMEOUT: expected a duration such as 500ms, 20s, 15m, 24h or 7d from 100 ms to 30000 ms, got "5 seconds"',
    ])
  })

  test.each(['zaplog/', 'media/zaplog-2/', 'a.b/c_d/'])('[H8] takes %s for what new keys begin with', prefix => {
    expect(configOf({ S3_BUCKET: 'media', S3_KEY_PREFIX: prefix }).objects.keyPrefix).toBe(prefix)
    expect(configOf({ S3_BUCKET: 'media' }).objects.keyPrefix).toBeNull()
  })

  test.each(['zaplog', '/zaplog/', 'a//b/', '../', 'a/./b/', 'a b/', 'a\\b/', 'ü/', `${'a'.repeat(512)}/`])(
    '[H8] refuses %s as what keys begin with, in words',
    prefix => {
      expect(problemsOf({ S3_BUCKET: 'media', S3_KEY_PREFIX: prefix })).toEqual([
        `S3_KEY_PREFIX: expected a path that ends in a slash, such as zaplog/ or media/zaplog/, of at most 512 letters, digits and !_.*'()=-, got ${JSON.stringify(prefix)}`,
      ])
    },
  )

  test('[H8] a key prefix without a bucket would do nothing, and is said', () => {
    expect(problemsOf({ S3_KEY_PREFIX: 'zaplog/' })).toEqual(['S3_BUCKET: expected one when S3_KEY_PREFIX is set'])
  })

  test('[H8] refuses names that begin like ours and are not', () => {
    expect(problemsOf({ WEBHOOK_COLOUR: 'red', KAFKA_BROKERS_FILE: '/brokers', HOME: '/home/somebody' })).toEqual([
      'WEBHOOK_COLOUR: is not a setting of this version',
      'KAFKA_BROKERS_FILE: is not a setting of this version',
    ])
  })

  test.each([
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['S3_BUKET', 'S3_BUCKET'],
    ['WEBHOOK_TIMOUT', 'WEBHOOK_TIMEOUT'],
    ['DATABASE_ULR', 'DATABASE_URL'],
    ['ADMIN_API_KEYS_FILE', 'ADMIN_API_KEY_FILE'],
    ['TOPIC_REPLICATON', 'TOPIC_REPLICATION'],
    ['DATABASE_POLO_SIZ', 'DATABASE_POOL_SIZE'],
  ])('[H8] %s is refused with the name it was meant to be', (name, meant) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name}: is not a setting of this version; did you mean ${meant}?`])
  })

  test.each([
    ['DATA_DIRR', 'DATA_DIR'],
    ['STOP_WITHN', 'STOP_WITHIN'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
  ])('[H8] %s, one slip beside %s, is refused although it does not begin like ours', (name, meant) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name}: is not a setting of this version; did you mean ${meant}?`])
  })

  test('[H8] what other programs may have is none of our business', () => {
    const others = ['HOME', 'PATH', 'POST', 'DATA_CENTER', 'PUBLIC_KEY', 'ZAPLOG_URL', 'ZAPLOG_VERSION']
    expect(problemsOf(Object.fromEntries(others.map(name => [name, 'x'])))).toEqual([])
  })

  test('[H8] durations that no timer can wait for, records too small for any event, and names that Kafka refuses, are no settings', () => {
    const wrong = {
      STOP_WITHIN: '30d',
      WHATSAPP_APPEND_TIMEOUT: '60d',
      MEDIA_TOTAL_TIMEOUT: '25d',
      TOPIC_PREFIX: 'a b/',
      TOPIC_MAX_RECORD: '1',
    }
    expect(
      problemsOf(wrong)
        .map(problem => problem.split(':')[0])
        .toSorted(),
    ).toEqual(Object.keys(wrong).toSorted())
    expect(problemsOf({ STOP_WITHIN: '0s' })).toEqual([expect.stringContaining('from 1000 ms to 3600000 ms, got "0s"')])
    expect(problemsOf({ TOPIC_RAW_INLINE: '4MiB' })).toEqual([
      'TOPIC_RAW_INLINE: expected less than TOPIC_MAX_RECORD, 2097152 bytes, got 4194304',
    ])
  })

  test('[H8] what Kubernetes says of Services is no setting', () => {
    const told = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_CLIENTS', 'PORT', 'PORT_9092_TCP', 'PORT_9092_TCP_ADDR']
    const names = ['KAFKA', 'ZAPLOG', 'SCHEMA_REGISTRY', 'DATABASE'].flatMap(name => told.map(what => `${name}_${what}`))
    expect(problemsOf(Object.fromEntries(names.map(name => [name, 'tcp://10.0.0.1:9092'])))).toEqual([])
  })

  test('[H8] a name as close to two settings, or to none, is refused without a guess', () => {
    expect(problemsOf({ MEDIA_MAX_IDEO: '1' })).toEqual([
      'MEDIA_MAX_IDEO: is not a setting of this version; did you mean MEDIA_MAX_VIDEO?',
    ])
    expect(problemsOf({ S3_SECRET: 'x', MEDIA_MAX_IDIO: '1' })).toEqual([
      'S3_SECRET: is not a setting of this version',
      'MEDIA_MAX_IDIO: is not a setting of this version',
    ])
  })

  test('[H8] a list of nothing but commas is a slip', () => {
    for (const name of ['WEBHOOK_RETRY_DELAYS', 'MEDIA_RETRY_DELAYS', 'HTTP_TRUSTED_PROXIES', 'ROLES'])
      for (const slip of [',', ' , ,'])
        expect(problemsOf({ [name]: slip }), `${name}=${slip}`).toEqual([
          expect.stringMatching(new RegExp(`^${name}: expected a comma list of .+, got "${slip}"$`)),
        ])
  })

  test('[H8] asks for what belongs together', () => {
    expect(problemsOf({ KAFKA_BROKERS: 'localhost:9092' })).toEqual([
      'SCHEMA_REGISTRY_URL: expected one when KAFKA_BROKERS is set',
    ])
    const sasl = { KAFKA_BROKERS: 'a:1', SCHEMA_REGISTRY_URL: 'http://b', KAFKA_SASL_MECHANISM: 'PLAIN' }
    expect(problemsOf(sasl)).toHaveLength(2)
    expect(problemsOf({ KAFKA_BROKERS: 'http://a', SCHEMA_REGISTRY_URL: 'http://b' })).toEqual([
      'KAFKA_BROKERS: expected a comma list of host:port, got "http://a"',
    ])
    expect(problemsOf({ S3_ENDPOINT: 'http://a', S3_ACCESS_KEY_ID: 'k' })).toHaveLength(2)
    expect(problemsOf({ TOPIC_REPLICATION: '3', TOPIC_MIN_INSYNC: '4' })).toEqual([
      'TOPIC_MIN_INSYNC: expected at most TOPIC_REPLICATION, 3, got 4: no append could ever succeed',
    ])
  })

  test('[H5] [H8] refuses a pool in which some work of its roles would have no connection', () => {
    expect(problemsOf({ DATABASE_POOL_SIZE: '6' })).toEqual([
      'DATABASE_POOL_SIZE: expected at least 8 (1 for intake, 1 for appends, 1 for processors, 1 for projections, 1 for deliveries, 1 for waiting, 2 for api), got 6',
    ])
    expect(problemsOf({ DATABASE_POOL_SIZE: '8' })).toEqual([])
    const kafka = { KAFKA_BROKERS: 'a:1', SCHEMA_REGISTRY_URL: 'http://b' }
    expect(problemsOf({ ...kafka, ROLES: 'webhooks', DATABASE_POOL_SIZE: '2' })).toEqual([])
    expect(problemsOf({ ...kafka, ROLES: 'webhooks', DATABASE_POOL_SIZE: '1' })).toEqual([
      'DATABASE_POOL_SIZE: expected at least 2 (1 for deliveries, 1 for waiting), got 1',
    ])
  })

  test('[H5] takes any mix of roles, and all for all of them', () => {
    expect(configOf({ ROLES: 'api, producers' }).roles).toEqual(['producers', 'api'])
    expect(configOf({ ROLES: 'all' }).roles).toHaveLength(5)
    expect(problemsOf({ ROLES: ',' })).toHaveLength(1)
  })

  test('[H8] counts an empty value as unset', () => {
    expect(configOf({ PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 7070, database: { url: null } })
  })

  test('[I2] never repeats a secret in a complaint', () => {
    const problems = problemsOf({ ENCRYPTION_KEY: 'hunter2' })
    expect(problems).toEqual(['ENCRYPTION_KEY: expected 32 bytes in base64, got something else'])
  })

  test('[I2] reads a secret from NAME_FILE, and says so when it cannot', async () => {
    const file = join(await openTempDir(), 'key')
    writeFileSync(file, `${Buffer.alloc(32, 7).toString('base64')}\n`)
    expect(configOf({ ENCRYPTION_KEY_FILE: file }).keys.encryptionKey).toEqual(Buffer.alloc(32, 7))
    expect(problemsOf({ ADMIN_API_KEY_FILE: `${file}.missing` })).toEqual([
      expect.stringContaining('ADMIN_API_KEY_FILE: expected a readable file'),
    ])
  })

  const secret = 'hunter2'
  test.each([
    ...declaredVariables().flatMap(({ name }) => [
      [name, `zaplog:${secret}@kafka:9092`],
      [name, `ftp://zaplog:${secret}@host/x`],
      [name, `zaplog:a,${secret}@kafka:9092,other:9092`],
      [name, `zaplog:${secret}`],
      [name, `nonsense://host/?token=${secret}`],
      [name, `password=${secret};host=kafka`],
      [`${name}_FILE`, secret],
    ]),
  ])('[I2] no refusal repeats a secret that was put into %s (%s)', (name, value) => {
    expect(problemsOf({ [name]: value }).join()).not.toContain(secret)
  })

  test('[I2] what is shown of a refused address is what can be recognised', () => {
    expect(problemsOf({ KAFKA_BROKERS: `zaplog:${secret}@kafka:9092` })[0]).toBe(
      'KAFKA_BROKERS: expected a comma list of host:port, got "***@kafka:9092"',
    )
    expect(problemsOf({ SCHEMA_REGISTRY_URL: 'registry:8081' })[0]).toContain('got "registry:8081"')
  })

  test('[I2] [H3] refuses an address whose password would be taken for its path, and says nothing of it', () => {
    for (const url of [
      'postgres://zap:9/Tops3cret@db:5432/zaplog',
      'postgres://zap:a%40/Tops3cret@db/zaplog?x=1',
      'postgres://zap:9?Tops3cret@db/z',
    ]) {
      const [problem, ...others] = problemsOf({ DATABASE_URL: url, ADMIN_API_KEY: 'k'.repeat(16), ENCRYPTION_KEY: '' })
      expect(problem).toMatch(/^DATABASE_URL: expected (no @ behind the host|a URL)/)
      expect([problem, ...others].join()).not.toContain('Tops3cret')
    }
  })

  test('[I2] asks for both keys as soon as the database is external', () => {
    expect(problemsOf({ DATABASE_URL: 'postgres://db/zaplog' })).toEqual([
      'ADMIN_API_KEY: expected a key when DATABASE_URL is set',
      'ENCRYPTION_KEY: expected 32 bytes in base64 when DATABASE_URL is set',
    ])
  })

  test('[K1] lets simulators be on loopback only', () => {
    expect(configOf({ WHATSAPP_URL: 'ws://127.0.0.1:9000/ws/chat' }).whatsapp.url).toBe('ws://127.0.0.1:9000/ws/chat')
    expect(problemsOf({ WHATSAPP_URL: 'ws://198.51.100.7/ws' })).toHaveLength(1)
    expect(problemsOf({ WHATSAPP_CDN_URL: 'http://example.com' })).toHaveLength(1)
  })

  test.each([
    ['ADMIN_API_KEY', (config: Config) => config.keys.adminApiKey],
    ['METRICS_TOKEN', (config: Config) => config.metricsToken],
  ])(
    '[I1] [I2] refuses a value of %s that is easy to guess, or that no header can carry; an empty one is none',
    (name, takenOf) => {
      const expected = `${name}: expected 16 or more letters, digits and signs, without spaces, got something else`
      expect(problemsOf({ [name]: 'letters with some spaces' })).toEqual([expected])
      expect(problemsOf({ [name]: 'fifteen-letters' })).toEqual([expected])
      expect(takenOf(configOf({ [name]: 'sixteen-letters-' }))).toBe('sixteen-letters-')
      expect(takenOf(configOf({ [name]: '' }))).toBeNull()
    },
  )

  test('[I1] takes addresses and ranges of proxies, and nothing that would trust everybody by a slip', () => {
    const proxies = '10.0.0.5, 192.168.0.0/16,2001:db8::1'
    expect(configOf({ HTTP_TRUSTED_PROXIES: proxies }).http.trustedProxies).toEqual(['10.0.0.5', '192.168.0.0/16', '2001:db8::1'])
    for (const wrong of ['true', '10', 'proxy.local', '10.0.0.0/33'])
      expect(problemsOf({ HTTP_TRUSTED_PROXIES: wrong })).toEqual([
        `HTTP_TRUSTED_PROXIES: expected a comma list of addresses such as 10.0.0.5 and ranges such as 10.0.0.0/8, got "${wrong}"`,
      ])
    expect(problemsOf({ HTTP_PROXY: 'http://proxy.local:3128' })).toEqual([])
  })

  test('[H8] knows an authority from a path or a slip before anything is opened', () => {
    const expected = 'expected a certificate in PEM, -----BEGIN CERTIFICATE----- and its lines, got something else'
    const beside = { KAFKA_BROKERS: 'a:1', SCHEMA_REGISTRY_URL: 'http://b', KAFKA_SSL: 'true' }
    expect(problemsOf({ ...beside, KAFKA_SSL_CA: 'my authority' })).toEqual([`KAFKA_SSL_CA: ${expected}`])
    expect(problemsOf({ DATABASE_SSL_CA: '/etc/ca.pem' })).toEqual([
      `DATABASE_SSL_CA: ${expected}`,
      'DATABASE_URL: expected one when DATABASE_SSL_CA is set',
    ])
  })

  test('[B7] keeps records for ever, or for a day and more', () => {
    expect(configOf({}).log.retentionMs).toBe('forever')
    expect(configOf({ TOPIC_RETENTION: 'forever' }).log.retentionMs).toBe('forever')
    expect(configOf({ TOPIC_RETENTION: '90d' }).log.retentionMs).toBe(7_776_000_000)
    expect(problemsOf({ TOPIC_RETENTION: '2h' })).toEqual([
      'TOPIC_RETENTION: expected forever, or a duration of 1d or more such as 90d, got "2h"',
    ])
  })

  test('[H3] [H8] names that other programs read, too, are no mistake, and those that do nothing yet are told', () => {
    const env = {
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: '',
      WORKERS: '4',
    }
    expect(parseConfig(env)).toMatchObject({ ok: true, ignored: ['OTEL_METRICS_EXPORTER', 'WORKERS'] })
    expect(parseConfig({})).toMatchObject({ ok: true, ignored: [] })
  })

  test('[F4] dialects are off where nothing is said, and one that there is not is refused', () => {
    expect(configOf({}).dialects).toEqual([])
    expect(configOf({ DIALECTS: 'evolution, cloud-api' }).dialects).toEqual(['evolution', 'cloud-api'])
    expect(problemsOf({ DIALECTS: 'evolution,waha' })).toEqual([
      'DIALECTS: expected a comma list of evolution, cloud-api, got "evolution,waha"',
    ])
  })

  test('[H8] understands durations and sizes', () => {
    const config = configOf({
      WEBHOOK_RETRY_DELAYS: '0s, 5s,2m ,24h',
      MEDIA_MAX_IMAGE: '10MiB',
      WEBHOOK_ALLOW_CIDRS: '10.0.0.0/8, fd00::/8',
    })
    expect(config.webhooks.retryDelaysMs).toEqual([0, 5000, 120_000, 86_400_000])
    expect(config.media.maxImageBytes).toBe(10_485_760)
    expect(config.webhooks.allowCidrs).toEqual(['10.0.0.0/8', 'fd00::/8'])
  })
})
