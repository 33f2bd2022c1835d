// Guarantee: the registry and the S3 server run with what docker-compose.yml tells their containers, and its health checks see them.
import { describe, expect, test } from 'vitest'
import { runProgram } from '../../infra/services/fetch-artifact.ts'
import { openRegistry } from '../../infra/services/registry.ts'
import { fetchS3Server, openS3Server } from '../../infra/services/s3.ts'
import { openS3Store } from '../../src/objects/s3.ts'
import { openConfluentRegistry } from '../../src/registry/confluent.ts'
import { openTestDatabase } from '../ground/database.ts'
import { environmentOf, readRoot, serviceOf } from '../ground/docker/compose-file.ts'
import { directoryForEach, file, isHealthy, logger, never, START_MS } from '../ground/docker/configured-servers.ts'
import { runsHere } from '../ground/runs-here.ts'

const directory = directoryForEach()

describe.runIf(await runsHere('registry'))('the registry', () => {
  test(
    '[H4] [B5] keeps its schemas in the database that the first start of Postgres makes for it',
    async () => {
      const service = serviceOf(file, 'registry')
      const postgres = await openTestDatabase('docker-registry', { empty: true })
      const { APICURIO_DATASOURCE_URL = '', ...settings } = environmentOf(service)
      try {
        for (const statement of firstStart(settings.APICURIO_DATASOURCE_PASSWORD ?? '')) await postgres.database.query(statement)
        const { host } = new URL(postgres.url)
        const env = { ...settings, APICURIO_DATASOURCE_URL: APICURIO_DATASOURCE_URL.replace('postgres:5432', host) }
        const schema = { subject: 'kept', text: JSON.stringify({ type: 'record', name: 'Kept', fields: [] }) }
        const first = await openRegistry({ env })
        const open = () => openConfluentRegistry({ url: first.url, autoRegister: true, logger })
        const id = await open().idOf(schema, never)
        expect(await isHealthy(service, { 8080: first.port })).toBe(true)
        await first.kill()
        expect(await isHealthy(service, { 8080: first.port })).toBe(false)
        await first.start()
        expect(JSON.parse((await open().schemaOf(id, never))?.text ?? 'null')).toEqual(JSON.parse(schema.text))
        await first.close()
        await expect(postgres.database.query('SELECT 1 FROM artifacts')).rejects.toThrow(/artifacts/)
      } finally {
        await postgres.database.query('DROP DATABASE IF EXISTS registry WITH (FORCE)')
        await postgres.database.query('DROP ROLE IF EXISTS registry')
        await postgres.close()
      }
    },
    START_MS,
  )

  /** The statements of the script; its first line is psql's way to read the variable. */
  function firstStart(password: string): readonly string[] {
    const script = readRoot('infra/docker/create-registry-database.sql')
    expect(script).toContain('\\getenv password REGISTRY_POSTGRES_PASSWORD\n')
    expect(environmentOf(serviceOf(file, 'postgres')).REGISTRY_POSTGRES_PASSWORD).toBe(password)
    const statements = script.replaceAll(/^(--|\\).*\n/gm, '').replaceAll(":'password'", `'${password}'`)
    return statements.split(';').filter(one => one.trim() !== '')
  }
})

describe.runIf(await runsHere('s3'))('the S3 server', () => {
  test(
    '[H4] [C7] has the bucket after the one-shot ran, once or again, and zaplog may write to it',
    async () => {
      const { ROOT_ACCESS_KEY = '', ROOT_SECRET_KEY = '' } = environmentOf(serviceOf(file, 's3'))
      const credentials = { accessKeyId: ROOT_ACCESS_KEY, secretAccessKey: ROOT_SECRET_KEY }
      const server = await openS3Server({ directory: directory(), credentials })
      const makeBucket = async () => {
        const { entrypoint = [], command = [], ...bucket } = serviceOf(file, 'bucket')
        const [shell = '', ...args] = [...entrypoint, ...command]
        const path = `${await fetchS3Server()}:${process.env.PATH}`
        await runProgram(shell, args, { env: { ...environmentOf(bucket), PATH: path, ADMIN_ENDPOINT_URL: server.endpoint } })
      }
      try {
        await makeBucket()
        await makeBucket()
        const { S3_BUCKET = '', S3_REGION = '' } = environmentOf(serviceOf(file, 'zaplog'))
        const store = await openS3Store({ bucket: S3_BUCKET, region: S3_REGION, endpoint: server.endpoint, credentials, logger })
        const body = (async function* () {
          yield Buffer.from('kept')
        })()
        await store.put({ key: 'shop/kept', body, contentType: 'text/plain', metadata: {} }, never)
        expect(await store.head('shop/kept', never)).toMatchObject({ sizeBytes: 4 })
        const path = new URL(serviceOf(file, 's3').healthcheck?.test.at(-1) ?? '').pathname
        expect(await fetch(`${server.endpoint}${path}`)).toMatchObject({ status: 200 })
      } finally {
        await server.close()
      }
    },
    START_MS,
  )
})
